"""A study area, read from its area.toml."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field

from engine.activity.options import ActivityOptions
from engine.deformation.corrections import CorrectionOptions
from engine.deformation.inversion import InversionOptions
from engine.deformation.network import NetworkOptions
from engine.deformation.stack import AnyStackOptions
from engine.deformation.velocity import VelocityOptions
from engine.errors import InputError
from engine.imagery import ImageryOptions
from engine.objects.refinement import RefinementOptions
from engine.objects.segmentation import SegmentationOptions
from engine.options import Options, read_options
from engine.patches.changes import ChangeOptions
from engine.patches.options import ExtractionOptions, ReferenceOptions, TrainingOptions
from engine.patches.outlines import OutlineOptions
from engine.permits.options import PermitOptions

AREA_FILE = "area.toml"


class AreaOptions(Options):
    """Everything that area.toml may say.

    name : identifier in paths and URLs (lower-case letters, digits, - and _). title : for people.
    source : Markdown file with origin, licence and attribution of the data. attribution : one line, shown on the map.
    second_stack : of the same place from the other side, for rates east and up; all else is done with it as with the
    first.
    """

    name: str = Field(max_length=64)
    title: str = Field(min_length=1, max_length=200)
    source: Path = Path("SOURCE.md")
    attribution: str = ""
    imagery: ImageryOptions | None = None
    extraction: ExtractionOptions | None = None
    segmentation: SegmentationOptions = SegmentationOptions()
    refinement: RefinementOptions = RefinementOptions()
    change: ChangeOptions = ChangeOptions()
    reference: ReferenceOptions | None = None
    training: TrainingOptions = TrainingOptions()
    stack: Annotated[AnyStackOptions, Field(discriminator="format")] | None = None
    second_stack: Annotated[AnyStackOptions, Field(discriminator="format")] | None = None
    patches: OutlineOptions | None = None
    network: NetworkOptions = NetworkOptions()
    inversion: InversionOptions = InversionOptions()
    corrections: CorrectionOptions = CorrectionOptions()
    velocity: VelocityOptions = VelocityOptions()
    activity: ActivityOptions = ActivityOptions()
    permits: PermitOptions | None = None


@dataclass(frozen=True)
class Area:
    """The options and the file that they were read from; their paths are relative to its folder."""

    options: AreaOptions
    file: Path

    @property
    def name(self) -> str:
        return self.options.name

    @property
    def source(self) -> str:
        """Origin, licence and attribution of the data, as Markdown."""
        path = self.folder / self.options.source
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise InputError(
                "it lies outside the area's folder",
                file=self.file,
                field="source",
                mend="put the file into the folder; the app shows it",
            )
        try:
            return path.read_text(encoding="utf-8")
        except OSError:
            raise InputError(
                "the file does not exist",
                file=path,
                field="source",
                mend="write down origin, licence and attribution of the data there",
            ) from None
        except UnicodeDecodeError:
            raise InputError("not UTF-8 text", file=path, field="source", mend="save the file as UTF-8") from None

    @property
    def folder(self) -> Path:
        return self.file.parent

    def with_model(self, model: Path) -> Self:
        """The area with another model; all else is done as it says."""
        extraction = self.options.extraction or ExtractionOptions(model="")
        changed = extraction.model_copy(update={"model": str(model.resolve())})
        return type(self)(self.options.model_copy(update={"extraction": changed}), self.file)


def read_area(path: Path) -> Area:
    """Read an area from its folder or its area.toml.

    Raises
    ------
    InputError
        Naming the file and the key, for anything that cannot be used as it stands.
    """
    file = path / AREA_FILE if path.is_dir() else path
    if path.is_dir() and not file.exists() and (others := sorted(one.name for one in path.glob("*.toml"))):
        raise InputError(
            f"there is none in this folder, but {', '.join(others)}", file=file, mend="name one of these files instead"
        )
    options = read_options(file, AreaOptions)
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", options.name):
        raise InputError(
            f"'{options.name}' cannot be used in paths",
            file=file,
            field="name",
            mend="use lower-case letters, digits, - and _",
        )
    area = Area(options, file)
    _check_tables(options, file)
    _ = area.source  # what cannot be read is said now, not after hours of work
    return area


def _check_tables(options: AreaOptions, file: Path) -> None:
    """Refuse tables that contradict each other, or that leave nothing to do."""
    if options.imagery is None and options.stack is None:
        raise InputError(
            "neither images nor interferograms", file=file, field="imagery", mend="add [imagery], [stack] or both"
        )
    if options.second_stack and options.stack is None:
        raise InputError("there is no first one", file=file, field="second_stack", mend="call it [stack]")
    if options.extraction and options.imagery is None:
        raise InputError("there are no images to find patches in", file=file, field="extraction", mend="add [imagery]")
    if options.extraction and options.patches:
        raise InputError(
            "patches are both given and to be found",
            file=file,
            field="patches",
            mend="keep [patches] for outlines that you have, or [extraction] to find them in the images",
        )
