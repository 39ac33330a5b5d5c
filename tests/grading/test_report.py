"""What an instructor learns from a graded assignment, and that nobody can be found out in it."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner, Result
from grading import a_class
from grading.a_class import EXERCISE, FIRST, PAPERS, SURNAME, TALK

from partners import cli
from partners.course.small_groups import Group, counted
from partners.grading import report, report_page
from partners.grading.report import findings, spread

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_class.make(tmp_path_factory.mktemp("term") / "course")


@pytest.fixture(scope="module")
def found(course: Path) -> report.Report:
    return findings(course, EXERCISE)


@pytest.fixture(scope="module")
def page(found: report.Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return report_page.write(found, tmp_path_factory.mktemp("page") / "reports" / EXERCISE)


def run(course: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> Result:
    monkeypatch.chdir(course)
    return CliRunner().invoke(cli.main, ["report", *words])


def test_who_is_missing_ungraded_or_unmarked_is_counted(found: report.Report) -> None:
    assert (found.listed, found.handed_in, found.graded, found.unmarked) == (14, 13, 12, 5)
    assert found.people == ()


def test_points_roll_up_by_outcome_and_what_is_not_marked_is_no_zero(found: report.Report) -> None:
    attempts, channel, message = found.parts
    assert channel.title == "2. Three families & more"
    assert channel.can().startswith("Choose a channel and a rhythm of contact")
    assert channel.taught() == ["“First contact”, section “Small and regular”"]
    assert "Ask a family for what they know" in attempts.outcomes[1].can
    assert (attempts.scored, attempts.unmarked) == (12, 0)
    assert str(attempts.spread) == "none or some (5), all (7)"
    # Six were marked, 8, 6, 6, 4, 2, 2 of 8; one left the cell as it was; five wait.
    assert (message.scored, message.unmarked, message.mean) == (7, 5, 28 / 56)
    assert str(message.spread) == "none, some, most or all (7)"


def test_items_are_told_apart_and_few_are_never_counted_exactly(found: report.Report) -> None:
    [channel] = [part for part in found.parts if part.items]
    assert {item.name: str(item.right) for item in channel.items} == {
        "Rahimi": "10 of 10",
        "Kowalski (channel)": "6 to 9 of 10",  # six
        "Brandt": "6 to 9 of 10",  # nine
        "Tran (channel)": "0 of 10",
        "Kowalski (because)": "6 to 9 of 10",  # eight
        "Tran (because)": "10 of 10",
    }
    assert channel.not_judged == 2  # one left it open, one’s notebook stopped with an error
    assert [item.name for item in channel.of_items(nobody=True)] == ["Tran (channel)"]
    assert found.telling()[:2] == [
        "Nobody got “Tran (channel)” right.",
        "5 of 12 have written parts that are not marked yet.",
    ]
    assert 3 <= len(found.telling()) <= 5


def test_transcripts_show_endings_rubric_and_time_by_attempt(found: report.Report) -> None:
    [talk] = found.talks
    assert (talk.name, talk.finished, talk.unfinished, talk.refused, talk.missing) == (TALK, 8, 1, 1, 2)
    assert dict(zip(talk.attempts, map(str, talk.endings), strict=True)) == {
        "first attempt": "breakdown, polite or progress (8)",
        "second attempt": "progress or partnership (7)",
    }
    for dimension in talk.dimensions:
        assert len(dimension.shares) == 2
        assert all(share is None or 0 <= share <= 1 for share in dimension.shares)
    challenge = next(change for change in talk.changes if change.dimension == "Answering a challenge")
    assert challenge.people == 7
    assert challenge.by > 0
    # Known are both attempts of six and the only one of a seventh: 10, 12, 16, 15, 38, 21, 11.
    assert (talk.minutes.people, talk.median) == (7, 15)
    assert str(talk.minutes) == "10 to 40 (7)"


def test_a_later_attempt_of_too_few_counts_with_the_one_before(tmp_path: Path) -> None:
    papers = dict(PAPERS)
    for student in ("stu01", "stu02"):
        timed = PAPERS[student].talks or ()
        papers[student] = PAPERS[student]._replace(talks=(*timed, ("breakdown", 3)))
    [talk] = findings(a_class.make(tmp_path / "course", papers), EXERCISE).talks
    assert talk.attempts == ("first attempt", "second or later attempt")
    assert [spread.people for spread in talk.endings] == [8, 7]


def test_no_group_of_fewer_than_five_is_left() -> None:
    def groups(*counts: int) -> list[tuple[int, int, int]]:
        places = [place for place, count in enumerate(counts) for _ in range(count)]
        return [tuple(group) for group in spread(report.SHARES, places, 5).groups]  # type: ignore[misc]

    assert groups(5, 0, 7, 0) == [Group(0, 0, 5), Group(2, 2, 7)]
    assert groups(2, 0, 0, 20) == [Group(0, 3, 22)]
    assert groups(4, 1, 9, 6) == [Group(0, 1, 5), Group(2, 2, 9), Group(3, 3, 6)]
    assert groups(6, 2, 3, 8) == [Group(0, 0, 6), Group(1, 2, 5), Group(3, 3, 8)]
    assert groups(2, 0, 1, 1) == []
    for people in range(25):
        low, high, _ = counted(people, 24, 5)
        assert low <= people <= high
        assert high - low == (0 if people in (0, 24) or 5 <= people <= 19 else 3)


def test_the_page_names_nobody_unless_asked(page: Path, course: Path, tmp_path: Path) -> None:
    secret = [*FIRST, SURNAME, *PAPERS, "stu13", "stu14"]
    text = page.read_text("utf-8")
    assert [name for name in secret if re.search(rf"\b{name}\b", text)] == []
    named = report_page.write(findings(course, EXERCISE, names=True), tmp_path).read_text("utf-8")
    assert [name for name in secret if not re.search(rf"\b{name}\b", named)] == []
    rows = {
        row.th.get_text(): " ".join(cell.get_text() for cell in row.find_all("td"))
        for row in BeautifulSoup(named, "html.parser").find_all("tr")
        if row.th
    }
    assert rows[f"Ada {SURNAME} (stu01)"].startswith("19 of 20 ")
    assert "it was cut short or edited" in rows[f"Iris {SURNAME} (stu09)"]
    assert "Not marked yet: 3. Write the first message." in rows[f"Jude {SURNAME} (stu10)"]
    assert rows["Nell Quibblewick (stu13)"] == "– Handed in, not graded."
    assert rows["Nell Quibblewick (stu14)"] == "– Handed in nothing."


def test_the_page_is_one_file_whose_figures_are_told_in_words_too(page: Path) -> None:
    soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    names = ["points", "items.channel", *(f"{kind}.{TALK}" for kind in ("endings", "rubric", "time"))]
    beside = {f"{EXERCISE}.report.{name}.png" for name in names}
    assert {file.name for file in page.parent.iterdir()} == {page.name, *beside}
    images = soup.find_all("img")
    assert len(images) == len(names)
    for image in images:
        assert len(str(image["alt"])) > 30
        assert str(image["src"]).startswith("data:image/png;base64,")
        figure = image.find_parent("figure")
        assert figure
        assert [tag.name for tag in figure.find_next_siblings()] == ["table", "p"]
    assert not re.search(r"(?:https?:)?//\w", re.sub(r'src="data:[^"]*"', "", str(soup)))
    assert soup.find_all(["script", "link", "iframe"]) == []
    assert [level for level in ("h1", "h2", "h3", "h4") if not soup.find(level)] == []
    told = soup.get_text()
    assert "“Tran (channel)”, in “2. Three families & more”. Outcome: Choose a channel" in told
    assert "1 with a file that was cut or edited, or is of another version; 2 without a file." in told
    assert "How long answers and writing took is not recorded anywhere" in told


def test_the_command_says_where_the_report_is_and_what_is_most_telling(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = course / "reports" / EXERCISE
    folder.mkdir(parents=True)
    (folder / f"{EXERCISE}.report.items.gone.png").write_text("of an earlier report")
    (folder / "mine.png").write_text("somebody’s own")
    result = run(course, monkeypatch, EXERCISE)
    assert result.exit_code == 0, result.output
    assert f"reports/{EXERCISE}/{EXERCISE}.report.html" in result.output.replace("\\", "/")
    assert "Nobody got “Tran (channel)” right." in result.output
    assert (folder / f"{EXERCISE}.report.html").exists()
    assert not (folder / f"{EXERCISE}.report.items.gone.png").exists()
    assert (folder / "mine.png").exists()
    assert run(course, monkeypatch, EXERCISE, "--output", "elsewhere").exit_code == 0
    assert (course / "elsewhere" / f"{EXERCISE}.report.points.png").exists()


def test_fewer_than_five_are_reported_only_by_name(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = tmp_path / "course"
    shutil.copytree(course, small)
    for student in list(PAPERS)[4:]:
        shutil.rmtree(small / "autograded" / student)
    result = run(small, monkeypatch, EXERCISE)
    assert result.exit_code == 1
    assert "Only 4 of “first_contact” are graded." in result.output
    assert f"partners report {EXERCISE} --names" in result.output
    assert run(small, monkeypatch, EXERCISE, "--names").exit_code == 0


def test_what_is_not_there_is_said_with_the_way_out(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said() -> str:
        result = run(tmp_path, monkeypatch, EXERCISE)
        assert result.exit_code == 1
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return " ".join(result.output.split())

    book = tmp_path / "gradebook.db"
    assert "There is no gradebook.db" in said()
    book.write_bytes(b"")
    assert "The gradebook is empty. Run first: nbgrader generate_assignment" in said()
    assert book.read_bytes() == b""
    book.write_bytes(b"no database" * 999)
    assert "cannot be read as nbgrader’s gradebook" in said()
    shutil.copy(course / "gradebook.db", book)
    before = book.read_bytes()
    assert f"Nobody’s “{EXERCISE}” is graded yet. Run: partners grade {EXERCISE}" in said()
    other = run(tmp_path, monkeypatch, "six_types")
    assert "The gradebook has no “six_types”. It has: first_contact." in other.output
    assert book.read_bytes() == before
