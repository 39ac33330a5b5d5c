"""What platforms hand over becomes submissions: each person's own, the newest, and nothing of it trusted."""

from __future__ import annotations

import io
import json
import shutil
import stat
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from pipeline.term import attempts

from partners import cli
from partners.course import answers, exercises
from partners.grading import handed_in, roster

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Files = Mapping[str, str | bytes]

EXERCISE, OTHER, TALK = "first_contact", "six_types", "first_call_home"
NAME = f"{EXERCISE}.answers.json"
ROSTER = """\
student_id,first_name,last_name,email,lms_id
ben,Ben,Lee,ben@example.org,20418
zoe,Zoë,O’Brien Søgaard,zoe@example.org,20419
ana,Ana María,de la Cruz,ana@example.org,20420
"""


def paper(letter: str = "B", exercise: str = EXERCISE, **more: Any) -> str:
    """Return the answers file of a student whose answer is `letter`."""
    given: dict[str, Any] = {"format": answers.FORMAT, "exercise": exercise, "answers": {"best": letter}}
    return answers.written(answers.Answers.model_validate(given | more))


def archive(files: Files) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return written.getvalue()


@pytest.fixture(scope="module")
def notebooks() -> dict[str, str]:
    return {name: exercises.text(exercises.student_notebook(name)) for name in (EXERCISE, OTHER)}


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, notebooks: dict[str, str]) -> Path:
    """Make an instructor's course with two released exercises, and go there."""
    made = tmp_path / "course"
    for name, text in notebooks.items():
        (made / "release" / name).mkdir(parents=True)
        (made / "release" / name / f"{name}.ipynb").write_text(text, "utf-8")
    (made / "nbgrader_config.py").write_text('c.CourseDirectory.course_id = "partners"\n', "utf-8")
    (made / "roster.csv").write_text(ROSTER, "utf-8")
    monkeypatch.chdir(made)
    return made


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the instructor's computer stand where it is five hours earlier than in UTC."""
    monkeypatch.setenv("TZ", "Etc/GMT+5")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def collect(files: Files, *options: str, as_zip: bool = False) -> Result:
    """Run the command on a download that holds `files`."""
    place = Path("..", f"download{len(list(Path('..').iterdir()))}")
    if as_zip:
        place = place.with_suffix(".zip")
        place.write_bytes(archive(files))
    for name, content in {} if as_zip else files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return CliRunner().invoke(cli.main, ["collect", str(place), *options])


def letters() -> dict[str, str]:
    """Return each student's answer in `submitted`, by student and exercise."""
    found = Path("submitted").glob("*/*/*.answers.json")
    return {
        f"{file.parts[1]} {file.parts[2]}": json.loads(file.read_text("utf-8"))["answers"]["best"]
        for file in sorted(found)
        if ".old" not in file.parts[2]
    }


CANVAS = {
    "leeben_LATE_20418_678901_first_contact.answers.json": paper("B"),
    "obriensøgaardzoë_20419_678902_first_contact-1.answers.json": paper("Z"),
    "delacruzanamaría_99999_678903_first_contact.answers-2.json": paper("A"),
}
MOODLE = {
    f"Ben Lee_1234567_assignsubmission_file/{NAME}": paper("B"),
    f"Zoe OBrien Sogaard_1234568_assignsubmission_file_/deeper/{NAME}": paper("Z"),
    f"DE LA CRUZ, Ana Maria_1234569_assignsubmission_file_{NAME}": paper("A"),
}
BLACKBOARD = {
    f"Exercise_1_BEN_attempt_2026-11-28-14-05-33_{NAME}": paper("B"),
    f"Exercise_1_zoe@example.org_attempt_2026-11-28-14-05-34_{NAME}": paper("Z"),
    f"Exercise_1_20420_Versuch_2026-11-28-14-05-35_{NAME}": paper("A"),
    "Exercise_1_BEN_attempt_2026-11-28-14-05-33.txt": "Name: Ben Lee (ben)",
}
BRIGHTSPACE = {
    f"Exercise 1 Download/12345-67890 - Ben Lee - Nov 28, 2026 205 PM/{NAME}": paper("B"),
    f"Exercise 1 Download/12346-67891 - Zoë O'Brien-Søgaard - Nov 28, 2026 206 PM - {NAME}": paper("Z"),
    f"Exercise 1 Download/12347-67892 - Ana María de la Cruz - 28 November 2026 14h07/{NAME}": paper(
        "A"
    ),
    "Exercise 1 Download/index.html": "<html>",
}
PLAIN: Files = {
    f"{EXERCISE}/ben/{NAME}": paper("B"),
    f"{EXERCISE}/O'Brien Søgaard Zoë/{NAME}": paper("Z"),
    f"{EXERCISE}/20420.zip": archive({f"work/{NAME}": paper("A"), "__MACOSX/._x.json": b"\0"}),
    f"{EXERCISE}/.DS_Store": b"\0",
}
GROUPS = {
    f"Group A-Ben Lee_1_assignsubmission_file/{NAME}": paper("B"),
    f"Group B-Zoë O’Brien-Søgaard_2_assignsubmission_file/{NAME}": paper("Z"),
    f"Group B-Ana María de la Cruz_2_assignsubmission_file/{NAME}": paper("A"),
}
DOWNLOADS: dict[str, Files] = {
    "canvas": CANVAS,
    "moodle": MOODLE,
    "moodle in groups": GROUPS,
    "blackboard": BLACKBOARD,
    "brightspace": BRIGHTSPACE,
    "plain": PLAIN,
}


