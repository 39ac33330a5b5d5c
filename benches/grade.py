"""What grading a class costs beside nbgrader and otter-grader: seconds, memory, the sandbox, growth.

Every way grades the same submissions, in a fresh copy of the course; the ways take turns, three times.
A table is printed when all scores of its runs were the expected ones. On two processors it takes about
17 minutes; with `quick` as its argument, ten submissions and one round, about three.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import a_class
from nbgrader.api import Gradebook

from partners.course import exercises
from partners.grading.grade import PLANS
from partners.kernels import sandbox

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from pipeline import term

Figures = dict[str, int]
Look = Callable[[int], Figures]
Turns = dict[str, Callable[[], float]]
Times = dict[str, list[float]]

PROCESSORS = os.cpu_count() or 1
TOGETHER, EACH = 6, 3
"""How many submissions otter grades in a round: in one process, and of these by a command for each."""
MANY = 10_000
LOOK = 0.05
"""Seconds between two looks at a run's memory."""
MEGABYTE = 1_000_000


class Size(NamedTuple):
    """How much is measured: students of a class, rounds, and the classes that show the growth."""

    students: int
    rounds: int
    growth: tuple[int, ...]


FULL, QUICK = Size(30, 3, (30, 100, 300)), Size(10, 1, (10, 30))


class Way(NamedTuple):
    """A command that grades the assignment whose name is added to it."""

    name: str
    command: tuple[str, ...]
    provisioner: str = ""
    plans: Path | None = None


AT_ONCE = "--Execute.shutdown_kernel=immediate"
STOCK = Way("nbgrader autograde", ("nbgrader", "autograde"))
KILLED = Way("  kernels killed at the end", (*STOCK.command, AT_ONCE))
FORKED = Way("  and taken from the zygote", KILLED.command, provisioner="partners-zygote")
OURS = Way("partners grade", ("partners", "grade"))
WORKERS = tuple(
    Way(f"{OURS.name}, {number} worker{'s'[: number - 1]}", (*OURS.command, f"--workers={number}"))
    for number in (1, 2, 3, 4)
)


class Class(NamedTuple):
    """A course in which an assignment was handed in, and what each submission earns."""

    course: Path
    assignment: str
    expected: dict[str, float]

    def check(self, who: str, found: dict[str, float]) -> None:
        """End the bench if a submission has another score than the expected one, or none."""
        for student, points in self.expected.items():
            if found.get(student) != points:
                got = f"got {found[student]:g} points" if student in found else "was not graded"
                sys.exit(f"{who}: {student}’s {self.assignment} {got}; it earns {points:g}.")


class Run(NamedTuple):
    """What grading a class took: seconds, and the largest of each figure that was looked at."""

    seconds: float
    peaks: Figures


def ordinary(folder: Path, students: int) -> Class:
    """Return the class of `a_class`."""
    course = a_class.course(folder, students)
    numbers = range(1, students + 1)
    return Class(course, a_class.NAME, {a_class.student(n): a_class.expected(n) for n in numbers})


def exercise(folder: Path, students: int) -> Class:
    """Return a class with an exercise of this course; every fifth student forgot the conversation."""
    folder.mkdir()
    made = term.new_course(folder)
    made.run("nbgrader", "generate_assignment", term.EXERCISE)
    points = term.points()
    cells = exercises.instructor_notebook(term.EXERCISE).cells
    marks = (cell.metadata.get("nbgrader", {}) for cell in cells if cell.cell_type == "code")
    most = sum(points[each["grade_id"]] for each in marks if each.get("grade"))
    notebook, talk = term.text(term.answered(made)), term.text(term.attempts(term.TALK))
    expected = {}
    for number in range(1, students + 1):
        student, forgot = a_class.student(number), number % 5 == 0
        place = made.root / "submitted" / student / term.EXERCISE
        place.mkdir(parents=True)
        (place / f"{term.EXERCISE}.ipynb").write_text(notebook, "utf-8")
        if not forgot:
            (place / f"{term.TALK}.transcript.json").write_text(talk, "utf-8")
        expected[student] = most - forgot * points["two_attempts"]
    return Class(made.root, term.EXERCISE, expected)


def nothing(_: int) -> Figures:
    """Look at nothing of a process."""
    return {}


def graded(folder: Path, group: Class, way: Way, look: Look = nothing) -> Run:
    """Grade a copy of the class, check the scores, and return what it took."""
    root = folder / "run"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(group.course, root)
    plans = root / PLANS
    if way.plans:
        shutil.copytree(way.plans, plans)
    run = _run(folder, group.assignment, way, look)
    group.check(way.name.strip(), scores(root, group.assignment))
    if way.plans and _written(plans) != _written(way.plans):
        sys.exit(f"{way.name}: the plans were made anew.")
    return run


