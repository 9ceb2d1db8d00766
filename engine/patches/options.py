"""Options of sampling, training and inference. Apart from their code, so that reading an area does not load torch."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from engine.options import Day, Options, Positive, Share

Architecture = Literal["resnet18", "resnet34", "resnet50"]
ZOOMS = (0.25, 0.5, 1, 2, 4)
Count = Annotated[int, Field(ge=1)]
BelowOne = Annotated[float, Field(ge=0, lt=1)]


def _one_of_the_zooms(zoom: float) -> float:
    if zoom not in ZOOMS:
        raise ValueError(f"{zoom:g} is none of {', '.join(f'{one:g}' for one in ZOOMS)}")
    return zoom


# A factor by which an image is enlarged, or made smaller, before it enters the network.
Zoom = Annotated[float, AfterValidator(_one_of_the_zooms)]
RowRange = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]


# Whose mean and standard deviation the bands of an image are brought to 0 and 1 with: those of all that a model was
# trained on, or the image's own.
Normalise = Literal["training", "image"]


class ExtractionOptions(Options):
    """Which model finds the patches, and how it is run.

    model : a checkpoint (.safetensors, its sha256 beside it), relative to the area's folder, or the name of one that
    ships with Pitwatch. threshold : probability from which a pixel belongs to the preliminary mask; by default the
    model's own. threshold_low : a lower one, from which pixels belong to it that are connected to one that reaches
    `threshold`; by default the model's own, and where the area gives `threshold` alone, there is one.
    window : edge of the windows, pixels. margin : overlap of neighbouring windows, pixels, blended in its middle half;
    at most half a window.
    augmentation : "d4" takes the mean over a window's eight turns and mirror images, which costs eight times as much.
    backend, precision : what runs the network. "auto" takes OpenVINO, in int8 or bfloat16 where the processor is fast
    at it and the results agree with float32, and PyTorch where the image is small.
    """

    model: str
    threshold: Share | None = None
    threshold_low: Share | None = None
    window: Annotated[int, Field(ge=32)] = 512
    margin: Annotated[int, Field(ge=0)] = 64
    augmentation: Literal["none", "d4"] = "none"
    backend: Literal["auto", "pytorch", "openvino"] = "auto"
    precision: Literal["auto", "float32", "bfloat16", "int8"] = "auto"

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if 2 * self.margin > self.window:
            raise ValueError(f"a margin of {self.margin} pixels is more than half a window of {self.window}")
        if self.threshold_low is not None and self.threshold is not None and self.threshold_low > self.threshold:
            raise ValueError(f"threshold_low {self.threshold_low:g} is above threshold {self.threshold:g}")
        if self.backend == "pytorch" and self.precision not in ("auto", "float32"):
            raise ValueError(f"PyTorch runs in float32, not in {self.precision}; choose backend 'openvino' or 'auto'")
        return self

    def with_threshold(self, of_the_model: float, low_of_the_model: float | None = None) -> Self:
        """With the model's own thresholds where none are given."""
        if self.threshold is not None:
            return self
        low = low_of_the_model if self.threshold_low is None else self.threshold_low
        return self.model_copy(update={"threshold": of_the_model, "threshold_low": low})

    @property
    def thresholds(self) -> tuple[float, float]:
        """Low and high; 0.5 where neither area nor model gives one. The low one is never above a model's own."""
        high = 0.5 if self.threshold is None else self.threshold
        return high if self.threshold_low is None else min(self.threshold_low, high), high


class SplitOptions(Options):
    """How the interpreted patches are shared between training and test, and what ground training sees (METHOD §1).

    share : of the patches of each class that train, spread evenly over the area. tile, step : edge of the training
    tiles and distance from one to the next, pixels; a tile that touches a test patch is none. background : share of the
    ground without patches that is for training too. seed : which of two neighbours trains.
    """

    share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    tile: Annotated[int, Field(ge=16)] = 256
    step: Annotated[int, Field(ge=1)] = 128
    background: Share = 0.3
    seed: Annotated[int, Field(ge=0)] = 0


class ReferenceOptions(Options):
    """Labels to train on and to assess with; each image names its own (`labels`: a raster of codes, or polygons).

    classes : name of each class -> codes in the labels. background : codes that are known to be none of them; any other
    code is unlabelled. With polygons, `class_field` holds the codes and all that is outside them is background; it can
    be left out where there is one class, which all polygons are then.
    held_out_rows : ranges of rows of the images' grid, first and one past the last, that no training sees, on no date.
    held_out_dates : images that no training sees. split : patches that train and patches that test; without it, all
    that is not held out may train.
    """

    classes: Annotated[dict[str, tuple[int | str, ...]], Field(min_length=1, max_length=254)]
    background: tuple[int | str, ...] = ()
    class_field: str | None = None
    held_out_rows: tuple[RowRange, ...] = ()
    held_out_dates: tuple[Day, ...] = ()
    split: SplitOptions | None = None

    @model_validator(mode="after")
    def _ranges_and_codes_are_sound(self) -> Self:
        for first, end in self.held_out_rows:
            if first >= end:
                raise ValueError(f"the range of rows {first} to {end} is empty")
        codes = [str(code) for those in (*self.classes.values(), self.background) for code in those]
        if twice := next((code for code in codes if codes.count(code) > 1), None):
            raise ValueError(f"the code {twice} stands for two things")
        if "background" in self.classes:
            raise ValueError("'background' is what no class is, and cannot be the name of one")
        return self


