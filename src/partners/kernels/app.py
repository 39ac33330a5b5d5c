"""The kernel that a zygote becomes: ipykernel's, without what only a command line needs."""

from __future__ import annotations

from typing import Any

from ipykernel.kernelapp import IPKernelApp
from traitlets.config import Config
from traitlets.config.loader import DeferredConfigString


class KernelApp(IPKernelApp):
    """ipykernel's application; it reads ``-f FILE --Class.trait=value …`` without building a parser."""

    def parse_command_line(self, argv: Any = None) -> None:
        """Take the settings from `argv`, as jupyter_client and nbclient write it."""
        words, config = list(argv or []), Config()
        while words:
            word = words.pop(0)
            if word == "-f":
                config.IPKernelApp.connection_file = words.pop(0)
                continue
            name, _, value = word.partition("=")
            section, dot, trait = name.removeprefix("--").partition(".")
            if not dot:  # a short form, which only the parser knows
                super().parse_command_line(argv)
                return
            config[section][trait] = DeferredConfigString(value)
        self.update_config(config)
