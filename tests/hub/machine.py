"""A machine inside this one, with accounts, homes and an exchange that only its hub sees.

The hub runs as root in namespaces of its own (unshare): the machine's accounts and folders stay as they
are, and all that runs and all that was mounted is gone with its first process. As a script, it says
whether that is possible here. It does the same for PostgreSQL, Redis, Docker and the proxy of JupyterHub's
own, and installs what is lacking for them on Debian as root.
"""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from partners import library

if TYPE_CHECKING:
    from collections.abc import Callable

BIN = Path(sys.executable).parent
CONFIGS = library.root() / "how_to" / "hub"
INSTRUCTOR, STUDENTS = "instructor", ("ada", "ben")
PEOPLE = {name: 2001 + number for number, name in enumerate((INSTRUCTOR, *STUDENTS))}
ACCOUNTS = PEOPLE | {"live": 2100}
PASSWORD = "of-age-42"
# openssl passwd -6 -salt partners of-age-42
HASH = (
    "$6$partners$RRtrPfjsKi3hssSX8WuB.NmpZo2rOXbdYyY8hlfQwAeaKMTyDJ5IBTynSRDk1sMAOk4A2NIZvb0gxEVzIhT.l."
)
EXCHANGE = Path("/usr/local/share/nbgrader/exchange")
UNSHARE = [
    *("unshare", "--mount", "--propagation=private", "--pid", "--mount-proc", "--fork", "--kill-child")
]
PATIENCE = 60
DEBIAN = Path("/usr/lib/postgresql")
"""Where Debian has the programs of each version of PostgreSQL, outside PATH."""
REDIS, DOCKER = "redis-server", ("dockerd", "docker")
PROXY = BIN.parent / "proxy"
"""Where JupyterHub's own proxy is installed, which passes a page on while it is written."""


def why_not() -> str | None:
    """Say in words why the hub cannot run here, or None where it can."""
    if not sys.platform.startswith("linux"):
        return "it needs Linux"
    if os.geteuid() != 0:
        return "it needs root, to give each person an account"
    lacking = [tool for tool in ("unshare", "nsenter", "setpriv", "mount") if not shutil.which(tool)]
    if lacking:
        return f"it needs {', '.join(lacking)} (in Debian’s packages util-linux and mount)"
    tried = subprocess.run([*UNSHARE, "true"], capture_output=True, text=True, check=False)
    return None if tried.returncode == 0 else f"namespaces are not permitted: {tried.stderr.strip()}"


def postgres() -> Path | None:
    """Return the folder of PostgreSQL's programs, or None where it is not installed."""
    by_name = shutil.which("initdb")
    found = Path(by_name).resolve() if by_name else next(iter(DEBIAN.glob("*/bin/initdb")), None)
    return found.parent if found else None


def program(name: str) -> Path | None:
    """Return where a program is, or None where it is not installed."""
    found = shutil.which(name)
    return Path(found) if found else None


def _install(package: str) -> None:
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        print(f"No {package} found: installing it with apt-get.", flush=True)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update"], ["install", "--yes", "--no-install-recommends", package]):
            subprocess.run(["apt-get", "--quiet", *words], check=True, env=environment)


def proxy() -> Path | None:
    """Return the folder of the command of JupyterHub's own proxy, or None where it is not installed."""
    there = PROXY / "node_modules" / ".bin"
    return there if (there / "configurable-http-proxy").exists() else None


def _install_proxy() -> None:
    if not shutil.which("npm"):
        _install("npm")
    if npm := shutil.which("npm"):
        shutil.copytree(Path(__file__).parent / "proxy", PROXY, dirs_exist_ok=True)
        subprocess.run([npm, "ci", "--silent"], cwd=PROXY, check=True)


