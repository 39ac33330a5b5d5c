"""A class that does harm, spies and cheats, and what must come of each; next to five who are honest.

Each row bounds itself, so that a sandbox that fails harms nothing: no process sleeps for more than a
minute, no memory beyond 4 GB, no disk beyond 300 MB.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import nbformat
from pipeline.term import cell, text

from partners.grading.execute import ENDED, TOO_MUCH
from partners.grading.judge import USED_UP
from partners.grading.notebook_file import MOST_CELLS
from partners.grading.office import GRADED, NOTED
from partners.grading.office import NOTHING as NO_NOTEBOOK
from partners.kernels import keeper

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

v4: Any = nbformat.v4

# --- The assignment ---

NAME = "ps1"
FILE = f"{NAME}.ipynb"
HELPER = "from statistics import fmean\n\n\ndef close(a, b):\n    return fmean([abs(a - b)]) < 0.001\n"
POINTS = {"mean": 3, "longest": 1, "piles": 4, "table": 2}
ALL = sum(POINTS.values())
TEST, SOURCE, ADA, PASSWORD = "otter-5c1e", "heron-9b2f", "wren-77ea", "plover-e043"
SECRETS = (TEST, "16.583", SOURCE, ADA, PASSWORD)
"""In the hidden tests, in the model answers, in Ada's notebook, in the instructor's environment."""

LOG = "\n".join(f"{TEST}: call {number}" for number in range(2_000))
"""Something long, as real tests have, of which remains would lie about in a memory."""
ANSWERS = {
    "mean_answer": "def mean_minutes(calls):\n    return sum(calls) / len(calls) if calls else 0",
    "longest_answer": "longest = 47",
    "piles_answer": 'piles = {"log": "home", "list": "home", "trip": "school", "coats": "school"}',
    "table_answer": 'table = pd.DataFrame({"call": ["first", "second"], "minutes": [12, 35]})\n'
    'totals = table["minutes"].cumsum().to_numpy()',
}
WRONG = {
    "mean_answer": "def mean_minutes(calls):\n    return -1",
    "longest_answer": "longest = -1",
    "piles_answer": "piles = {}",
    "table_answer": 'table = pd.DataFrame({"call": ["first"], "minutes": [-1]})\ntotals = np.array([-7])',
}
TESTS = {
    "mean": 'assert close(mean_minutes([2, 4]), 3), "Two and four minutes are three on average."',
    "longest": 'assert isinstance(longest, int), "The longest call is a number of minutes."',
    "piles": 'print(f"{len(piles)} things lie on piles.")',
    "table": 'assert list(table.columns) == ["call", "minutes"], "The table has two columns."',
}
HIDDEN = {
    "mean": "for calls, expected in [([7.25, 11, 31.5], 16.58333), ([90], 90), ([], 0)]:\n"
    '    assert close(mean_minutes(calls), expected), "Every call counts, and no call is zero."',
    "longest": 'assert longest == 47, "Look at the last call."',
    "piles": 'key = {"log": "home", "list": "home", "trip": "school", "coats": "school"}\n'
    "sum(piles.get(thing) == pile for thing, pile in key.items())",
    "table": f"log = {LOG!r}\n"
    'assert table["minutes"].sum() == 47, "Both calls together take 47 minutes."\n'
    'assert np.array_equal(totals, np.cumsum(table["minutes"])), "Add up from the top."',
}


def instructors() -> Any:
    """Return the instructor's notebook: four answers with tests, and one that is marked by hand."""
    cells = [
        v4.new_markdown_cell("# Minutes on the phone", id="title"),
        v4.new_code_cell("import numpy as np\nimport pandas as pd", id="imports"),
        _marked("helper", "from helper import close", locked=True),
    ]
    for name, points in POINTS.items():
        answer = f"{name}_answer"
        solution = f"### BEGIN SOLUTION\n{ANSWERS[answer]}  # {SOURCE}\n### END SOLUTION"
        hidden = f"### BEGIN HIDDEN TESTS\n# {TEST}\n{HIDDEN[name]}\n### END HIDDEN TESTS"
        cells += [
            _marked(answer, solution, solution=True),
            _marked(name, f"{TESTS[name]}\n{hidden}", grade=True, locked=True, points=points),
        ]
    cells.append(_marked("note", "A model answer.", grade=True, solution=True, points=3))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def _marked(name: str, source: str, **marks: Any) -> Any:
    new = v4.new_markdown_cell if name == "note" else v4.new_code_cell
    plain = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return new(source, id=name, metadata={"nbgrader": plain | marks | {"grade_id": name}})


