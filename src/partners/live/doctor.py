"""``partners live doctor``: finds what stops phones from reaching this machine, and says the way out."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from platform import uname
from typing import TYPE_CHECKING, Literal, NamedTuple

from partners.live import lan, serve

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from partners.live.lan import Network

PHONES = 300
"""For so many phones a machine should have connections to spare."""
_MACOS = "/usr/libexec/ApplicationFirewall/socketfilterfw"

_NO_NETWORK = (
    "Join the Wi-Fi that the phones are in, or open a hotspot on this machine or on a phone; it "
    "needs no internet. Then ask again."
)
_WITHIN = {
    "wsl": (
        "This runs in WSL, and the network of WSL is inside Windows: phones do not see it.",
        "Run partners in Windows itself, or write networkingMode=mirrored below [wsl2] in .wslconfig.",
    ),
    "container": (
        "This runs in a container, and phones see only what its host lets through.",
        "Start the container with its host’s network (--network host), or publish the port (-p).",
    ),
}
_FIREWALLS = {
    "ufw": "The firewall ufw is on. Let phones in: sudo ufw allow {port}/tcp\n"
    "Afterwards: sudo ufw delete allow {port}/tcp",
    "firewalld": "The firewall firewalld is on. Let phones in until it starts anew: "
    "sudo firewall-cmd --add-port={port}/tcp",
    "macos": "The firewall of macOS is on. Open System Settings, Network, Firewall, Options, and let "
    "Python have incoming connections.",
    "windows": "The firewall of Windows has asked once whether Python may be reached, perhaps behind "
    "this window.\nIf the answer was no: Windows Security, Firewall, Allow an app, Python, Private. The "
    "Wi-Fi must count as\na private network: Settings, Network & internet, the Wi-Fi’s properties.",
}
_SAME_NETWORK = (
    "Is the phone in the same network as this machine ({names})? Turn its mobile data off. If the\n"
    "Wi-Fi shows a page to sign in, sign in first. If the phone asks whether to stay in a Wi-Fi\n"
    "without internet, stay."
)
_ISOLATED = """\
If the page still does not come, the Wi-Fi keeps its devices apart, as those of guests, schools and
hotels often do (“client isolation”). No setting on this machine changes that. Ways out:
  - a hotspot, of this machine or of a phone: enough for a handful of phones, and needs no internet;
  - a travel router, a small box with a Wi-Fi of its own: enough for a room, and needs no internet;
  - whoever runs the network can let devices in it reach each other, or give you another one;
  - without phones: project the stage, and let the room vote by a show of hands."""
_PAGE = """\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><title>Partners</title></head>
<body><h1>This phone reaches the laptop.</h1><p>You can close the page.</p>
<p lang="es">Este teléfono llega a la computadora. Puedes cerrar la página.</p></body></html>
"""


class Machine(NamedTuple):
    """What matters of this machine.

    `system` is ``sys.platform``, `inside` what it runs in ("wsl", "container" or ""), `files` how many
    connections a program may have, if that is limited, and `firewalls` names those that are on.
    """

    system: str
    inside: str
    networks: list[Network]
    files: int | None
    firewalls: list[str]


class Finding(NamedTuple):
    """Something found, and the way `out` if it is not fine: it will "stop" phones, or "may" do so."""

    kind: Literal["fine", "may", "stop"]
    what: str
    out: str = ""


class Visit(NamedTuple):
    """Somebody opened the page: from which address, and at which one of ours."""

    address: str
    reached: str


# Looking


def machine(system: str = sys.platform, root: Path = Path("/")) -> Machine:
    """Look at this machine; nothing is changed, and no other one is asked."""
    return Machine(system, _inside(root), lan.networks(), _files(), list(_firewalls(system, root)))


def _inside(root: Path) -> str:
    if "microsoft" in uname().release.lower():
        return "wsl"
    signs = (root / ".dockerenv", root / "run" / ".containerenv")
    return "container" if any(sign.exists() for sign in signs) else ""


def _files() -> int | None:
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - not there on Windows

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if most == resource.RLIM_INFINITY else most


def _firewalls(system: str, root: Path) -> Iterator[str]:
    """Yield the firewalls that are on, as far as one sees without being the administrator."""
    if system == "win32":
        yield "windows"
    elif system == "darwin":
        if _macos_says():
            yield "macos"
    else:
        if "enabled=yes" in _text(root / "etc/ufw/ufw.conf"):
            yield "ufw"
        if (root / "etc/systemd/system/multi-user.target.wants/firewalld.service").is_symlink():
            yield "firewalld"


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8", errors="replace").lower().replace(" ", "")
    except OSError:
        return ""


def _macos_says() -> bool:
    asked = [_MACOS, "--getglobalstate"]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, timeout=5, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False
    return "enabled" in said.stdout.lower()


# What it means


def findings(of: Machine) -> Iterator[Finding]:
    """Yield what is good and what is not, for phones that are to reach this machine."""
    yield from _network(of.networks)
    if of.inside:
        yield Finding("may", *_WITHIN[of.inside])
    if of.files is not None and (phones := max(0, of.files - 100) // 2) < PHONES:
        what = f"A program may have {of.files} connections here: enough for about {phones} phones."
        yield Finding("may", what, f"For more: {_more_files(of.system)}")


def _network(networks: list[Network]) -> Iterator[Finding]:
    named = {kind: _names(networks, kind) for kind in ("lan", "vpn", "within", "none")}
    if named["lan"]:
        yield Finding("fine", f"This machine is in a network: {named['lan']}.")
        if named["vpn"]:
            what = f"A VPN is on ({named['vpn']}). Many of them shut the local network out."
            yield Finding("may", what, "Turn it off for the session, or let it allow the local network.")
    elif named["vpn"]:
        what = f"The only network is that of a VPN ({named['vpn']}), where the phones are not."
        yield Finding("stop", what, f"Turn it off. {_NO_NETWORK}")
    elif named["none"]:
        what = f"The network has given this machine no address ({named['none']})."
        yield Finding("stop", what, f"Leave the network and join it again. {_NO_NETWORK}")
    elif named["within"]:
        what = f"The only networks are those of virtual machines in this one ({named['within']})."
        yield Finding("stop", what, _NO_NETWORK)
    else:
        yield Finding("stop", "This machine is in no network.", _NO_NETWORK)
    if any(network.address.startswith("172.20.10.") for network in networks):
        what = "This is the hotspot of an iPhone. It takes a handful of devices, and this is one."
        yield Finding("may", what, "For more people: a travel router, with a Wi-Fi of its own.")


def _names(networks: list[Network], kind: str) -> str:
    return ", ".join(f"{each.name}, {each.address}" for each in networks if each.kind == kind)


def _more_files(system: str) -> str:
    if system == "darwin":
        return "sudo launchctl limit maxfiles 65536 200000, then open a new window."
    return "a line “* hard nofile 65536” in /etc/security/limits.conf, then log in again."


# The phone


class _Page(BaseHTTPRequestHandler):
    """Shows whoever comes that they have come."""

    timeout = 10
    server: _Door

    def do_GET(self) -> None:
        here = self.path.split("?")[0] == "/"
        page = _PAGE.encode() if here else b""
        self.send_response_only(200 if here else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(page)
        if here:
            self.server.visits.put(Visit(self.client_address[0], self.connection.getsockname()[0]))

    def log_message(self, *_: object) -> None:
        pass


class _Door(ThreadingHTTPServer):
    """Serves the page where somebody listens already."""

    daemon_threads = True

    def __init__(self, listening: socket.socket) -> None:
        super().__init__(listening.getsockname()[:2], _Page, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.visits: queue.Queue[Visit] = queue.Queue()

    def handle_error(self, *_: object) -> None:
        pass  # somebody has gone before the page came


def wait_for_phone(
    listening: socket.socket, seconds: float, own: set[str], met: Callable[[], object]
) -> Visit | None:
    """Serve the page until a phone has opened it; `met` is called if an address of our `own` does."""
    with _Door(listening) as door:
        threading.Thread(target=door.serve_forever, args=(0.1,), daemon=True).start()
        end = time.monotonic() + seconds
        try:
            while (left := end - time.monotonic()) > 0:
                visit = door.visits.get(timeout=left)
                if visit.address not in own:
                    return visit
                met()
        except (queue.Empty, KeyboardInterrupt):
            pass  # whoever gives up wants to know what to do
        finally:
            door.shutdown()
    return None


# In words


def examine(port: int, wait: int, say: Callable[[str], object]) -> bool:
    """Say what is found, and wait so many seconds for a phone; return whether phones get through."""
    of = machine()
    found = list(findings(of))
    try:
        listening = serve.listen("0.0.0.0", port)  # noqa: S104 - phones are elsewhere
    except serve.CannotServeError as error:
        found.append(Finding("stop", f"{error}"))
    say("\n".join(map(in_words, found)))
    if any(finding.kind == "stop" for finding in found):
        return False
    doors = serve.doors(listening)
    say("\n".join(_invitation(doors, wait)))
    own = {"127.0.0.1", *(network.address for network in of.networks)}
    visit = wait_for_phone(
        listening, wait, own, lambda: say("That was this machine itself. Take a phone.")
    )
    say("\n".join(_reached(visit, of) if visit else advice(of, doors.port)))
    return visit is not None


def in_words(finding: Finding) -> str:
    """Return a finding as it is shown."""
    sign = {"fine": "Fine: ", "may": "Look: ", "stop": "Stop: "}[finding.kind]
    return f"{sign}{finding.what}" + (f"\n      {finding.out}" if finding.out else "")


def _invitation(doors: serve.Doors, wait: int) -> Iterator[str]:
    yield "\nNow take a phone that is in the same network, and open this page with its camera."
    for link in doors.links(""):
        yield f"{link}\n{lan.qr(link)}"
    yield f"I wait for {wait} seconds. If it does not come, press Ctrl-C: I say what to do."


def _reached(visit: Visit, of: Machine) -> Iterator[str]:
    through = next((each.name for each in of.networks if each.holds(visit.address)), "another network")
    yield f"\nA phone came at {time.strftime('%H:%M:%S')}, from {visit.address}, through {through}."
    yield f"Phones reach this machine at {visit.reached}. To open a session: partners live"


def advice(of: Machine, port: int) -> Iterator[str]:
    """Yield what to do if no phone has come, what is easiest first."""
    names = ", ".join(network.name for network in of.networks if network.kind == "lan")
    steps = [_SAME_NETWORK.format(names=names)]
    steps += [_FIREWALLS[name].format(port=port) for name in of.firewalls]
    yield "\nNo phone has come. One after the other:"
    for number, step in enumerate([*steps, _ISOLATED], 1):
        yield f"{number}. " + step.replace("\n", "\n   ")