@pytest.mark.parametrize("as_zip", [False, True])
@pytest.mark.parametrize("platform", DOWNLOADS)
def test_each_platform_s_download_gives_everybody_their_own(
    course: Path, platform: str, as_zip: bool
) -> None:
    result = collect(DOWNLOADS[platform], as_zip=as_zip)
    assert letters() == {
        f"{who} {EXERCISE}": letter for who, letter in zip(["ana", "ben", "zoe"], "ABZ", strict=True)
    }
    assert result.exit_code == 0, result.output
    assert "Placed: 3" in result.output
    assert ("Canvas says it was late" in result.output) == (platform == "canvas")


def test_nbgrader_finds_the_released_notebook_the_answers_and_the_talks(course: Path) -> None:
    talk = attempts(TALK)
    text = paper(who="Ben", saved="2026-11-28T14:00:00Z", transcripts={TALK: talk})
    collect({f"ben/{NAME}": "\ufeff" + text})
    folder = course / "submitted" / "ben" / EXERCISE
    release = course / "release" / EXERCISE / f"{EXERCISE}.ipynb"
    assert {file.name for file in folder.iterdir()} == {release.name, NAME, f"{TALK}.transcript.json"}
    assert (folder / release.name).read_bytes() == release.read_bytes()
    assert answers.load(folder / NAME, EXERCISE) == answers.read(text)
    assert json.loads((folder / f"{TALK}.transcript.json").read_text("utf-8")) == talk

    nbgrader = NbGraderAPI(CourseDirectory(root=str(course)))
    assert nbgrader.get_submitted_students(EXERCISE) == {"ben"}
    assert nbgrader.get_submitted_students(OTHER) == set()
    assert nbgrader.get_submitted_timestamp(EXERCISE, "ben") is None


@pytest.mark.usefixtures("far_away")
@pytest.mark.parametrize(
    ("platform", "hour"), [("blackboard", "19:05:33"), ("brightspace", "19:05:00"), ("canvas", None)]
)
def test_nbgrader_reads_when_it_was_handed_in(course: Path, platform: str, hour: str | None) -> None:
    collect(DOWNLOADS[platform], as_zip=True)
    found = NbGraderAPI(CourseDirectory(root=str(course))).get_submitted_timestamp(EXERCISE, "ben")
    assert (found and str(found)) == (hour and f"2026-11-28 {hour}")


def test_a_renamed_notebook_is_known_by_its_cells_and_keeps_its_files(
    course: Path, notebooks: dict[str, str]
) -> None:
    own = json.loads(notebooks[EXERCISE])
    own["cells"][-1]["source"] = "My reflection."
    saved, talk = json.dumps(own), json.dumps(attempts(TALK))
    result = collect(
        {
            "leeben_20418_1_Untitled3.ipynb": saved,
            "leeben_20418_2_first_call_home.transcript.json": talk,
            "obriensgaardzo_20419_3_mine.zip": archive(
                {"mine/work.ipynb": saved.encode("utf-16"), f"mine/{TALK}.transcript.json": talk[:-300]}
            ),
            "delacruzanamaria_20420_4_first_contact.ipynb": saved[:-900],
        }
    )
    for who, transcript, notebook in (
        ("ben", talk, saved),
        ("zoe", talk[:-300], saved),
        ("ana", None, saved[:-900]),
    ):
        folder = course / "submitted" / who / EXERCISE
        assert (folder / f"{EXERCISE}.ipynb").read_text("utf-8") == notebook
        proof = folder / f"{TALK}.transcript.json"
        assert (proof.read_text("utf-8") if proof.exists() else None) == transcript
    assert result.output.count("cut short or edited. The feedback will say so.") == 2
    assert result.exit_code == 0