# --- What somebody hands in, and what is said of it ---

MANY_CELLS = f"has more than {MOST_CELLS:,} cells"
MEDDLED = "changes parts of Python itself"
TOO_LONG = "This cell ran too long and was stopped."


class Kind(NamedTuple):
    """A kind of submission, and what must come of it.

    `edit` changes the notebook, in which all is answered right, `raw` makes its file, and `put` changes
    the folder. `state` and `told` stand in the table for the instructor, `words` in the feedback; in
    what a student writes, COURSE, PORT and MARK stand for those of the test.
    """

    points: float
    state: str
    words: str = ""
    told: str = ""
    edit: Callable[[Any], None] = lambda notebook: None
    raw: Callable[[Any], bytes] = lambda notebook: text(notebook).encode()
    put: Callable[[Path], None] = lambda folder: None


def does(source: str, **answers: str) -> Callable[[Any], None]:
    """Return what puts a cell of the student's own before the first answer, and other answers."""

    def edit(notebook: Any) -> None:
        for name, answer in answers.items():
            cell(notebook, f"{name}_answer").source = answer
        at = notebook.cells.index(cell(notebook, "mean_answer"))
        notebook.cells.insert(at, v4.new_code_cell(source, id="own"))

    return edit


def cheats(source: str, **answers: str) -> Callable[[Any], None]:
    """Return what does the same where all answers are wrong."""

    def edit(notebook: Any) -> None:
        for name, answer in WRONG.items():
            cell(notebook, name).source = answer
        does(source, **answers)(notebook)

    return edit


def _answers(**answers: str) -> Callable[[Any], None]:
    return does("", **answers)


def _beside(contents: dict[str, str]) -> Callable[[Path], None]:
    """Return what puts files beside the notebook, by their path."""

    def put(folder: Path) -> None:
        for path, content in contents.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content, "utf-8")

    return put


def _instead(make: Callable[[Path], None]) -> Callable[[Path], None]:
    """Return what puts something else in the place of the notebook."""

    def put(folder: Path) -> None:
        (folder / FILE).unlink()
        make(folder / FILE)

    return put


MUCH_MEMORY = """
import os, time
held = bytearray(1_400_000_000)
if not os.fork():
    time.sleep(0.4)
    os._exit(0)
os.wait()
"""
"""Less than there may be, if what two processes have in common is counted once."""
HONEST = {
    "ada": Kind(ALL, GRADED, edit=does(f"# {ADA}: nobody else’s")),
    "ben": Kind(
        ALL,
        GRADED,
        edit=_answers(
            mean="def mean_minutes(calls):\n    return np.mean(calls) if len(calls) else 0.0",
            piles='piles = dict(log="home", list="home")\npiles |= dict.fromkeys(["trip", "coats"], "school")',
        ),
    ),
    "cleo": Kind(
        ALL - POINTS["mean"],
        GRADED,
        "Two and four minutes are three on average.",
        edit=_answers(mean="def mean_minutes(calls):\n    return max(calls)"),
    ),
    "dan": Kind(
        ALL - POINTS["longest"],
        GRADED,
        "division by zero",
        edit=_answers(longest="longest = 47 / 0"),
    ),
    "eve": Kind(ALL, GRADED, edit=does(MUCH_MEMORY)),
}

# --- Harm: all is answered right, and stays so ---

