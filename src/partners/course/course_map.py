"""``course_map.yml``: principles, rubric, and the outcomes that pages teach."""

from __future__ import annotations

from functools import cache

from pydantic import BaseModel, ConfigDict, Field

from partners import library, source


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


class Outcome(_Strict):
    """Something a learner can do afterwards: taught on a page, practised, assessed."""

    can: str
    taught: str
    practised: InConversation | InQuestion
    assessed: Assessed


class CourseMap(_Strict):
    """The whole map, by id."""

    principles: dict[str, str]
    rubric: dict[str, Dimension]
    outcomes: dict[str, Outcome]

    def taught_in(self, page: str) -> list[Outcome]:
        """Return the outcomes that `page` (such as ``chapters/first_contact``) teaches."""
        return [outcome for outcome in self.outcomes.values() if outcome.taught == page]


@cache
def course_map() -> CourseMap:
    """Return the course's map; raises SourceError with the lines to mend."""
    return source.load(library.root() / "course_map.yml", CourseMap)[0]
