"""What ``partners live doctor`` finds, and what it says; the phone in it is on this machine."""

from __future__ import annotations

import queue
import socket
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest
from click.testing import CliRunner

from partners import cli
from partners.live import doctor, lan, serve
from partners.live.doctor import Machine, Visit
from partners.live.lan import Network

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WIFI = Network("wlan0", "192.168.1.20", 24, "lan")
TUNNEL = Network("tun0", "10.8.0.6", 24, "vpn")
FINE = Machine("linux", "", [WIFI], None, [])


def told(machine: Machine) -> str:
    return "\n".join(map(doctor.in_words, doctor.findings(machine)))


def test_a_machine_in_a_network_is_told_with_its_address() -> None:
    assert told(FINE) == "Fine: This machine is in a network: wlan0, 192.168.1.20."


@pytest.mark.parametrize(
    ("networks", "what"),
    [
        ([], "is in no network"),
        ([TUNNEL], "The only network is that of a VPN (tun0, 10.8.0.6)"),
        ([Network("docker0", "172.17.0.1", 16, "within")], "virtual machines in this one (docker0"),
        ([Network("wlan0", "169.254.7.7", 16, "none")], "has given this machine no address (wlan0"),
    ],
)
def test_where_no_phone_can_be_it_says_so_and_the_way_out(networks: list[Network], what: str) -> None:
    said = told(FINE._replace(networks=networks))
    assert said.startswith("Stop: ")
    assert what in said
    assert "open a hotspot" in said


def test_what_may_keep_phones_out_is_told_beside_a_network_that_is_fine() -> None:
    assert "A VPN is on (tun0, 10.8.0.6)" in told(FINE._replace(networks=[WIFI, TUNNEL]))
    assert "a handful of devices" in told(
        FINE._replace(networks=[Network("en0", "172.20.10.4", 28, "lan")])
    )
    assert "networkingMode=mirrored" in told(FINE._replace(inside="wsl"))
    assert "--network host" in told(FINE._replace(inside="container"))
    assert "enough for about 78 phones" in told(FINE._replace(files=256))
    assert "launchctl" in told(FINE._replace(files=256, system="darwin"))
    assert "connections" not in told(FINE._replace(files=1024))


def test_the_kind_of_a_network_is_known_by_name_and_address() -> None:
    names = {
        "wlan0": "lan",
        "en0": "lan",
        "Wi-Fi": "lan",
        "bridge100": "lan",
        "utun4": "vpn",
        "wg0": "vpn",
    }
    names |= {"Corp VPN": "vpn", "docker0": "within", "vEthernet (WSL)": "within", "virbr0": "within"}
    assert {name: lan.kind_of(name, "10.0.0.7") for name in names} == names
    assert lan.kind_of("wlan0", "169.254.3.4") == "none"


def test_phones_are_sent_to_the_network_they_are_in_before_a_vpn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = {"tun0": "10.8.0.6", "lo": "127.0.0.1", "docker0": "172.17.0.1", "wlan0": "192.168.1.20"}
    mask = "255.255.255.0"
    addresses = {
        name: [SimpleNamespace(family=socket.AF_INET, address=address, netmask=mask)]
        for name, address in held.items()
    }
    up = dict.fromkeys(held, SimpleNamespace(isup=True))
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: addresses)
    monkeypatch.setattr(psutil, "net_if_stats", lambda: up)
    monkeypatch.setattr(lan, "_outward", lambda: "10.8.0.6")
    assert lan.addresses() == ["192.168.1.20", "10.8.0.6"]
    assert [network.kind for network in lan.networks()] == ["lan", "vpn", "within"]
    assert lan.networks()[0].holds("192.168.1.77")
    assert not lan.networks()[0].holds("192.168.2.77")


def test_firewalls_are_found_by_reading(tmp_path: Path) -> None:
    assert doctor.machine("linux", tmp_path).firewalls == []
    (tmp_path / "etc/ufw").mkdir(parents=True)
    (tmp_path / "etc/ufw/ufw.conf").write_text("LOGLEVEL=low\nENABLED=no\n", "utf-8")
    assert doctor.machine("linux", tmp_path).firewalls == []
    (tmp_path / "etc/ufw/ufw.conf").write_text("LOGLEVEL=low\nENABLED=yes\n", "utf-8")
    wanted = tmp_path / "etc/systemd/system/multi-user.target.wants"
    wanted.mkdir(parents=True)
    (wanted / "firewalld.service").symlink_to("/usr/lib/systemd/system/firewalld.service")
    assert doctor.machine("linux", tmp_path).firewalls == ["ufw", "firewalld"]