STUBBORN = """
import time
end = time.monotonic() + 30
while time.monotonic() < end:
    try:
        time.sleep(0.1)
    except BaseException:
        pass
"""
DEAF = "import signal\nfor number in signal.valid_signals() - {9, 19}:\n    signal.signal(number, signal.SIG_IGN)"
FORKS = """
import subprocess
started = [subprocess.Popen(["sleep", "20"]) for _ in range(200)]
"""
MANY_PROCESSES_WITH_MEMORY = """
import os, time
for _ in range(4):
    if not os.fork():
        held = b"x" * 540_000_000
        time.sleep(30)
        os._exit(0)
time.sleep(30)
"""
PICTURES = """
from IPython.display import display
for _ in range(8):
    display({"image/png": "A" * 500_000, "text/html": "<p>" * 20_000}, raw=True)
"""
LARGE_FILES = """
import os, time
for name in ("one", "two", "three"):
    with open(name, "wb") as file:
        os.posix_fallocate(file.fileno(), 0, 90_000_000)
time.sleep(2)
"""
MANY_FILES = """
import pathlib
for folder in range(5):
    pathlib.Path(f"many{folder}").mkdir()
    for number in range(420):
        pathlib.Path(f"many{folder}", str(number)).touch()
"""
DEEP_FOLDERS = """
import os
for _ in range(1_100):
    os.mkdir("d")
    os.chdir("d")
"""
DELETES = """
import os, shutil
shutil.rmtree(".", ignore_errors=True)
os.chdir("/")
"""
BACKGROUND = """
import os, subprocess, sys, time
sleep = [sys.executable, "-c", "import time; time.sleep(60)  # MARK"]
print(subprocess.Popen(sleep, start_new_session=True).poll())
if not os.fork():
    os.setsid()
    if not os.fork():
        time.sleep(60)
    os._exit(0)
"""
AT_FUNCTION = "def mean_minutes(calls):\n    "
NESTED = "[" * 100_000 + "]" * 100_000


def _whole(notebook: Any, **changes: Any) -> bytes:
    return text({**notebook, **changes}).encode()


def _many_cells(notebook: Any) -> bytes:
    more = [v4.new_code_cell("", id=f"more-{n}") for n in range(3_000)]
    return _whole(notebook, cells=[*notebook.cells, *more])


def _large_cell(notebook: Any) -> bytes:
    return _whole(notebook, cells=[v4.new_code_cell("# " + "x" * 3_000_000), *notebook.cells])


def _nested_metadata(notebook: Any) -> bytes:
    return b'{"metadata": {"x": ' + NESTED.encode() + b"}, " + text(notebook).encode()[1:]


def _format_3(notebook: Any) -> bytes:
    as_any: Any = nbformat
    return str(as_any.v3.writes_json(as_any.convert(notebook, 3))).encode()


def _other_kernel(notebook: Any) -> bytes:
    spec = {"name": "conda-env-r", "display_name": "R", "language": "R"}
    return _whole(notebook, metadata={"kernelspec": spec, "language_info": {"name": "R"}})


def _time_in_bytes(folder: Path) -> None:
    (folder / "timestamp.txt").write_bytes(b"\xff\x00 12")


