"""A kernel manager for nbclient that takes kernels from the zygote and waits no longer than it must."""

from __future__ import annotations

from queue import Empty
from typing import TYPE_CHECKING, Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from traitlets import DottedObjectName, Type

from partners.kernels import zygote

if TYPE_CHECKING:
    from collections.abc import Iterable

PROVISIONER = "partners-zygote"
"""The name under which ``pyproject.toml`` makes it known to jupyter_client."""
PATIENCE = 1.0
"""Seconds after which a question to a new kernel is put again."""


class Client(AsyncKernelClient):
    """A client that knows a kernel is ready by its answer, not by 0.2 s of silence."""

    parent: Any

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel has answered, and everything that it said before was read.

        Raises
        ------
        RuntimeError
            If it ends before.
        """
        while await self.parent.is_alive():
            asked = self.kernel_info()
            try:
                while (reply := await self.get_shell_msg(timeout=PATIENCE))["parent_header"].get(
                    "msg_id"
                ) != asked:
                    pass
                while not _ends(await self.get_iopub_msg(timeout=PATIENCE), asked):
                    pass
            except Empty:
                continue
            self._handle_kernel_info_reply(reply)
            return
        msg = f"The kernel ended before it was ready. {self.parent.provisioner.last_words()}"
        raise RuntimeError(msg)


def _ends(message: Any, asked: str) -> bool:
    """Say whether a message tells that everything about the request `asked` has been said."""
    idle = message["content"].get("execution_state") == "idle"
    return idle and bool(message["parent_header"].get("msg_id") == asked)


class Manager(AsyncKernelManager):
    """A manager whose client is ``Client``."""

    client_class = DottedObjectName("partners.kernels.manager.Client")
    client_factory = Type(Client)


def from_zygote(modules: Iterable[str], text: str = "") -> None:
    """Let this process and those that it forks take kernels from a zygote; see ``Zygote.preload``."""
    zygote.zygote().preload(modules, text)
    KernelProvisionerFactory.instance().default_provisioner_name = PROVISIONER
