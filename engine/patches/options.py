"""Options of sampling, training and inference. Apart from their code, so that reading an area does not load torch."""

import datetime
from typing import Annotated, Literal

from pydantic import Field

from engine.options import Options, Positive, Share

Architecture = Literal["resnet18", "resnet34", "resnet50"]
Count = Annotated[int, Field(ge=1)]
RowRange = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]


class ExtractionOptions(Options):
    """Which model finds the patches, and how it is run.

    model : a checkpoint (.safetensors, its sha256 beside it), relative to the area's folder, or the name of one that
    ships with Pitwatch. threshold : probability from which a pixel belongs to the preliminary mask. window : edge of
    the windows, pixels. margin : overlap of windows, pixels at each side, blended.
    """

    model: str
    threshold: Share = 0.5
    window: Annotated[int, Field(ge=32)] = 256
    margin: Annotated[int, Field(ge=0)] = 48


class ReferenceOptions(Options):
    """Labels to train on and to assess with; each image names its own (`labels`: a raster of codes, or polygons).

    classes : name of each class -> codes in the labels. background : codes that are known to be none of them; any other
    code is unlabelled. With polygons, `class_field` holds the codes and all that is outside them is background.
    held_out_rows : ranges of rows of the images' grid, first and one past the last, that no training sees, on no date.
    held_out_dates : images that no training sees.
    """

    classes: dict[str, tuple[int | str, ...]]
    background: tuple[int | str, ...] = ()
    class_field: str | None = None
    held_out_rows: tuple[RowRange, ...] = ()
    held_out_dates: tuple[datetime.date, ...] = ()


class TrainingOptions(Options):
    """The recipe (METHOD §1).

    stride : of the network's output. zoom : factor by which the image is enlarged before it enters the network; coarse
    images need it, since a pit of ten pixels is less than one cell of the output. crop : edge of the training crops,
    pixels of the image. balanced_share : of the crops, centred on patches, classes in equal numbers.
    """

    architecture: Architecture = "resnet18"
    stride: Literal[8, 16] = 16
    zoom: Literal[1, 2, 4] = 1
    crop: Annotated[int, Field(ge=16)] = 256
    batch: Count = 8
    steps: Count = 300
    learning_rate: Positive = 1e-3
    balanced_share: Share = 0.75