HARM = {
    "circles_at_a_call": Kind(
        ALL - POINTS["mean"],
        GRADED,
        TOO_LONG,
        edit=_answers(mean=AT_FUNCTION + "import time\n    while True:\n        time.sleep(0.01)"),
    ),
    "deaf": Kind(ALL, NOTED, ENDED, ENDED, edit=does(DEAF + STUBBORN)),
    "deaf_at_a_call": Kind(
        ALL - POINTS["mean"],
        NOTED,
        ENDED,
        ENDED,
        edit=_answers(mean=AT_FUNCTION + STUBBORN.replace("\n", "\n    ")),
    ),
    "memory": Kind(ALL, GRADED, "MemoryError", edit=does("held = bytes(20_000_000_000)")),
    "memory_of_many": Kind(
        ALL, NOTED, USED_UP[keeper.MEMORY], USED_UP[keeper.MEMORY], edit=does(MANY_PROCESSES_WITH_MEMORY)
    ),
    "forks": Kind(ALL, GRADED, "BlockingIOError", edit=does(FORKS)),
    "prints": Kind(
        ALL, GRADED, TOO_MUCH.strip(), edit=does('for _ in range(50):\n    print("x" * 100_000)')
    ),
    "prints_at_a_call": Kind(
        ALL,
        GRADED,
        TOO_MUCH.strip(),
        edit=_answers(
            mean=AT_FUNCTION + 'print("x" * 3_000_000)\n    return sum(calls) / max(1, len(calls))'
        ),
    ),
    "pictures": Kind(ALL, GRADED, TOO_MUCH.strip(), edit=does(PICTURES)),
    "large_files": Kind(ALL, NOTED, USED_UP[keeper.DISK], USED_UP[keeper.DISK], edit=does(LARGE_FILES)),
    "large_file": Kind(
        ALL, GRADED, "File too large", edit=does('open("big", "wb").truncate(400_000_000)')
    ),
    "many_files": Kind(ALL, GRADED, edit=does(MANY_FILES)),
    "background": Kind(ALL, GRADED, "None", edit=does(BACKGROUND)),
    "deep_folders": Kind(ALL, GRADED, edit=does(DEEP_FOLDERS)),
    "deletes_its_folder": Kind(ALL, GRADED, edit=does(DELETES)),
    "locks_its_folder": Kind(ALL, GRADED, edit=does('import os\nos.chmod(".", 0)')),
    "asks": Kind(ALL, GRADED, "input", edit=does('name = input("Your name? ")')),
    "exits_at_a_call": Kind(
        ALL - POINTS["mean"],
        GRADED,
        "SystemExit",
        edit=_answers(mean=AT_FUNCTION + "raise SystemExit"),
    ),
    "ends_at_a_call": Kind(
        ALL - POINTS["mean"],
        NOTED,
        ENDED,
        ENDED,
        edit=_answers(mean=AT_FUNCTION + "import os\n    os._exit(0)"),
    ),
    "crashes": Kind(ALL, NOTED, ENDED, ENDED, edit=does("import ctypes\nctypes.string_at(0)")),
    "contains_itself": Kind(
        ALL - POINTS["piles"],
        NOTED,
        edit=_answers(piles="piles = []\npiles.extend([piles] * 10)"),
    ),
    "large_value": Kind(
        ALL - POINTS["longest"],
        GRADED,
        "“longest” could not be looked at",
        edit=_answers(longest='longest = "x" * 21_000_000'),
    ),
    "large_number": Kind(
        ALL - POINTS["longest"],
        GRADED,
        "Look at the last call.",
        edit=_answers(longest="longest = 1 << 1_000_000"),
    ),
    # Files that are no notebook, or too much of one.
    "nested": Kind(
        0, NOTED, "cannot be read as a notebook", "cannot be read", raw=lambda _: NESTED.encode()
    ),
    "nested_metadata": Kind(ALL, NOTED, "is cut short or damaged", "damaged", raw=_nested_metadata),
    "large_cell": Kind(ALL, GRADED, "It was longer than 100,000 characters", raw=_large_cell),
    "many_cells": Kind(ALL, NOTED, MANY_CELLS, MANY_CELLS, raw=_many_cells),
    "other_kernel": Kind(ALL, GRADED, raw=_other_kernel),
    "format_3": Kind(ALL, GRADED, raw=_format_3),
    "utf_16": Kind(ALL, GRADED, raw=lambda notebook: text(notebook).encode("utf-16")),
    "none": Kind(0, NOTED, NO_NOTEBOOK, NO_NOTEBOOK, put=_instead(lambda file: None)),
    "folder": Kind(
        0,
        NOTED,
        NO_NOTEBOOK,
        NO_NOTEBOOK,
        put=_instead(lambda file: (file / "mine").mkdir(parents=True)),
    ),
    "time_in_bytes": Kind(ALL, GRADED, put=_time_in_bytes),
}


# --- Spies and saboteurs: all is answered right, and they find nothing and reach nothing ---

