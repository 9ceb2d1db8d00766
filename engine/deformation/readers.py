"""The reader for each form of a stack."""

from pathlib import Path

from engine.deformation.gamma import GammaStack
from engine.deformation.geotiff import GeoTiffStack
from engine.deformation.hyp3 import Hyp3Stack
from engine.deformation.isce import IsceStack
from engine.deformation.licsar import LicsarStack
from engine.deformation.stack import (
    AnyStackOptions,
    GammaOptions,
    Hyp3Options,
    IsceOptions,
    LicsarOptions,
    StackReader,
)


def open_stack(options: AnyStackOptions, area_folder: Path) -> StackReader:
    """The reader for the form that the options name."""
    if isinstance(options, GammaOptions):
        return GammaStack(options, area_folder)
    if isinstance(options, Hyp3Options):
        return Hyp3Stack(options, area_folder)
    if isinstance(options, LicsarOptions):
        return LicsarStack(options, area_folder)
    if isinstance(options, IsceOptions):
        return IsceStack(options, area_folder)
    return GeoTiffStack(options, area_folder)