class TrainingOptions(Options):
    """The recipe (METHOD §1).

    stride : of the network's output. zoom : factor by which the image is enlarged before it enters the network; coarse
    images need it, since a pit of ten pixels is less than one cell of the output; below 1, fine images are made
    coarser, which costs a quarter and shows more of the surroundings. rates : of the three atrous branches, in cells
    of the output; by default those of the published model, which need crops of many cells. crop : edge of the training
    crops, pixels of the image. sampling : random "crops", or the paper's "tiles": half their edge apart, those that
    touch a patch and as many without, in epochs, turned and not changed otherwise.
    What follows is of random crops alone. balanced_share : of the crops, centred on patches, classes in equal numbers.
    hard_share : of the crops, centred on what the model that `initial` names takes for mines and is none (hard
    negatives; Sung and Poggio 1998, IEEE TPAMI 20, 39): what looks like a mine is rare on the ground, and crops that
    come by chance hardly show it. missed_share : of the crops, centred on mines of which that model finds less than
    half.
    light : least and greatest factor that a crop's values are multiplied by, so that the model holds for other seasons
    (reflectance falls by half from summer to winter); 1, 1 for none. jitter : strength of the other changes of contrast
    and brightness, and of noise, 0 to 1. rescale : crops are made larger or smaller by factors from e^-rescale to
    e^rescale. coarse_share : of the crops, shown as images of pixels twice as large are, which a model enlarges.
    shadow_share : of the crops, with a shadow over some of them as hills and clouds cast it: ground that lies in one is
    rare where images are of summer.
    normalise : by the "training" images together, or each "image" by itself, which takes haze, sun and gain of a date
    away where images are large beside what is looked for.
    initial : weights to begin with: a checkpoint's path or name, or published weights (`python -m engine weights`);
    without it they are random. keep : share of those weights in the result, the rest being what was learnt, where
    `initial` is a model of the same classes: a place alone makes a network forget what others taught. By itself the
    share that does best on what was set aside, and half where nothing was (`mixing.py`).
    warm_up : share of the steps in which the learning rate rises; a cosine follows.
    clip : longest gradient. dropout : before the last layers.
    averaging : decay of the moving average of the weights, which is what a training gives; 0 for the weights alone.
    validation : share of each class's patches, with the ground round them, that is set aside from training's own to
    tell which weights are the best; 0 for the last. check_every : steps from one look at them to the next.
    patience : looks without improvement after which training stops.
    precision : of the convolutions; by itself bfloat16 where the hardware makes that faster.
    seed : of the first weights, the crops and their changes; the same seed gives the same model on the same machine.
    """

    architecture: Architecture = "resnet18"
    stride: Literal[8, 16] = 16
    zoom: Zoom = 1
    rates: tuple[Count, Count, Count] | None = None
    crop: Annotated[int, Field(ge=16)] = 256
    batch: Count = 8
    steps: Count = 300
    learning_rate: Positive = 1e-3
    sampling: Literal["crops", "tiles"] = "crops"
    balanced_share: Share = 0.75
    hard_share: Share = 0
    missed_share: Share = 0
    light: tuple[Positive, Positive] = (0.55, 1.25)
    jitter: Share = 1
    rescale: Share = 0.25
    coarse_share: Share = 0
    shadow_share: Share = 0
    normalise: Normalise = "training"
    initial: str | None = None
    keep: Share | None = None
    warm_up: Share = 0.1
    weight_decay: Annotated[float, Field(ge=0)] = 1e-2
    clip: Positive = 2
    dropout: BelowOne = 0.1
    averaging: BelowOne = 0.98
    validation: BelowOne = 0.15
    check_every: Count = 50
    patience: Count = 6
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    seed: Annotated[int, Field(ge=0)] = 0

    @property
    def share_of_errors(self) -> str | None:
        """Which share of the crops lies on errors of the model that `initial` names; the first, if both do."""
        return next((name for name in ("hard_share", "missed_share") if getattr(self, name)), None)

    @model_validator(mode="after")
    def _shares_add_up(self) -> Self:
        shares = {name: getattr(self, name) for name in ("balanced_share", "hard_share", "missed_share")}
        if sum(shares.values()) > 1 + 1e-9:
            named = [f"{name} {share:g}" for name, share in shares.items() if share]
            raise ValueError(f"{', '.join(named[:-1])} and {named[-1]} are more than all crops")
        if self.initial is None and self.share_of_errors:
            raise ValueError(f"{self.share_of_errors} needs a model whose errors are looked for: name it as initial")
        if self.initial is None and self.keep:
            raise ValueError("keep needs weights of which a share is kept: name them as initial")
        return self

    @model_validator(mode="after")
    def _light_is_a_range(self) -> Self:
        if self.light[0] > self.light[1]:
            raise ValueError(f"the least light {self.light[0]} is more than the greatest {self.light[1]}")
        return self