COURSE_SPY = """
from pathlib import Path
found = 0
for start in ("COURSE", "COURSE/..", "../..", "data.csv", "friend", Path.home()):
    for place in (Path(start), *Path(start).rglob("*")):
        try:
            text = place.read_bytes()[:20_000]
        except OSError:
            continue
        if "COURSE" in str(place.resolve()) or b"nbgrader" in text or place.suffix == ".ipynb":
            found += 1
            print(place, text)
print(found, "files of the course")
"""
GRADEBOOK_SPY = """
import sqlite3
try:
    book = sqlite3.connect("file:COURSE/gradebook.db?mode=rw", uri=True)
    print(book.execute("select * from source_cell").fetchall())
    book.execute("update grade set manual_score = 3")
    book.commit()
except sqlite3.Error as error:
    print("no gradebook:", error)
"""
ENVIRONMENT_SPY = """
import os, sys
print(dict(os.environ), sys.argv, sys.orig_argv, "that is all")
for name in ("environ", "cmdline"):
    try:
        print(open(f"/proc/self/{name}").read())
    except OSError as error:
        print(error)
"""
PROCESS_SPY = """
import os
def listed(place):
    try:
        return os.listdir(place)
    except OSError:
        return []
others = [pid for pid in listed("/proc") if pid.isdigit() and int(pid) != os.getpid()]
for pid in others:
    print(listed(f"/proc/{pid}/cwd"), listed(f"/proc/{pid}/fd"), listed(f"/proc/{pid}/rootCOURSE"))
    for name in ("cmdline", "environ", "maps"):
        try:
            print(open(f"/proc/{pid}/{name}").read()[:20_000])
        except OSError:
            pass
print(len(others), "other processes")
"""
MEMORY_SPY = f"""
import ctypes
searched = 0
for line in open("/proc/self/maps").read().splitlines():
    span, rights, *_, name = line.split()
    start, end = (int(part, 16) for part in span.split("-"))
    if rights.startswith("rw") and end - start < 500_000_000 and not name.startswith("[v"):
        text = ctypes.string_at(start, end - start)
        searched += len(text)
        for needle in (b"{TEST[:-2]}", b"{SOURCE[:-2]}", b"{ADA[:-2]}"):
            at = text.find(needle)
            while at >= 0:
                print(text[at : at + 300].partition(bytes(1))[0])
                at = text.find(needle, at + 300)
print("memory searched", searched)
"""
"""It finds its own words, too, which lack the last two signs of each secret."""
LINK_MAKER = """
import os
os.symlink("COURSE/source/ps1/ps1.ipynb", "data.csv")
os.symlink("COURSE/source", "source")
os.symlink("COURSE/gradebook.db", "gradebook.db")
os.mkfifo("pipe")
print("links made")
"""
WRITER = """
import os
places = ("COURSE/mine.txt", "COURSE/../mine.txt", "COURSE/submitted/ada/ps1/ps1.ipynb",
          "COURSE/autograded/ada/mine.txt", "COURSE/gradebook.db", "/usr/mine.txt", os.__file__)
written = 0
for place in places:
    try:
        with open(place, "a") as file:
            written += file.write("")
        written += 1
    except OSError:
        pass
print(written, "places written to")
"""
CALLER = """
import socket
closed = 0
for family, door in ((socket.AF_INET, ("127.0.0.1", PORT)), (socket.AF_UNIX, "COURSE/../door"),
                     (socket.AF_UNIX, "\\0partners-PORT")):
    try:
        with socket.socket(family) as caller:
            caller.connect(door)
            caller.send(b"mine")
    except OSError:
        closed += 1
print(closed, "doors are closed")
"""
KILLER = """
import os, signal
parent, tried = os.getppid(), 0
try:
    if parent > 1:
        os.kill(parent, signal.SIGKILL)
    os.kill(2, 0)
except (OSError, ProcessLookupError):
    tried += 1
print("out of reach:", tried)
"""
BESIDE_SPY = """
import os
for top in (".", os.environ["HOME"], "/tmp", "/dev/shm"):
    for parent, _, names in os.walk(top):
        for name in names:
            assert not name.endswith(".ipynb")
            if os.path.isfile(os.path.join(parent, name)):
                print(name, open(os.path.join(parent, name), "rb").read(20_000))
print("no notebook in reach")
"""
AT_CALL = """
import gc, linecache, sys
def told():
    frame = sys._getframe()
    while frame:
        print(frame.f_code.co_name, frame.f_code.co_consts, {k: repr(v)[:2_000] for k, v in frame.f_locals.items()})
        print({k: repr(v)[:500] for k, v in frame.f_globals.items() if k not in ("In", "_ih", "__builtins__")})
        frame = frame.f_back
    print(globals().get("In"), get_ipython().history_manager.input_hist_raw)
    print([lines for name, (*_, lines, _) in linecache.cache.items() if "ipykernel" in name])
    print([o for o in gc.get_objects() if isinstance(o, (list, dict)) and "expected" in o])
    return True
"""


def _links(folder: Path) -> None:
    course = folder.parents[2]
    (folder / "data.csv").symlink_to(course / "source" / NAME / FILE)
    (folder / "friend").symlink_to(course / "submitted" / "ada" / NAME)
    (folder / f"{NAME}.answers.json").symlink_to("/etc/passwd")


def _linked_notebook(file: Path) -> None:
    file.symlink_to(file.parents[2] / "ada" / NAME / FILE)


def _named_in_bytes(folder: Path) -> None:
    with open(os.fsencode(folder) + b"/caf\xe9.csv", "wb") as file:
        file.write(b"1;2\n")