def test_a_machine_within_another_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "uname", lambda: SimpleNamespace(release="6.12.1"))
    assert doctor.machine("linux", tmp_path).inside == ""
    (tmp_path / ".dockerenv").touch()
    assert doctor.machine("linux", tmp_path).inside == "container"
    monkeypatch.setattr(doctor, "uname", lambda: SimpleNamespace(release="6.6.1-Microsoft-standard"))
    assert doctor.machine("linux", tmp_path).inside == "wsl"


def test_if_no_phone_came_the_firewall_comes_before_the_wifi_that_keeps_devices_apart() -> None:
    said = "\n".join(doctor.advice(FINE._replace(firewalls=["ufw", "windows"]), 8080))
    order = ["same network as this machine (wlan0)", "sudo ufw allow 8080/tcp", "Windows Security"]
    places = [
        said.index(words) for words in [*order, "client isolation", "travel router", "show of hands"]
    ]
    assert places == sorted(places)
    assert "\n4. " in said


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    made = serve.listen("127.0.0.1", 0)
    yield made
    made.close()


class Waiting(threading.Thread):
    """The doctor waits for a phone, while a test is one."""

    def __init__(self, listening: socket.socket, own: set[str], seconds: float) -> None:
        super().__init__()
        self._asked = (listening, seconds, own)
        self.met: queue.Queue[str] = queue.Queue()
        self.visit: Visit | None = None
        self.start()

    def run(self) -> None:
        self.visit = doctor.wait_for_phone(*self._asked, lambda: self.met.put("met"))


def test_a_phone_that_opens_the_page_is_told(listening: socket.socket) -> None:
    waiting = Waiting(listening, {"192.0.2.1"}, 20)
    page = httpx.get(f"http://127.0.0.1:{listening.getsockname()[1]}/")
    assert page.status_code == 200
    assert "This phone reaches the laptop." in page.text
    assert page.headers.keys() == {"content-type", "content-length", "connection"}
    waiting.join(10)
    assert waiting.visit == Visit("127.0.0.1", "127.0.0.1")


def test_this_machine_itself_is_no_phone_and_nor_is_whoever_asks_for_something_else(
    listening: socket.socket,
) -> None:
    waiting = Waiting(listening, {"127.0.0.1"}, 1)
    here = f"http://127.0.0.1:{listening.getsockname()[1]}"
    assert httpx.get(f"{here}/").status_code == 200
    assert httpx.get(f"{here}/etc/passwd").status_code == 404
    with socket.create_connection(listening.getsockname()[:2]) as rude:
        rude.sendall(b"\x16\x03\x01 no http\r\n\r\n")
        waiting.join(10)
    assert waiting.visit is None
    assert waiting.met.qsize() == 1


def examined(port: int, wait: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli.main, ["live", "doctor", "--port", str(port), "--wait", wait])
    return result.exit_code, result.output


def test_the_command_ends_with_advice_if_nobody_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lan, "networks", lambda: [WIFI])
    code, said = examined(0, "0")
    assert code == 1
    assert "http://192.168.1.20:" in said
    assert "No phone has come." in said


def test_the_command_tells_the_phone_and_its_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lan, "networks", lambda: [WIFI])
    monkeypatch.setattr(doctor, "wait_for_phone", lambda *_: Visit("192.168.1.33", "192.168.1.20"))
    code, said = examined(0, "5")
    assert code == 0
    assert "from 192.168.1.33, through wlan0." in said
    assert "Phones reach this machine at 192.168.1.20." in said


def test_a_port_in_use_stops_it_before_anybody_is_asked_to_take_a_phone(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lan, "networks", lambda: [WIFI])
    port = listening.getsockname()[1]
    code, said = examined(port, "5")
    assert code == 1
    assert f"--port {port + 1}" in said
    assert "camera" not in said