def test_the_platform_s_name_counts_and_not_what_was_typed(course: Path) -> None:
    result = collect({f"ben/{NAME}": paper("B", who="Zoë O'Brien Søgaard")})
    assert letters() == {f"ben {EXERCISE}": "B"}
    assert "Typed inside is “Zoë O'Brien Søgaard”, which is zoe Zoë O’Brien Søgaard." in result.output


def test_nobody_becomes_somebody_else_by_a_name_of_their_own(course: Path) -> None:
    """Whatever a student calls a file, a folder or a zip, the platform's name before it counts."""
    as_zoe = "Exercise 1_zoe_attempt_2026-11-28-14-05-33_x.json"
    result = collect(
        {
            f"leeben_20418_1_{as_zoe}": paper("B"),
            "leeben_20418_2_w.zip": archive({f"zoe/{OTHER}.answers.json": paper("B", OTHER)}),
            f"stranger_777_3_{as_zoe}": paper("S"),
            f"stranger/zoe/{NAME}": paper("S"),
        }
    )
    assert letters() == {f"ben {EXERCISE}": "B", f"ben {OTHER}": "B"}
    assert "“stranger” is not on the roster. Put “777” into the column lms_id" in result.output
    assert "Not placed: 2" in result.output


@pytest.mark.parametrize(
    "files",
    [
        {"work.zip": archive({f"zoe/{NAME}": paper("S")})},
        {f"Hans-Ben Lee_1_assignsubmission_file/{NAME}": paper("S")},
        {
            f"Hans-Ben Lee_1_assignsubmission_file/{NAME}": paper("S"),
            f"Zoe Kim_2_assignsubmission_file/{NAME}": paper("S"),
        },
        {
            f"Hans-Ben Lee_1_assignsubmission_file/{NAME}": paper("S"),
            f"Ana-María de la Cruz_2_assignsubmission_file/{NAME}": paper("S"),
        },
    ],
)
def test_half_a_name_is_nobody_s(course: Path, files: Files) -> None:
    """A folder in a student's zip, a first name with a hyphen that looks like a group's."""
    result = collect(files)
    assert "ben first_contact" not in letters()
    assert "zoe first_contact" not in letters()
    assert result.exit_code == 1


def test_a_typed_name_decides_only_where_nothing_else_says_whose_it_is(
    course: Path, notebooks: dict[str, str]
) -> None:
    result = collect(
        {
            "first_contact.answers.json": paper("B", who="ben lee"),
            "first_contact.answers (1).json": paper("Z", who="ZOE"),
            "first_contact.answers (2).json": paper("X", who="zoe"),
            "first_contact.answers (3).json": paper("Y", who="me"),
            "work.zip": archive(
                {
                    f"{OTHER}.answers.json": paper("A", OTHER, who="20420"),
                    "nb.ipynb": notebooks[EXERCISE],
                }
            ),
        }
    )
    assert letters() == {f"ben {EXERCISE}": "B", f"ana {OTHER}": "A"}
    assert (course / "submitted" / "ana" / EXERCISE / f"{EXERCISE}.ipynb").exists()
    assert result.output.count("Placed by the name typed inside, which proves nothing") == 3
    assert result.output.count("Several different files have “ZOE” typed inside") == 2
    assert "inside it says “me”, which is not one student's name" in result.output
    assert result.exit_code == 1

    again = collect(
        {
            f"{OTHER}.answers.json": paper("Q", OTHER, who="ana"),
            f"ana/{OTHER}.answers.json": paper("A", OTHER),
        }
    )
    assert letters()[f"ana {OTHER}"] == "A"
    assert "Typed inside is “ana”, who handed in under the platform's own name." in again.output