SPIES = {
    "reads_the_course": Kind(ALL, GRADED, "0 files of the course", edit=does(COURSE_SPY), put=_links),
    "reads_the_gradebook": Kind(ALL, GRADED, "no gradebook:", edit=does(GRADEBOOK_SPY)),
    "reads_what_lies_beside": Kind(ALL, GRADED, "no notebook in reach", edit=does(BESIDE_SPY)),
    "reads_the_environment": Kind(ALL, GRADED, "that is all", edit=does(ENVIRONMENT_SPY)),
    "reads_processes": Kind(ALL, GRADED, "0 other processes", edit=does(PROCESS_SPY)),
    "reads_memory": Kind(ALL, GRADED, "memory searched", edit=does(MEMORY_SPY)),
    "reads_at_the_call": Kind(
        ALL,
        GRADED,
        "mean_minutes",
        edit=does(
            AT_CALL,
            mean=AT_FUNCTION + "told()\n    return sum(calls) / len(calls) if calls else 0",
        ),
    ),
    "makes_links": Kind(ALL, GRADED, "links made", edit=does(LINK_MAKER)),
    "hands_in_a_link": Kind(0, NOTED, NO_NOTEBOOK, NO_NOTEBOOK, put=_instead(_linked_notebook)),
    "writes_outside": Kind(ALL, GRADED, "0 places written to", edit=does(WRITER)),
    "calls_out": Kind(ALL, GRADED, "3 doors are closed", edit=does(CALLER)),
    "kills": Kind(ALL, GRADED, "out of reach: 1", edit=does(KILLER)),
    "named_in_bytes": Kind(ALL, GRADED, put=_named_in_bytes),
    "named_for_a_terminal": Kind(
        ALL,
        NOTED,
        told="lies beside the notebook and was not graded",
        put=_beside({"\x1b[2J“ok”.ipynb": ""}),
    ),
    "pipe": Kind(ALL, GRADED, put=lambda folder: os.mkfifo(folder / "data.csv")),
}


# --- Cheats: all is answered wrong, and stays so ---