def _run(folder: Path, assignment: str, way: Way, look: Look) -> Run:
    name, *words = way.command
    environment = a_class.environment(folder)
    if way.provisioner:
        environment["JUPYTER_DEFAULT_PROVISIONER_NAME"] = way.provisioner
    start = time.perf_counter()
    process = subprocess.Popen(
        [str(a_class.BIN / name), *words, assignment],
        cwd=folder / "run",
        env=environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    with Watch(partial(look, process.pid)) as watch:
        said, _ = process.communicate("y\n")  # without the sandbox it asks
        seconds = time.perf_counter() - start
    if process.returncode:
        sys.exit(f"{said}\n{way.name.strip()}: it ended with {process.returncode}.")
    return Run(seconds, watch.peaks)


def scores(root: Path, assignment: str) -> dict[str, float]:
    """Return the automatic points of everybody who has an autograded notebook."""
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "") as gradebook:
        rows = gradebook.submission_dicts(assignment)
    places = (root / "autograded").glob(f"*/{assignment}/{assignment}.ipynb")
    there = {place.parts[-3] for place in places}
    return {row["student"]: row["code_score"] for row in rows if row["student"] in there}


def _written(folder: Path) -> dict[str, int]:
    """Return when each file was written."""
    return {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}


def by_otter(folder: Path, python: Path, students: int) -> Turns:
    """Return otter's two ways; each grades a few, and returns the seconds that `students` would take."""
    group = ordinary(folder / "few", TOGETHER)
    otter = a_class.otter(group.course, folder / "otter", python)
    environment = a_class.environment(folder)

    def seconds(name: str, number: int, commands: list[list[str]]) -> float:
        expected = dict(list(group.expected.items())[:number])
        results = {student: otter.folder / student / "results.json" for student in expected}
        for file in results.values():
            file.unlink(missing_ok=True)
        start = time.perf_counter()
        for command in commands:
            subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        spent = time.perf_counter() - start
        there = [student for student, file in results.items() if file.is_file()]
        group._replace(expected=expected).check(name, {one: otter.score(one) for one in there})
        return spent * students / number

    ways = {
        "otter, all in one process *": (TOGETHER, [otter.together]),
        "otter run, for each *": (EACH, list(otter.each.values())[:EACH]),
    }
    return {name: partial(seconds, name, *way) for name, way in ways.items()}


class Watch(threading.Thread):
    """Looks again and again, in a ``with``, and keeps the largest of each figure."""

    def __init__(self, look: Callable[[], Figures]) -> None:
        super().__init__()
        self.look, self.over = look, threading.Event()
        self.peaks: Figures = defaultdict(int)

    def run(self) -> None:
        """Look until it is over."""
        while not self.over.wait(LOOK):
            for name, figure in self.look().items():
                self.peaks[name] = max(self.peaks[name], figure)

    def __enter__(self) -> Watch:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.join()


def memory_of_main(pid: int) -> Figures:
    """Return the most bytes that a process has had in memory."""
    return {"main": _figures(pid, "status").get("VmHWM", 0)}


def memory_of_all(pid: int) -> Figures:
    """Return the bytes of the largest process of each part of `partners grade`, and of all together.

    Under `Rss` what several processes share counts for each, under `Pss` for each its share.
    """
    found: Figures = defaultdict(int)
    for part, one in _parts(pid):
        figures = _figures(one, "smaps_rollup")
        for kind in ("Rss", "Pss"):
            found[f"{part} {kind}"] = max(found[f"{part} {kind}"], figures.get(kind, 0))
        found["all"] += figures.get("Pss", 0)
    return found


def _parts(main: int) -> list[tuple[str, int]]:
    """Return the processes of `partners grade`; those of the zygote are keepers, theirs are kernels."""
    found = [("main", main)]
    for child in _children(main):
        is_zygote = "partners.kernels.zygote" in _text(child, "cmdline")
        found.append(("zygote" if is_zygote else "worker", child))
        for keeper in _children(child):
            found.append(("keeper", keeper))
            found += [(_room(kernel), kernel) for kernel in _children(keeper)]
    return found


def _children(pid: int) -> list[int]:
    return [int(child) for child in _text(pid, f"task/{pid}/children").split()]


def _room(pid: int) -> str:
    """Return the name of the folder where a kernel works: `submission` or `judge`."""
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd")).name
    except OSError:
        return ""


def _figures(pid: int, name: str) -> Figures:
    """Return the bytes that a file of /proc tells, by their names."""
    parts = (line.split() for line in _text(pid, name).splitlines() if line.endswith(" kB"))
    return {figure.rstrip(":"): 1024 * int(number) for figure, number, _ in parts}