def test_two_people_of_one_name_are_told_apart_by_number_or_not_at_all(course: Path) -> None:
    (course / "roster.csv").write_text(ROSTER + "ben2,BEN,Lee,,\n", "utf-8")
    result = collect(MOODLE)
    assert letters() == {f"ana {EXERCISE}": "A", f"zoe {EXERCISE}": "Z"}
    assert "“Ben Lee” may be ben Ben Lee or ben2 BEN Lee. Put it into a folder named" in result.output
    assert result.exit_code == 1

    result = collect({"leeben_777_1_first_contact.answers.json": paper("?")})
    assert "Put “777” into the column lms_id of the right one." in result.output
    collect({"leeben_20418_1_first_contact.answers.json": paper("B")})
    assert letters()[f"ben {EXERCISE}"] == "B"
    result = collect({"leeben_20420_1_first_contact.answers.json": paper("?")})
    assert "Its name is that of ben Ben Lee, its number 20420 that of ana" in result.output


def test_of_several_the_newest_by_the_platform_counts_and_the_others_are_told(course: Path) -> None:
    result = collect(
        {
            f"Ex_ben_attempt_2026-11-28-14-05-33_{NAME}": paper("2", saved="2026-11-28T19:00:00Z"),
            f"Ex_ben_attempt_2026-11-27-14-05-33_{NAME}": paper("1", saved="2026-12-24T00:00:00Z"),
            "Ex_ben_attempt_2026-11-27-14-05-33_first_call_home.transcript.json": json.dumps(
                attempts(TALK)
            ),
            "zoe/first_contact.answers.json": paper("1"),
            "zoe/first_contact.answers (2).json": paper("3", saved="2026-01-01T00:00:00Z"),
            "zoe/first_contact.answers (1).json": paper("2", saved="2026-12-24T00:00:00Z"),
        }
    )
    assert letters() == {f"ben {EXERCISE}": "2", f"zoe {EXERCISE}": "3"}
    assert not (course / "submitted" / "ben" / EXERCISE / f"{TALK}.transcript.json").exists()
    assert result.output.count("Left out, as there is a newer one: ") == 4
    assert result.exit_code == 0

    collect(
        {
            "leeben_20418_9_six_types.answers.json": paper("new", OTHER),
            "leeben_20418_8_six_types.answers-1.json": paper("old", OTHER),
        }
    )
    assert letters()[f"ben {OTHER}"] == "new"


def test_collected_again_only_what_is_newer_replaces_and_the_old_is_kept(course: Path) -> None:
    def attempt(day: int, letter: str) -> Files:
        return {f"Ex_ben_attempt_2026-11-{day}-14-05-33_{NAME}": paper(letter)}

    collect(attempt(20, "first"))
    folder = course / "submitted" / "ben" / EXERCISE
    before = folder.stat().st_mtime_ns
    assert "Already there: 1" in collect(attempt(20, "first")).output
    result = collect(attempt(19, "older"))
    assert "What is there is newer." in result.output
    assert result.exit_code == 0
    assert folder.stat().st_mtime_ns == before

    (course / "autograded" / "ben" / EXERCISE).mkdir(parents=True)
    result = collect(attempt(21, "newer"))
    assert "To grade this one: partners grade first_contact ben" in result.output
    result = collect({f"ben/{NAME}": paper("undated")})
    assert (
        "Another first_contact of ben Ben Lee is there, and nothing says which is newer."
        in result.output
    )
    assert result.exit_code == 1
    assert letters() == {f"ben {EXERCISE}": "newer"}
    assert collect({f"ben/{NAME}": paper("undated")}, "--replace").exit_code == 0
    assert letters() == {f"ben {EXERCISE}": "undated"}

    kept = sorted(folder.parent.glob(f"{EXERCISE}.old-*/{NAME}"))
    assert [json.loads(file.read_text("utf-8"))["answers"]["best"] for file in kept] == [
        "first",
        "newer",
    ]
    assert NbGraderAPI(CourseDirectory(root=str(course))).get_submitted_students(EXERCISE) == {"ben"}