@dataclass(frozen=True)
class Machine:
    """The running hub: its address, and the first process inside its namespaces."""

    address: str
    process: int

    def path(self, inside: Path | str) -> Path:
        """Return how a path of the inner machine is reached from here."""
        return Path(f"/proc/{self.process}/root{inside}")

    def run(self, person: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run `command` in a person's home with that person's rights, and return what came of it."""
        home = f"/home/{person}"
        shell = f"cd {shlex.quote(home)} && exec {shlex.join(command)}"
        return subprocess.run(
            [
                *("nsenter", f"--target={self.process}", "--mount", "--pid"),
                *("setpriv", f"--reuid={person}", f"--regid={person}", "--init-groups"),
                *("env", "-i", f"HOME={home}", f"PATH={BIN}:{os.defpath}", "LC_ALL=C.UTF-8"),
                *("sh", "-c", shell),
            ],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )


def start(base: Path, course: Path, log: Path) -> tuple[subprocess.Popen[bytes], Machine]:
    """Start the hub of ``how_to/hub`` with `course` in the instructor's home, and live sessions if it can.

    Killing the process that is returned ends everything in it.
    """
    hub, inner, api, live = _free_ports(4)
    address = f"http://127.0.0.1:{hub}"
    streaming = proxy()
    config = CONFIGS / "jupyterhub_config.py"
    if streaming:
        config = _live_config(base, live)
    hub_command = [
        *(str(BIN / "jupyterhub"), "-f", str(config), f"--JupyterHub.bind_url={address}"),
        f"--JupyterHub.hub_port={inner}",
        f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{api}",
    ]
    script = "\n".join([*map(shlex.join, _set_up(base, course)), 'exec "$@"'])
    ways = [str(way) for way in (streaming, BIN, os.environ["PATH"]) if way]
    environment = {"PATH": os.pathsep.join(ways), "HOME": str(base), "LC_ALL": "C.UTF-8"}
    with log.open("wb") as words:
        running = subprocess.Popen(
            [*UNSHARE, "sh", "-ec", script, "sh", *hub_command],
            cwd=base,
            env=environment,
            stdout=words,
            stderr=subprocess.STDOUT,
        )
    until = time.monotonic() + PATIENCE
    while f"JupyterHub is now running at {address}" not in log.read_text("utf-8"):
        if running.poll() is not None or time.monotonic() > until:
            running.kill()
            raise AssertionError(log.read_text("utf-8"))
        time.sleep(0.1)
    [process] = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text("ascii").split()
    return running, Machine(address, int(process))


def _live_config(base: Path, port: int) -> Path:
    """Return a file with the settings for live sessions, at a port of its own."""
    file = base / "config.py"
    lines = [
        f"load_subconfig({str(CONFIGS / 'live_config.py')!r})",
        f"c.JupyterHub.services[0]['url'] = 'http://127.0.0.1:{port}'",
        # The hub looks every 30 seconds whether its services run; there is no setting for it.
        "from jupyterhub.services.service import _ServiceSpawner",
        "_ServiceSpawner.poll_interval = 2",
    ]
    file.write_text("\n".join(lines), "utf-8")
    return file


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _set_up(base: Path, course: Path) -> list[list[str]]:
    """Return the commands that make the inner machine: accounts, homes, exchange, course."""
    rows = {
        "passwd": ["root:x:0:0::/root:/bin/sh"]
        + [f"{p}:x:{n}:{n}::/home/{p}:/bin/sh" for p, n in ACCOUNTS.items()],
        "group": ["root:x:0:"] + [f"{person}:x:{number}:" for person, number in ACCOUNTS.items()],
        "shadow": [f"{name}:{HASH if name in PEOPLE else '!'}:20000:0:99999:7:::" for name in ACCOUNTS],
    }
    commands = open_ways(base)
    for name, lines in rows.items():
        (base / name).write_text("\n".join(lines) + "\n", "ascii")
        commands.append(["mount", "--bind", str(base / name), f"/etc/{name}"])
    # Students' computers have the wheel, without the exercises' sources: here they are out of sight.
    for place in ("/home", "/usr/local/share", str(library.root() / "exercises")):
        commands.append(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", place])
    commands += [["mkdir", "-p", str(EXCHANGE)], ["chmod", "777", str(EXCHANGE)]]
    for person in ACCOUNTS:
        commands.append(["install", "-d", "-m", "700", "-o", person, "-g", person, f"/home/{person}"])
    return [
        *commands,
        ["cp", "-R", str(course), f"/home/{INSTRUCTOR}/{course.name}"],
        ["chown", "-R", f"{INSTRUCTOR}:{INSTRUCTOR}", f"/home/{INSTRUCTOR}"],
    ]


def open_ways(base: Path) -> list[list[str]]:
    """Return the commands that let everybody reach Python and this package, where root's home hides them."""
    needed = {Path(p).resolve() for p in (sys.base_prefix, sys.prefix, library.root())}
    closed = {path: _closed(path) for path in needed}
    ways = {path: base / "ways" / str(number) for number, path in enumerate(needed) if closed[path]}
    return [
        *(["mkdir", "-p", str(kept)] for kept in ways.values()),
        *(["mount", "--bind", str(path), str(kept)] for path, kept in ways.items()),
        *(
            ["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(place)]
            for place in {closed[path] for path in ways}
        ),
        *(["mkdir", "-p", str(path)] for path in ways),
        *(["mount", "--bind", str(kept), str(path)] for path, kept in ways.items()),
    ]


def _closed(path: Path) -> Path | None:
    """Return the outermost folder above `path` that only its owner may pass through."""
    return next((place for place in reversed(path.parents) if not place.stat().st_mode & 0o001), None)


if __name__ == "__main__":
    reason = why_not()
    not_run = f"The tests with a real JupyterHub and a real Docker are not run: {reason}."
    print(not_run if reason else "A JupyterHub can run here.")
    wanted: list[tuple[str, Callable[[], Path | None], str]] = [
        ("PostgreSQL", postgres, "postgresql"),
        ("Redis", partial(program, REDIS), "redis-server"),
    ]
    if not reason:
        wanted.append(("Docker", partial(program, DOCKER[0]), "docker.io"))
        wanted.append(("command of Docker’s", partial(program, DOCKER[1]), "docker-cli"))
    for name, find, package in wanted:
        if not find():
            _install(package)
        lacking = f"it is not installed (Debian, Ubuntu: sudo apt-get install {package})"
        not_run = f"The tests with a real {name} are not run: {lacking}."
        print(f"A {name} can run here." if find() else not_run)
    if not proxy():
        _install_proxy()
    not_run = "The test of live sessions at a hub is not run: it needs npm, which comes with Node.js 18."
    print("Live sessions can run at a hub here." if proxy() else not_run)
