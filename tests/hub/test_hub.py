"""A term at a real JupyterHub: an instructor and two students, each with an account and a server."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import stat
from typing import TYPE_CHECKING

import pytest
from hub.machine import EXCHANGE, INSTRUCTOR, PASSWORD, PATIENCE, Machine
from pipeline.term import EXERCISE, TALK, Course, answered, attempts, plain
from playwright.sync_api import Page, expect

from partners.course import answers

if TYPE_CHECKING:
    from hub.person import Person

COURSE = f"/home/{INSTRUCTOR}/course"
NOTEBOOK, TRANSCRIPT = f"{EXERCISE}/{EXERCISE}.ipynb", f"{EXERCISE}/{TALK}.transcript.json"
ANSWERS: dict[str, answers.Value | dict[str, answers.Value]] = {
    "channel": {"Rahimi": "B", "Kowalski": "A", "Brandt and Osei": "C", "Tran": "E"},
    "fewer_in_100": 6,
    "best_claim": "B",
    "message": "Good news: Samir showed Lina where the coats go. What does he like to do at home?",
}
COMMENT = "“Late for her own lunch” is the line that she will keep."


@pytest.fixture(scope="session")
def released(people: dict[str, Person]) -> dict[str, Person]:
    """Generate and release the exercise in the formgrader."""
    for action in ("assign", "release"):
        people[INSTRUCTOR].formgrader("POST", f"assignment/{EXERCISE}/{action}")
    return people


@pytest.fixture(scope="session")
def handed_in(hub: Machine, released: dict[str, Person]) -> dict[str, Person]:
    """Let one student answer in the notebook, the other one in the forms, after one attempt at the talk."""
    ada, ben = released["ada"], released["ben"]
    for student in (ada, ben):
        student.assignment("fetch", EXERCISE)
    talk = attempts(TALK)
    ada.save(NOTEBOOK, json.dumps(answered(Course(hub.path(COURSE), {}))))
    ada.save(TRANSCRIPT, json.dumps(talk))
    ben.save(TRANSCRIPT, json.dumps(talk | {"attempts": talk["attempts"][:1]}))
    kept = answers.Answers(format=answers.FORMAT, exercise=EXERCISE, answers=ANSWERS)
    ben.save(f"{EXERCISE}/{answers.file_name(EXERCISE)}", answers.written(kept))
    for student in (ada, ben):
        student.assignment("submit", EXERCISE)
    return released


@pytest.fixture(scope="session")
def graded(handed_in: dict[str, Person]) -> dict[str, Person]:
    """Collect, autograde, give points and a comment by hand, and give the feedback back."""
    instructor = handed_in[INSTRUCTOR]
    instructor.formgrader("POST", f"assignment/{EXERCISE}/collect")
    for student in ("ada", "ben"):
        instructor.formgrader("POST", f"submission/{EXERCISE}/{student}/autograde")
    papers = instructor.formgrader("GET", f"submitted_notebooks/{EXERCISE}/{EXERCISE}")
    [paper] = [paper["id"] for paper in papers if paper["student"] == "ada"]
    for kind, words in {"grade": {"manual_score": 7}, "comment": {"manual_comment": COMMENT}}.items():
        parts = instructor.formgrader("GET", f"{kind}s", params={"submission_id": paper})
        [part] = [part["id"] for part in parts if part["name"] == "message"]
        instructor.formgrader("PUT", f"{kind}/{part}", json=words)
    for action in ("generate_feedback", "release_feedback"):
        instructor.formgrader("POST", f"assignment/{EXERCISE}/{action}")
    return handed_in


def _feedback(student: Person) -> str:
    """Return the words of the feedback that the student fetches from the exchange and opens."""
    student.assignment("fetch_feedback", EXERCISE)
    [row] = [row for row in student.assignments() if row["status"] == "submitted"]
    page = student.read(f"{row['submissions'][-1]['local_feedback_path']}/{EXERCISE}.html")
    return _words(page)


def _words(page: str) -> str:
    """Return what a page says, without its markup."""
    shown = re.sub(r"(?s)<(style|script)\b.*?</\1>", "", page)
    return plain(html.unescape(re.sub(r"<[^>]+>", "", shown)))


def test_marks_and_words_come_back_to_the_student_they_are_for(
    hub: Machine, graded: dict[str, Person]
) -> None:
    exported = hub.run(INSTRUCTOR, "sh", "-c", "cd course && nbgrader export --to grades.csv")
    assert exported.returncode == 0, exported.stderr
    grades = hub.path(f"{COURSE}/grades.csv").read_text("utf-8")
    scores = {row["student_id"]: row["score"] for row in csv.DictReader(io.StringIO(grades))}
    assert scores == {"ada": "21.0", "ben": "9.0"}

    ada, ben = _feedback(graded["ada"]), _feedback(graded["ben"])
    assert f"{EXERCISE} (Score: 21.0 / 26.0)" in ada
    assert f"Comments: {COMMENT}" in ada
    assert f"{EXERCISE} (Score: 9.0 / 26.0)" in ben
    for words in ("1 of 2 attempts are finished.", "Kowalski: At eleven he is asleep."):
        assert words in ben
        assert words not in ada
    assert COMMENT not in ben


def test_what_was_written_in_the_form_stands_where_it_is_marked(graded: dict[str, Person]) -> None:
    instructor = graded[INSTRUCTOR]
    papers = instructor.formgrader("GET", f"submitted_notebooks/{EXERCISE}/{EXERCISE}")
    [paper] = [paper["id"] for paper in papers if paper["student"] == "ben"]
    shown = _words(instructor.ask("GET", f"formgrader/submissions/{paper}/").text)
    _, written, below = shown.partition(str(ANSWERS["message"]))
    assert written
    assert "Model answer" in below
    assert "Lina walked her there" in below


def test_nobody_reads_another_student_s_work(hub: Machine, graded: dict[str, Person]) -> None:
    inbound = EXCHANGE / "partners" / "inbound"
    [submission] = hub.path(inbound).glob("ada+*")
    assert (submission / f"{TALK}.transcript.json").exists()
    for hidden in (inbound, EXCHANGE / "partners" / "feedback", "/home/ada", COURSE):
        listed = hub.run("ben", "ls", str(hidden))
        assert (listed.returncode, listed.stdout) == (2, "")
        assert "Permission denied" in listed.stderr
    for file in (f"/home/ada/{NOTEBOOK}", f"{COURSE}/gradebook.db"):
        assert "Permission denied" in hub.run("ben", "cat", file).stderr
    assert graded["ben"].ask("GET", f"api/contents/{NOTEBOOK}").status_code == 200
    assert graded["ben"].visit(f"/user/ada/api/contents/{NOTEBOOK}").status_code == 403


def test_the_exchange_has_the_permissions_that_the_guide_names(
    hub: Machine, graded: dict[str, Person]
) -> None:
    course = hub.path(EXCHANGE / "partners")
    places = (course.parent, course, *course.iterdir())
    assert {place.name: oct(stat.S_IMODE(place.stat().st_mode)) for place in places} == {
        "exchange": "0o777",
        "partners": "0o755",
        "inbound": "0o2733",
        "outbound": "0o755",
        "feedback": "0o711",
    }


@pytest.mark.parametrize("student", ["ada", "ben"])
def test_a_student_has_the_assignments_and_no_formgrader(
    released: dict[str, Person], student: str
) -> None:
    [row] = [row for row in released[student].assignments() if row["status"] in {"released", "fetched"}]
    assert row["assignment_id"] == EXERCISE
    for path in ("formgrader", "formgrader/gradebook", "formgrader/api/assignments"):
        assert released[INSTRUCTOR].ask("GET", path).status_code == 200
        assert released[student].ask("GET", path).status_code == 404
    assert "@jupyter/nbgrader:formgrader" not in _left_out(released[INSTRUCTOR])
    assert {"@jupyter/nbgrader:formgrader", "@jupyter/nbgrader:create-assignment"} <= _left_out(
        released[student]
    )


def _left_out(person: Person) -> set[str]:
    """Return the extensions that JupyterLab's page leaves out."""
    [settings] = re.findall(
        r'(?s)<script id="jupyter-config-data" type="application/json">(.*?)</script>',
        person.ask("GET", "lab").text,
    )
    return set(json.loads(settings)["disabledExtensions"])


def test_the_formgrader_opens_in_a_tab_of_its_own(
    hub: Machine, released: dict[str, Person], page: Page
) -> None:
    page.goto(f"{hub.address}/hub/login?next=/user/{INSTRUCTOR}/formgrader")
    page.get_by_label("Username:").fill(INSTRUCTOR)
    page.get_by_label("Password:").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=EXERCISE, exact=True))
    expect(row).to_contain_text("released", timeout=PATIENCE * 1000)
    # In a frame, as in JupyterLab's own tab of it, the hub forbids it: hence the guide's advice.
    policy = released[INSTRUCTOR].ask("GET", "formgrader").headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