def test_a_run_that_is_stopped_loses_nothing_and_the_next_one_finishes(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The power fails at each renaming of a folder in turn."""
    collect({f"ben/{NAME}": paper("0")})
    rename, stops = Path.rename, 0

    def failing(allowed: int) -> Any:
        left = iter(range(allowed))

        def rename_or_fail(old: Path, new: Path) -> Path:
            if next(left, None) is None:
                raise KeyboardInterrupt
            return rename(old, new)

        return rename_or_fail

    for number in range(1, 9):
        with monkeypatch.context() as power:
            power.setattr(Path, "rename", failing(number - 1))
            result = collect({f"ben/{NAME}": paper(str(number))}, "--replace")
        kept = [json.loads(file.read_text("utf-8")) for file in Path("submitted").glob(f"ben/*/{NAME}")]
        assert str(number - 1) in [answer["answers"]["best"] for answer in kept], number
        assert collect({f"ben/{NAME}": paper(str(number))}, "--replace").exit_code == 0
        assert letters() == {f"ben {EXERCISE}": str(number)}
        assert not list(Path("submitted", "ben").glob(".*"))
        if result.exit_code == 0:
            break
        stops = number
    assert stops == 3


def test_hostile_files_are_told_in_words_and_stop_nobody(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(course / "release" / OTHER)
    monkeypatch.setattr(handed_in, "LARGEST", 5_000_000)
    monkeypatch.setattr(handed_in, "ZIP_TOTAL", 9_000_000)
    link = zipfile.ZipInfo(f"link/{NAME}")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    linked = io.BytesIO()
    with zipfile.ZipFile(linked, "w") as made:
        made.writestr(link, "/etc/passwd")
    damaged = bytearray(archive({NAME: paper()}))
    damaged[60] ^= 255
    hostile: dict[str, tuple[str | bytes, str]] = {
        "leeben_20418_1_up.zip": (archive({f"../../../{NAME}": paper("!")}), "leads out of its folder"),
        "leeben_20418_2_root.zip": (archive({f"/tmp/{NAME}": paper("!")}), "leads out of its folder"),
        "leeben_20418_3_link.zip": (linked.getvalue(), "a link to another place"),
        "leeben_20418_4_many.zip": (
            archive({f"{n}.json": "" for n in range(300)}),
            "more than 200 files",
        ),
        "leeben_20418_5_bomb.zip": (
            archive({f"{n}.json": "0" * 4_000_000 for n in range(3)}),
            "larger than 9 MB",
        ),
        "leeben_20418_6_one.zip": (archive({NAME: "0" * 6_000_000}), "larger than 5 MB"),
        "leeben_20418_7_inner.zip": (
            archive({"in.zip": archive({NAME: paper()})}),
            "a zip within a zip",
        ),
        "leeben_20418_8_no.zip": (b"PK\x03\x04 no zip", "zip is damaged"),
        "leeben_20418_9_hurt.zip": (bytes(damaged), "zip is damaged"),
        "leeben_20418_10_long.zip": (archive({"x" * 4000 + ".json": paper()}), "no name of a file"),
        "leeben_20418_11_first_contact.answers.json": (paper()[:-30], "cut short or edited"),
        "leeben_20418_12_deep.json": ("[" * 90_000, "cut short or edited"),
        "leeben_20418_13_large.json": (
            json.dumps({"x": "y" * 4_000_000}),
            "too large to come from an exercise",
        ),
        "leeben_20418_14_list.json": ("[1]", "no answers file, notebook or transcript"),
        "leeben_20418_15_none.json": (paper(exercise="../../x"), "“../../x” is not released here"),
        "leeben_20418_16_photo.jpg": (b"\xff\xd8", "no answers file, notebook or transcript"),
        "leeben_20418_17_own.ipynb": ('{"cells": []}', "no notebook of an exercise released here"),
        "leeben_20418_18_\x1b[2J.json": ("", "cut short or edited"),
        "leeben_20418_19_talk.json": (json.dumps(attempts(TALK)), "goes with this talk"),
        "leeben_20418_20_.ipynb": ('{"cells": 3}', "no notebook of an exercise released here"),
        "anon_x8Kd2_21_first_contact.answers.json": (paper(who="zoe"), "hides whose it is"),
    }
    odd = json.dumps(
        json.loads(paper("Z")) | {"transcripts": {"../../up": {}, TALK: {"said": "\ud83d"}}}
    )
    honest: Files = {"obriensgaardzo_20419_99_x.ipynb/first_contact.answers.json": odd}
    outside = {file for file in course.parent.rglob("*") if "download" not in str(file)}
    files = {name: content for name, (content, _) in hostile.items()}
    result = collect({**files, **honest}, as_zip=True)
    assert letters() == {f"zoe {EXERCISE}": "Z"}
    lines = result.output.splitlines()
    for name, (_, why) in hostile.items():
        at = next(
            i for i, line in enumerate(lines) if line.startswith(f"  {name.replace(chr(27), '?')}")
        )
        assert why in lines[at + 1], name
    assert f"Not placed: {len(hostile)}" in result.output
    assert "Left out: a transcript of “../../up”, which this course does not have." in result.output
    assert "\x1b" not in result.output
    assert result.exit_code == 1
    written = {file for file in course.parent.rglob("*") if "download" not in str(file)} - outside
    assert written
    assert all(
        file.is_relative_to(course / "submitted" / "zoe") or file == course / "submitted"
        for file in written
    )


def test_links_in_a_folder_are_not_followed(course: Path) -> None:
    secret = course.parent / "secret.json"
    secret.write_text(paper("!"), "utf-8")
    place = course.parent / "download" / "ben"
    place.mkdir(parents=True)
    (place / NAME).symlink_to(secret)
    (place / "loop").symlink_to(place)
    result = CliRunner().invoke(cli.main, ["collect", str(place.parent)])
    assert letters() == {}
    assert result.output.count("It is a link to another place, not a file.") == 2


def test_without_a_roster_logins_do_and_names_do_not(course: Path) -> None:
    (course / "roster.csv").unlink()
    assert collect({f"Exercise 1_blee_attempt_2026-11-28-14-05-33_{NAME}": paper("1")}).exit_code == 0
    assert (
        collect({f"{EXERCISE}/s07/{NAME}": paper("2"), "s08.zip": archive({NAME: paper("3")})}).exit_code
        == 0
    )
    assert letters() == {f"blee {EXERCISE}": "1", f"s07 {EXERCISE}": "2", f"s08 {EXERCISE}": "3"}

    result = collect({**CANVAS, f"..odd/{NAME}": paper()})
    assert result.exit_code == 1
    assert (
        "Canvas calls students by name, and there is no list. Give a roster; see below." in result.output
    )
    assert roster.EXAMPLE.strip() in result.output
    assert len(letters()) == 3


def test_the_listing_names_who_has_handed_in_nothing_and_a_dry_run_writes_nothing(course: Path) -> None:
    files: Files = {f"ben/{NAME}": paper(), f"zoe/{OTHER}.answers.json": paper(exercise=OTHER)}
    dry = collect(files, "--dry-run")
    assert "Would be placed: 2" in dry.output
    assert not (course / "submitted").exists()
    result = collect(files)
    assert result.output == dry.output.replace("Would be placed", "Placed")
    assert f"  ben Ben Lee              first_contact  from ben/{NAME}" in result.output
    nothing = result.output.partition("\n\n")[2]
    assert nothing.splitlines() == [
        "Nothing handed in for first_contact: 2",
        "  zoe Zoë O’Brien Søgaard",
        "  ana Ana María de la Cruz",
        "",
        "Nothing handed in for six_types: 2",
        "  ben Ben Lee",
        "  ana Ana María de la Cruz",
    ]
    later = collect({f"ana/{NAME}": paper()})
    assert "Nothing handed in for first_contact: 1\n  zoe" in later.output


def test_a_folder_that_is_no_course_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli.main, ["collect", "."])
    assert result.exit_code == 1
    assert "is no course with a released exercise" in result.output
    assert "partners course new" in result.output


def test_the_course_itself_is_no_download(course: Path) -> None:
    for folder in (".", ".."):
        result = CliRunner().invoke(cli.main, ["collect", folder])
        assert f"{folder} is your course, or holds it." in result.output
    assert not (course / "submitted").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            b"id,name\n1,Ben\n",
            "has no column student_id. It must begin like this:\nstudent_id,first_name",
        ),
        (b"student_id\n\n", "has a header and no students."),
        (b"student_id;lms_id\na/b;1\n", "line 2: “a/b” cannot be a student_id"),
        (b"student_id,lms_id\na,1\nb,2\nA,3\n", "lines 2 and 4 have the same student_id, “a”."),
        (b"student_id,lms_id\na,1\nb,1\n", "lines 2 and 3 have the same lms_id, “1”."),
        (b"PK\x03\x04", "an Excel workbook"),
    ],
)
def test_a_roster_that_cannot_be_used_is_told_by_line(course: Path, text: bytes, words: str) -> None:
    (course / "roster.csv").write_bytes(text)
    result = collect({f"ben/{NAME}": paper()}, "--roster", "roster.csv")
    assert result.exit_code == 1
    assert words in result.output
    assert not (course / "submitted").exists()


def test_a_roster_is_read_as_spreadsheets_write_it(tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_bytes('\ufeffLast_Name;Student_ID;Section\r\n"Lee; PhD"; s01 ;A\r\n;;\r\n'.encode())
    assert roster.read(file) == [roster.Student("s01", last_name="Lee; PhD")]