def _text(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:  # it has just ended
        return ""


def in_turns(turns: Turns, rounds: int, times: Times) -> None:
    """Let each have its turn, round after round, and add its seconds to those that it has."""
    for _ in range(rounds):
        for name, turn in turns.items():
            times[name].append(turn())


def turns_of(folder: Path, group: Class, *ways: Way) -> Turns:
    """Return the turns in which these ways grade the class."""
    return {way.name: lambda way=way: graded(folder, group, way).seconds for way in ways}  # type: ignore[misc]


def compare(folder: Path, group: Class, python: Path, rounds: int) -> Times:
    """Print how fast each way is, and what the sandbox and the plans cost; return the seconds."""
    graded(folder, group, OURS)  # for its plans; and the home has its caches now
    plans = shutil.copytree(folder / "run" / PLANS, folder / "plans")
    times: Times = defaultdict(list)
    students = len(group.expected)
    turns = turns_of(folder, group, STOCK, KILLED, FORKED, *WORKERS)
    turns |= by_otter(folder, python, students)
    in_turns(turns, 1, times)
    best = min(WORKERS, key=lambda way: times[way.name])
    free = Way(f"{best.name}, no sandbox", (*best.command, "--no-sandbox"))
    known = best._replace(name=f"{best.name}, plans kept", plans=plans)
    more = turns_of(folder, group, free, known)
    in_turns(more, 1, times)
    in_turns(turns | more, rounds - 1, times)
    show(f"{students} submissions of an ordinary assignment", times)
    print(f"* scaled: otter graded {TOGETHER} of them in one process, and {EACH} one by one")

    def less(name: str) -> list[float]:
        return [one - other for one, other in zip(times[best.name], times[name], strict=True)]

    sandboxed = [1000 * seconds / students for seconds in less(free.name)]
    print(f"the sandbox costs {spread(sandboxed, 0)} ms a submission")
    print(f"finding out what can be judged costs {spread(less(known.name), 1)} s, once for a release\n")
    return times


def compare_exercise(folder: Path, group: Class, rounds: int) -> None:
    """Print how fast an exercise of this course is graded."""
    times: Times = defaultdict(list)
    in_turns(turns_of(folder, group, STOCK, WORKERS[2]), rounds, times)
    show(f"{len(group.expected)} submissions of {group.assignment}", times)
    print()


def show(title: str, times: Times) -> None:
    """Print the table; a ratio is taken within a round."""
    print(f"{title:44}{'seconds':>20}{'times as fast':>22}")
    for name, spent in times.items():
        ratios = [stock / one for stock, one in zip(times[STOCK.name], spent, strict=True)]
        print(f"{name:44}{spread(spent, 1):>20}{spread(ratios, 2):>22}")


def spread(values: list[float], digits: int) -> str:
    """Return the median in words, with the smallest and the largest."""
    figures = (statistics.median(values), min(values), max(values))
    middle, least, most = (f"{figure:.{digits}f}" for figure in figures)
    return f"{middle} ({least}–{most})" if len(values) > 1 else middle


def show_memory(folder: Path, group: Class) -> None:
    """Print what each part of `partners grade` has in memory, and what one more worker adds."""
    few, many = (graded(folder, group, way, memory_of_all).peaks for way in (WORKERS[0], WORKERS[-1]))
    print(f"{f'memory in MB, {len(WORKERS)} workers':44}{'resident':>12}{'its share':>12}")
    for part in ("main", "zygote", "worker", "keeper", "submission", "judge"):
        figures = (many[f"{part} {kind}"] / MEGABYTE for kind in ("Rss", "Pss"))
        print(f"{part:44}" + "".join(f"{figure:12.0f}" for figure in figures))
    print(f"{'all of it, at its largest':56}{many['all'] / MEGABYTE:12.0f}")
    print(f"{'all of it, 1 worker':56}{few['all'] / MEGABYTE:12.0f}")
    each = (many["all"] - few["all"]) / (len(WORKERS) - 1)
    print(f"{'one more worker, with its kernel and judge':56}{each / MEGABYTE:12.0f}\n")


def show_growth(folder: Path, size: Size) -> float:
    """Print what more submissions cost; return the seconds that one costs in the largest class."""
    print(f"{'growth, partners grade':44}{'seconds':>9}{'ms each':>9}{'main process, MB':>18}")
    for number in size.growth:
        group = ordinary(folder / f"class of {number}", number)
        run = graded(folder, group, OURS, memory_of_main)
        each, memory = run.seconds / number, run.peaks["main"] / MEGABYTE
        print(f"{f'{number} submissions':44}{run.seconds:9.1f}{1000 * each:9.0f}{memory:18.0f}")
    return each


def main() -> None:
    """Print the tables."""
    size = QUICK if sys.argv[1:] == ["quick"] else FULL
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            python = a_class.otter_environment(folder / "environment")
        except subprocess.CalledProcessError:
            sys.exit("The comparison with otter-grader could not install it. Is there a network?")
        layers = ", ".join(sandbox.layers()) or "none"
        print(f"nbgrader {version('nbgrader')}; {PROCESSORS} processors; sandbox: {layers}\n")
        group = ordinary(folder / "ordinary", size.students)
        times = compare(folder, group, python, size.rounds)
        compare_exercise(folder, exercise(folder / "exercise", size.students), size.rounds)
        show_memory(folder, group)
        hours = MANY / 3600 * show_growth(folder, size)
    theirs = MANY / 3600 * statistics.median(times[STOCK.name]) / size.students
    print(
        f"\n{MANY:,} submissions: {hours:.1f} hours on this machine, {hours * PROCESSORS:.1f} of one "
        f"processor; {theirs:.1f} hours with {STOCK.name}"
    )


if __name__ == "__main__":
    main()
