"""Kernels from a zygote, for everything that starts kernels with jupyter_client.

Set ``JUPYTER_DEFAULT_PROVISIONER_NAME=partners-zygote`` and nbclient, nbgrader and Jupyter Book use it
for every Python kernel of this environment; other kernels start as ever.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from partners.kernels import keeper, zygote

if TYPE_CHECKING:
    from collections.abc import Iterable
    from socket import socket

    from partners.kernels.sandbox import Sandbox

PROVISIONER = "partners-zygote"
"""The name under which ``pyproject.toml`` makes it known to jupyter_client."""
LOOK = 0.003
"""Seconds between two looks at whether a kernel has ended."""
ENDING = 10.0
"""Seconds in which a kernel and all that it started has to end."""
GONE = {"pid": 0, "ended": -signal.SIGKILL, "why": "", "stays": False}
"""What a keeper would tell that is not there any more."""
SOCKETS = 5
LONGEST_PATH = 95
_LAUNCHER = "ipykernel_launcher"


class Kept:
    """A kernel under a keeper, with the methods of a subprocess that jupyter_client calls."""

    stdin = stdout = stderr = None

    def __init__(self, channel: socket) -> None:
        self.channel, self.why = channel, ""
        self.returncode: int | None = None
        self.pid = self._next()["pid"]

    def poll(self) -> int | None:
        """Return the status with which the kernel ended, or None."""
        self._look(0)
        return self.returncode

    def wait(self) -> int | None:
        """Return the status, once it has ended."""
        return self.poll()

    def send_signal(self, number: int) -> None:
        """Let the keeper pass a signal on."""
        if self.poll() is None:
            with suppress(OSError):  # it ends just now
                self.channel.send(b"%d" % number)

    def kill(self) -> None:
        """End the kernel and all that it started."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """End it as ``kill`` does: there is nothing that it would have to save."""
        self.kill()

    def end(self) -> None:
        """End it and see that it has, so that its keeper is free for another kernel."""
        self.kill()
        self._look(ENDING)
        if self.returncode is None:
            self.returncode = -signal.SIGKILL
            zygote.zygote().release(self.channel, stays=False)

    def _look(self, seconds: float) -> None:
        """See whether it ends in so many seconds."""
        if self.returncode is None and select.select([self.channel], [], [], seconds)[0]:
            told = self._next()
            self.returncode, self.why = told["ended"], told["why"]
            zygote.zygote().release(self.channel, told["stays"])

    def _next(self) -> dict[str, Any]:
        try:
            told = self.channel.recv(keeper.LARGEST)
        except OSError:
            told = b""
        return json.loads(told) if told else GONE


def _folder() -> str:
    """Return a new folder for a kernel's sockets, whose paths must be short."""
    folder = tempfile.mkdtemp(prefix="partners-kernel-")
    if len(folder) < LONGEST_PATH:
        return folder
    Path(folder).rmdir()
    return tempfile.mkdtemp(prefix="partners-kernel-", dir="/tmp")


def kept_in(sandbox: Sandbox, folder: str, env: dict[str, str]) -> dict[str, Any]:
    """Return what an order says of a sandbox; `folder` is for what a kernel needs besides its room."""
    home = {"HOME": folder, "IPYTHONDIR": f"{folder}/ipython", "TMPDIR": folder, "USER": "student"}
    return {
        "env": zygote.environment(env) | home,
        "sandbox": sandbox.with_folder(folder).as_data(),
    }


def from_zygote(modules: Iterable[str], text: str = "") -> None:
    """Let this process and those that it forks take kernels from a zygote; see ``Zygote.preload``."""
    zygote.zygote().preload(modules, text)
    KernelProvisionerFactory.instance().default_provisioner_name = PROVISIONER


class ZygoteProvisioner(LocalProvisioner):
    """Forks a Python kernel from the zygote."""

    parent: Any
    process: Any
    folder: str | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose sockets that are files, which are quicker."""
        if sys.platform.startswith("linux") and self._launches_ipykernel():
            self.folder = _folder()
            self.parent.transport, self.parent.ip = "ipc", f"{self.folder}/s"
            self.parent.connection_file = f"{self.folder}/connection.json"
            kwargs["env"] = kwargs.get("env", os.environ).copy()
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork the kernel, or start it as ever if it is none of this Python."""
        if not self.folder:
            return await super().launch_kernel(cmd, **kwargs)
        order = {
            "argv": cmd[cmd.index(_LAUNCHER) + 1 :],
            "cwd": str(kwargs.get("cwd") or Path.cwd()),
            "env": kwargs["env"],
            "sandbox": None,
        }
        channel, line = zygote.zygote().fork(order)
        line.close()
        self.process = Kept(channel)
        self.pid = self.process.pid
        await self._listening()
        self.cwd = order["cwd"]
        return self.connection_info

    async def _listening(self) -> None:
        """Wait for its five sockets: a client that comes before them tries again only after 0.1 s."""
        while len(list(Path(str(self.folder)).glob("s-*"))) < SOCKETS and await self.poll() is None:
            await asyncio.sleep(LOOK)

    async def kill(self, restart: bool = False) -> None:
        """End the kernel, and wait until it has."""
        await super().kill(restart)
        await self.wait()

    async def wait(self) -> int | None:
        """Wait for the kernel's end."""
        while self.process and await self.poll() is None:
            await asyncio.sleep(LOOK)
        return self.process.poll() if self.process else 0

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the folder of the sockets."""
        await super().cleanup(restart)
        if self.folder and not restart:
            rmtree(self.folder, ignore_errors=True)

    def _launches_ipykernel(self) -> bool:
        python, *words = self.kernel_spec.argv
        mine = python in ("python", "python3", sys.executable)
        return mine and _LAUNCHER in words
