"""A worker that is begun again when something kills it, while those who connect wait for the next."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

_STOPS = (signal.SIGINT, signal.SIGTERM)


def keep_a_worker() -> None:
    """Return as the worker; this process stays behind, and begins another one when it is killed.

    A worker that ends by itself, and one that this process was told to stop, ends both.
    """
    worker, stopped = 0, False

    def stop(number: int, _: FrameType | None) -> None:
        nonlocal stopped
        stopped = True
        if worker:
            os.kill(worker, number)

    for number in _STOPS:
        signal.signal(number, stop)
    while True:
        ended, held = os.pipe()
        worker = os.fork()
        if not worker:
            os.close(held)
            _begin(ended)
            return
        os.close(ended)
        _, status = os.waitpid(worker, 0)
        worker = 0
        os.close(held)
        code = os.waitstatus_to_exitcode(status)
        if stopped or code >= 0:
            sys.exit(max(code, 0))
        time.sleep(0.1)


def _begin(ended: int) -> None:
    """Be a worker, which is not without the one that keeps it: its other end of the pipe `ended`."""
    for number in _STOPS:
        signal.signal(number, signal.SIG_DFL)

    def follow() -> None:
        os.read(ended, 1)
        os.kill(os.getpid(), signal.SIGKILL)  # at once: the next one needs the port

    threading.Thread(target=follow, daemon=True).start()
