"""Where everything lies that a run or a person makes."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """The one folder to back up: `$PITWATCH_HOME`, or `var` in the project's folder."""

    root: Path

    @classmethod
    def default(cls) -> "Home":
        return cls(Path(os.environ.get("PITWATCH_HOME") or Path(__file__).parents[1] / "var").resolve())

    def work(self, area: str) -> Path:
        return self.work_root / area

    def status(self, area: str) -> Path:
        """What the latest run on an area is doing, as JSON."""
        return self.work(area) / "status.json"

    @property
    def work_root(self) -> Path:
        return self.root / "work"

    @property
    def releases_root(self) -> Path:
        return self.root / "releases"

    def releases(self, area: str) -> Path:
        return self.releases_root / area

    def registers(self, area: str) -> Path:
        """The registers of permits that people have saved, one file a version."""
        return self.root / "registers" / area

    def assessments(self, area: str) -> Path:
        """How well models found the patches of an area, one file a model."""
        return self.root / "assessments" / area

    def tunings(self, area: str) -> Path:
        """What segmentation suits the labels of an area, one file a tuning."""
        return self.root / "tunings" / area

    @property
    def casebook(self) -> Path:
        """What people enter about cases (`store/casebook.py`)."""
        return self.root / "casebook.sqlite"

    @property
    def log(self) -> Path:
        return self.root / "log"
