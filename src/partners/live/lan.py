"""Where phones in the same network find this machine."""

from __future__ import annotations

import io
import socket

import psutil
import segno

_OF_MACHINES_WITHIN = ("docker", "br-", "veth", "virbr", "vmnet", "vboxnet", "cni", "podman", "lxc")


def addresses() -> list[str]:
    """Return the IPv4 addresses of this machine in its networks, the one with the way out first."""
    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    found = [
        address.address
        for name, held in psutil.net_if_addrs().items()
        if name in up and not name.startswith(_OF_MACHINES_WITHIN)
        for address in held
        if address.family == socket.AF_INET and not address.address.startswith(("127.", "169.254."))
    ]
    outward = _outward()
    return sorted(found, key=lambda address: address != outward)


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
