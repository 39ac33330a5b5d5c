"""How much one address or one seat may ask for. Kept in memory only, and only as long as it matters."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

BYTES_OF_A_BODY = 4_096
MANY = 10_000


@dataclass
class Rate:
    """So many at once, and from then on one every `seconds`."""

    at_once: int
    seconds: float
    _free_at: dict[object, float] = field(default_factory=dict)

    def allows(self, who: object) -> bool:
        """Say whether `who` may now."""
        return self._free_at.get(who, 0.0) - time.monotonic() <= (self.at_once - 1) * self.seconds

    def count(self, who: object) -> None:
        """Count one of `who`."""
        now = time.monotonic()
        if len(self._free_at) >= MANY:
            self._free_at = {other: free for other, free in self._free_at.items() if free > now}
        self._free_at[who] = max(now, self._free_at.get(who, 0.0)) + self.seconds


@dataclass
class Limits:
    """All limits of the web side."""

    seats_of_one_address: int = 300
    wrong: Rate = field(default_factory=lambda: Rate(30, 2.0))
    """Codes and keys that are none, by address."""
    said: Rate = field(default_factory=lambda: Rate(20, 0.5))
    """What a seat says."""
    led: Rate = field(default_factory=lambda: Rate(30, 0.2))
    """What a facilitator does."""
