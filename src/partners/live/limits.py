"""How much one address or one seat may ask for. Kept in memory only, and only as long as it matters."""

from __future__ import annotations

import ipaddress
import time
from dataclasses import dataclass, field
from functools import lru_cache

BYTES_OF_A_BODY = 4_096
BYTES_OF_A_REQUEST = 32_768
PATIENCE = 10.0
"""Seconds in which a request must be all there."""
LINES_OF_ONE_PLACE = 2_000
"""Connections; a room behind one address has three for each phone, for a moment."""


@lru_cache(maxsize=4_096)
def place(address: str) -> str:
    """Return what counts as one address: of IPv6, anybody has as many as they like behind 64 bits."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if ip.version == 4:
        return address
    return str(ip.ipv4_mapped or ipaddress.ip_network((int(ip) >> 64 << 64, 64)))


@dataclass
class Rate:
    """So many at once, and from then on one every `seconds`."""

    at_once: int
    seconds: float
    _free_at: dict[object, float] = field(default_factory=dict)
    _many: int = 10_000

    def allows(self, who: object) -> bool:
        """Say whether `who` may now."""
        return self._free_at.get(who, 0.0) - time.monotonic() <= (self.at_once - 1) * self.seconds

    def count(self, who: object) -> None:
        """Count one of `who`."""
        now = time.monotonic()
        if len(self._free_at) >= self._many:
            self._free_at = {other: free for other, free in self._free_at.items() if free > now}
            self._many = max(self._many, 2 * len(self._free_at))  # so that this stays rare
        self._free_at[who] = max(now, self._free_at.get(who, 0.0)) + self.seconds


@dataclass
class Limits:
    """All limits of the web side."""

    seats_of_one_address: int = 300
    asked: Rate = field(default_factory=lambda: Rate(10_000, 0.005))
    """Anything, by address; a room that comes in at once asks for thirteen things a phone."""
    wrong: Rate = field(default_factory=lambda: Rate(30, 2.0))
    """Codes and keys that are none, by address."""
    drawn: Rate = field(default_factory=lambda: Rate(60, 1.0))
    """QR codes of whatever address somebody has asked at, by address."""
    said: Rate = field(default_factory=lambda: Rate(30, 1.0))
    """What a seat says."""
    led: Rate = field(default_factory=lambda: Rate(30, 0.2))
    """What a facilitator does."""
