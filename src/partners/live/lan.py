"""Where phones in the same network find this machine."""

from __future__ import annotations

import io
import socket
from ipaddress import ip_interface
from typing import TYPE_CHECKING, Literal, NamedTuple

import psutil
import segno

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["lan", "vpn", "within", "none"]

_WITHIN = (
    "docker", "br-", "veth", "virbr", "vmnet", "vmenet", "vboxnet", "cni", "podman", "lxc", "vethernet",
    "virtualbox", "vmware",
)  # fmt: skip
_VPN = (
    "tun", "tap", "utun", "wg", "ppp", "ipsec", "tailscale", "zt", "nordlynx", "proton", "mullvad",
    "warp", "cloudflare", "cscotun", "gpd", "wireguard", "zerotier", "anyconnect",
)  # fmt: skip
"""How the names of interfaces begin that lead to machines within this one, or elsewhere."""


class Network(NamedTuple):
    """An address of this machine with its prefix length, and the interface (`name`) that has it.

    `kind` is "lan" if phones may be there, "vpn" if it leads elsewhere, "within" if it leads to virtual
    machines in this one, and "none" if the network has given no address and the machine has made one up.
    """

    name: str
    address: str
    prefix: int
    kind: Kind

    def holds(self, address: str) -> bool:
        """Say whether `address` is in this network."""
        mine, other = (ip_interface(f"{each}/{self.prefix}") for each in (self.address, address))
        return mine.network == other.network


def networks() -> list[Network]:
    """Return the IPv4 networks that this machine is in, the best for phones first."""
    outward = _outward()
    order = ["lan", "vpn", "none", "within"].index
    return sorted(_all(), key=lambda network: (order(network.kind), network.address != outward))


def addresses() -> list[str]:
    """Return the addresses at which phones may find this machine, the best first."""
    return [network.address for network in networks() if network.kind in {"lan", "vpn"}]


def _all() -> Iterator[Network]:
    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    for name, held in psutil.net_if_addrs().items():
        for address in held:
            known = address.family == socket.AF_INET and not address.address.startswith("127.")
            if name in up and known:
                prefix = ip_interface(f"{address.address}/{address.netmask or 32}").network.prefixlen
                yield Network(name, address.address, prefix, kind_of(name, address.address))


def kind_of(name: str, address: str) -> Kind:
    """Return what an interface is, by its name and address."""
    name = name.lower()
    if address.startswith("169.254."):
        return "none"
    if name.startswith(_WITHIN):
        return "within"
    return "vpn" if name.startswith(_VPN) or "vpn" in name else "lan"


def _outward() -> str:
    """Return the address that packets to elsewhere would have; nothing is sent to find out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def qr(link: str) -> str:
    """Return `link` as a QR code for a terminal."""
    drawn = io.StringIO()
    segno.make(link, micro=False).terminal(out=drawn, compact=True, border=2)
    return drawn.getvalue()
