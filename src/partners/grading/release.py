"""The release that students have, kept when nbgrader would lose it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from nbgrader import preprocessors

from partners import files
from partners.grading.mend import KEPT, RELEASE


def keep(assignment: str, student: str, notebooks: list[str]) -> None:
    """Copy a release that was just made; nbgrader's `post_convert_hook` of ``GenerateAssignment``."""
    _replace(Path(RELEASE, assignment), Path(KEPT, assignment))


class SaveCells(preprocessors.SaveCells):  # type: ignore[misc]
    """nbgrader's step that saves the cells, which does not cost the release when it must fail.

    Once somebody has handed in, nbgrader can neither add nor remove a cell of its gradebook, and it has
    already deleted the release by then.
    """

    def _create_notebook(self, nb: Any) -> None:
        try:
            super()._create_notebook(nb)
        except RuntimeError:
            raise SystemExit(self._put_back()) from None

    def _put_back(self) -> str:
        """Put the kept release back and return what happened, and the way out."""
        name = self.assignment_id
        release, kept = Path(RELEASE, name), Path(KEPT, name)
        if kept.is_dir():
            _replace(kept, release)
        ids = {
            kind: (set(getattr(self, f"new_{kind}_cells")), getattr(self, f"old_{kind}_cells"))
            for kind in ("source", "grade", "solution", "task")
        }
        new = sorted({name for now, before in ids.values() for name in now - before})
        gone = sorted({name for now, before in ids.values() for name in before - now})
        return (
            f"source/{name} has other cells than the release that students have handed in: "
            f"new are {', '.join(new) or 'none'}, gone are {', '.join(gone) or 'none'}. nbgrader cannot "
            "change that any more, so nothing was changed: the release is as it was.\n"
            f"Undo this in source/{name} and generate it again; you may change what stands in a cell. "
            "Or copy it to a source folder of another name and release that as a new exercise."
        )


def _replace(source: Path, target: Path) -> None:
    """Make `target` a copy of the folder `source`."""
    files.replace_folder(target, lambda draft: shutil.copytree(source, draft, dirs_exist_ok=True))
