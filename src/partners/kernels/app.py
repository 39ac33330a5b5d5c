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
        words = list(argv or [])
        file = words.index("-f")
        config = settings([*words[:file], *words[file + 2 :]])
        config.IPKernelApp.connection_file = words[file + 1]
        self.update_config(config)


def settings(words: list[str]) -> Config:
    """Return the settings in words such as ``--InteractiveShell.xmode=Minimal``."""
    config = Config()
    for word in words:
        name, _, value = word.removeprefix("--").partition("=")
        section, _, trait = name.partition(".")
        config[section][trait] = DeferredConfigString(value)
    return config