YES = "return True"
EQUAL = """
class Same:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __bool__(self): return True
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __sub__(self, other): return 0
    __rsub__ = __add__ = __radd__ = __sub__
    def __abs__(self): return 0
    def __hash__(self): return 47
    def __float__(self): return 0.0
    __index__ = __int__ = lambda self: 0
    def __len__(self): return 4
    def __iter__(self): return iter([self])
    def __contains__(self, other): return True
    def __getitem__(self, key): return self
    def __getattr__(self, name): return self
    def __call__(self, *args, **named): return self
    __class__ = int
"""
LIARS = """
class Number(int):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return Number(0)
    def __hash__(self): return 47
    def __reduce__(self): return int, (47,)
class Array(np.ndarray):
    def __eq__(self, other): return np.array(True)
    def __array_function__(self, *args, **named): return True
    def __array_ufunc__(self, *args, **named): return np.array(True)
    def __array__(self, *args, **named): return np.array([12, 47])
class Dict(dict):
    def get(self, key, default=None): return Number(0)
    __getitem__ = __missing__ = get
    def items(self): return [(name, "home") for name in ("log", "list")]
    def __len__(self): return 4
    def __iter__(self): return iter(["log", "list", "trip", "coats"])
class Frame(pd.DataFrame):
    def __getitem__(self, key): return Array((2,)) if key == "minutes" else Number(0)
    columns = ["call", "minutes"]
"""
BUILTINS = """
import builtins
honest = builtins.isinstance
builtins.isinstance = lambda value, kind: kind is int or honest(value, kind)
builtins.abs = lambda value: 0
builtins.sum = lambda *_: 4
builtins.all = builtins.any = lambda *_: True
builtins.print = lambda *_, **__: None
builtins.AssertionError = Warning
"""
TRANSFORMER = """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.copy_location(ast.Pass(), node)
get_ipython().ast_transformers.append(Drop())
"""
INPUT_TRANSFORMER = """
shell = get_ipython()
shell.input_transformers_post.append(lambda lines: ["pass\\n"] if "assert" in "".join(lines) else lines)
shell.transform_cell = lambda source: "pass" if "assert" in source else source
"""
TRACEBACKS = """
import sys
shell = get_ipython()
shell.showtraceback = shell.showsyntaxerror = shell._showtraceback = lambda *_, **__: None
shell.set_custom_exc((BaseException,), lambda *_, **__: [])
sys.excepthook = sys.unraisablehook = lambda *_: None
"""
HOOKS = """
shell = get_ipython()
def before(info=None):
    shell.user_ns.update(longest=47, close=lambda *_: True)
def after(result=None):
    if result is not None:
        result.error_in_exec = result.error_before_exec = None
        result.result = 4
shell.events.register("pre_run_cell", before)
shell.events.register("pre_execute", before)
shell.events.register("post_run_cell", after)
shell.events.register("post_execute", after)
"""
OTHER_SHELL = """
import IPython
class Shell:
    execution_count = 1
    def __getattr__(self, name): return lambda *_, **__: {}
get_ipython = IPython.get_ipython = IPython.core.getipython.get_ipython = lambda: Shell()
"""
FRAMES = """
import sys
def mean_minutes(calls):
    frame = sys._getframe()
    while frame:
        for place in (frame.f_locals, frame.f_globals):
            if "expected" in place:
                return place["expected"]
            place["close"] = lambda *_: True
        frame = frame.f_back
    return -1
"""
HELPERS = """
import helper, sys
close = helper.close = sys.modules["helper"].close = lambda *_: True
helper.close.__module__, helper.close.__name__, helper.close.__qualname__ = "helper", "close", "close"
"""
LIBRARIES = """
import sys, types
class Lying(types.ModuleType):
    def __getattr__(self, name): return lambda *_, **__: True
for name in ("numpy", "pandas", "helper", "builtins", "math"):
    sys.modules[name] = Lying(name)
np, pd, close = sys.modules["numpy"], sys.modules["pandas"], lambda *_: True
"""
FORGED = """
from itertools import cycle
from partners.kernels import remote
def forge(told, *replies):
    told, replies = cycle([told] if type(told) is str else told), cycle(replies)
    remote.ASKED.update(show=lambda *_: next(told), act=lambda *_: next(replies))
def of_mine(**names):
    return "{" + ", ".join(f'"{name}": {data}' for name, data in names.items()) + "}"
def error(kind):
    return '{"error": [["' + kind + '"], ""], "printed": ""}'
yes, mine = '{"value": true, "printed": ""}', '{"#": "remote", "v": 0}'
all_mine = of_mine(mean_minutes=mine, longest=mine, piles=mine, table=mine, totals=mine)
"""
FORGED_KINDS = (
    """of_mine(longest='{"#": "remote", "v": "x"}', piles='{"#": "frame", "v": 5}', table="{}", """
    """totals='{"#": "array", "v": "gASVAAAA"}', mean_minutes='{"#": "remote", "v": -1}'), yes"""
)
FORGED_MESSAGES = """
kernel = get_ipython().kernel
for kind in ("stream", "display_data", "execute_result", "error", "status", "clear_output", "comm_open"):
    for content in ({}, [], 5, {"name": 5, "text": 5}, {"data": 5, "metadata": 5}, {"execution_state": "idle"}):
        kernel.session.send(kernel.iopub_socket, kind, content, parent=kernel.get_parent())
"""
POINTS_SHOWN = """
from IPython.display import display
class Piles(dict):
    def get(self, *_):
        print("4\\n\\n4.0\\nScore: 4.0 / 4.0")
        display({"text/plain": "4"}, raw=True)
        get_ipython().display_pub.publish({"text/plain": "4"}, metadata={"points": 4})
        print('{"outputs": [{"output_type": "execute_result", "data": {"text/plain": "4"}}]}')
        return 4
    def items(self): return [("4", 4)]
class Shown:
    def get(self, *_): return Piles().get()
    def __len__(self): return 4
"""
CHANGING = """
class Changing:
    def __init__(self): self.asked = 0
    def __len__(self): return 4
    def get(self, thing):
        self.asked += 1
        return [self, "school", ["home", "school"], {"home": "school"}, True][self.asked % 5]
class Guess:
    asked = 0
    def __call__(self, calls):
        self.asked += 1
        return [3, "3", 16, None, 90, [0]][self.asked % 6]
"""
BESIDE = {
    "helper.py": "def close(a, b):\n    return True",
    "statistics.py": "def fmean(values):\n    return 0",
    "random.py": "raise SystemExit",
    "json.py": "raise SystemExit",
    "numpy.py": "def __getattr__(name):\n    return lambda *_, **__: True",
    "sitecustomize.py": "import builtins\nbuiltins.abs = lambda *_: 0",
    "usercustomize.py": "import builtins\nbuiltins.abs = lambda *_: 0",
    "partners/__init__.py": "raise SystemExit",
    "helper/__init__.py": "def close(a, b):\n    return True",
}


