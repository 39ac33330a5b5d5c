"""``course_map.yml``: principles, rubric, and the topics and outcomes that pages teach."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from partners import library, source
from partners.course.pages import sections

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Dimension(_Strict):
    """One dimension of the rubric: its name and what 2, 1 and 0 points look like."""

    name: str
    two: str = Field(alias="2")
    one: str = Field(alias="1")
    none: str = Field(alias="0")


class InConversation(_Strict):
    """An outcome practised in a conversation, and the dimension of the rubric that shows it."""

    role_play: str
    dimension: str


class InQuestion(_Strict):
    """An outcome practised in a retrieval question of a page."""

    page: str
    quiz: str


class Assessed(_Strict):
    """The exercise, and the cell of it, that assesses an outcome."""

    exercise: str
    question: str


class _Taught(_Strict):
    taught: str = Field(pattern=r"^[\w/]+#[\w-]+$", description="page#section")

    @property
    def page(self) -> str:
        """The page that teaches it, without ``.md``."""
        return self.taught.partition("#")[0]

    @property
    def section(self) -> str:
        """The anchor of the section that teaches it."""
        return self.taught.partition("#")[2]


class Topic(_Taught):
    """Something the course must speak of, and the section that does."""

    says: str


class Outcome(_Taught):
    """Something a learner can do afterwards: taught in a section, practised, assessed."""

    can: str
    tags: list[str] = Field(min_length=1)
    practised: InConversation | InQuestion
    assessed: Assessed


class CourseMap(_Strict):
    """The whole map, by id."""

    principles: dict[str, str]
    rubric: dict[str, Dimension]
    frameworks: dict[str, str]
    topics: dict[str, Topic]
    outcomes: dict[str, Outcome]

    def taught_in(self, page: str) -> list[Outcome]:
        """Return the outcomes that `page` (such as ``chapters/first_contact``) teaches."""
        return [outcome for outcome in self.outcomes.values() if outcome.page == page]


@cache
def course_map() -> CourseMap:
    """Return the course's map; raises SourceError with the lines to mend."""
    return source.load(library.root() / "course_map.yml", CourseMap)[0]


def rows() -> Iterator[dict[str, str]]:
    """Yield the map as rows of one table, outcomes first: for an accreditation file."""
    cmap = course_map()
    for key, outcome in cmap.outcomes.items():
        yield {
            "kind": "outcome",
            "id": key,
            "says": outcome.can,
            **_place(outcome),
            "practised": _practised(cmap, outcome.practised),
            "assessed": f"exercise {outcome.assessed.exercise}, question {outcome.assessed.question}",
            "frameworks": "; ".join(cmap.frameworks[tag] for tag in outcome.tags),
        }
    for key, topic in cmap.topics.items():
        row = {"kind": "topic", "id": key, "says": topic.says, **_place(topic)}
        yield row | {"practised": "", "assessed": "", "frameworks": ""}


def _place(item: Topic | Outcome) -> dict[str, str]:
    titles = sections(library.root() / f"{item.page}.md")
    return {
        "page": item.page,
        "page_title": next(iter(titles.values())),
        "section": item.section,
        "section_title": titles.get(item.section, item.section),
    }


def _practised(cmap: CourseMap, practised: InConversation | InQuestion) -> str:
    if isinstance(practised, InQuestion):
        return f"question {practised.quiz} in {practised.page}"
    return f"conversation {practised.role_play}, {cmap.rubric[practised.dimension].name.lower()}"
