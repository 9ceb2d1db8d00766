"""An area with a bowl and its home, for tests of whole runs."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.area import read_area
from engine.blocks import Workers
from engine.pipeline import run
from store.home import Home
from store.reader import ReleaseReader, current_release
from tests.engine.conftest import (
    DEGREES,
    UTM,
    phases,
    subsidence,
    write_area,
    write_gamma,
    write_geotiffs,
    write_patch,
)

SERIAL = Workers("serial")


@dataclass
class Place:
    """An area and the home that its releases go to."""

    area: Path
    home: Home

    def run(self, **options: Any) -> str:
        return run(read_area(self.area), self.home, workers=SERIAL, **options)

    @property
    def current(self) -> ReleaseReader:
        release = current_release(self.home, "testbed")
        assert release is not None
        return release

    @property
    def current_id(self) -> str:
        """Without opening the release's database, which takes a while."""
        return (self.home.releases("testbed") / "current").readlink().name

    def copy(self, folder: Path) -> "Place":
        shutil.copytree(self.area, folder / "area")
        shutil.copytree(self.home.root, folder / "home", symlinks=True)
        (folder / "home" / "work" / "testbed" / "area.txt").unlink(missing_ok=True)  # it is the copy's home now
        return Place(folder / "area", Home(folder / "home"))

    def set(self, old: str, new: str) -> None:
        """Change the text of area.toml."""
        file = self.area / "area.toml"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))


def build(folder: Path, form: str = "geotiff") -> Place:
    """The bowl as an area, with a patch round it, that has not been run."""
    area = folder / "area"
    area.mkdir(parents=True)
    write, grid = (write_gamma, DEGREES) if form == "gamma" else (write_geotiffs, UTM)
    stack = write(area, phases(subsidence()), grid) | {"looks": 8}
    write_patch(area / "outlines.geojson", grid)
    patches = {"path": "outlines.geojson", "id_field": "id", "name_field": "label"}
    write_area(area, stack, patches=patches, inversion={"block": 8}, activity={"radius_m": 500})
    return Place(area, Home(folder / "home"))


def third(place: Place) -> Path:
    """An interferogram that is not the first."""
    return sorted((place.area / "stack").glob("*unw*"))[2]