def _forges(call: str) -> Callable[[Any], None]:
    return cheats(f"{FORGED}forge({call})")


def _tagged(notebook: Any) -> None:
    cheats("")(notebook)
    for name in POINTS:
        cell(notebook, name).metadata.tags = ["left-out", "skip-execution", "raises-exception"]


CHEATS = {
    "tags": Kind(0, NOTED, "points or settings of", "points or settings of", edit=_tagged),
    "ast_transformer": Kind(0, NOTED, MEDDLED, MEDDLED, edit=cheats(TRANSFORMER)),
    "input_transformer": Kind(0, NOTED, MEDDLED, MEDDLED, edit=cheats(INPUT_TRANSFORMER)),
    "builtins": Kind(0, NOTED, MEDDLED, MEDDLED, edit=cheats(BUILTINS)),
    "tracebacks": Kind(0, NOTED, MEDDLED, MEDDLED, edit=cheats(TRACEBACKS)),
    "hooks": Kind(0, GRADED, edit=cheats(HOOKS)),
    "other_shell": Kind(0, GRADED, edit=cheats(OTHER_SHELL)),
    "equal_to_everything": Kind(
        0,
        GRADED,
        edit=cheats(
            EQUAL,
            mean=AT_FUNCTION + "return Same()",
            longest="longest = Same()",
            piles="piles = Same()",
            table="table = totals = Same()",
        ),
    ),
    "lying_types": Kind(
        0,
        GRADED,
        edit=cheats(
            LIARS,
            mean=AT_FUNCTION + "return Number(1)",
            longest="longest = Number(1)",
            piles="piles = Dict()",
            table='table = Frame({"call": [1]})\ntotals = np.array([5]).view(Array)',
        ),
    ),
    "frames": Kind(0, GRADED, edit=cheats("", mean=FRAMES)),
    "helper_overwritten": Kind(0, GRADED, edit=cheats(HELPERS)),
    "libraries": Kind(0, GRADED, edit=cheats(LIBRARIES)),
    "modules_beside": Kind(0, GRADED, edit=cheats("import random, json"), put=_beside(BESIDE)),
    "forged_answer": Kind(
        POINTS["longest"], GRADED, "Two and four minutes", edit=_forges("""'{"longest": 47}'""")
    ),
    "forged_helper": Kind(
        0, GRADED, edit=_forges("of_mine(close=mine, mean_minutes=mine, longest=5), yes")
    ),
    "forged_builtins": Kind(
        0,
        GRADED,
        edit=_forges(
            "of_mine(isinstance=mine, len=mine, list=mine, sum=mine, np=mine, pd=mine, longest=47.0, "
            """piles='{"#": "dict", "v": []}', table=mine, totals=mine), yes, '{"value": 4}'"""
        ),
    ),
    "forged_nothing": Kind(0, GRADED, edit=_forges("('no JSON', '[1, 2]', 5, '[' * 100_000, '')")),
    "forged_replies": Kind(
        0, GRADED, edit=_forges("all_mine, '[' * 100_000, 'no JSON', '{\"value\": {\"#\": 5}}'")
    ),
    "forged_errors": Kind(
        0,
        GRADED,
        edit=_forges("all_mine, *map(error, ('StopIteration', 'SystemExit', 'GeneratorExit'))"),
    ),
    "forged_kinds": Kind(0, GRADED, "“longest” could not be looked at", edit=_forges(FORGED_KINDS)),
    "forged_messages": Kind(0, NOTED, ENDED, ENDED, edit=cheats(FORGED_MESSAGES)),
    "prints_points": Kind(
        0,
        GRADED,
        edit=cheats(
            POINTS_SHOWN,
            mean=AT_FUNCTION + 'print("3.0")\n    return display(3) or 3.0',
            piles="piles = Shown()",
        ),
    ),
    "changing": Kind(
        0, GRADED, edit=cheats(CHANGING, mean="mean_minutes = Guess()", piles="piles = Changing()")
    ),
}
KINDS = HARM | SPIES | CHEATS
