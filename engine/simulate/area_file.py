"""What a simulated area says of itself: its area.toml and its SOURCE.md."""

from engine.simulate.frame import EPOCHS, Frame
from engine.simulate.optics.images import BANDS, image_name
from engine.simulate.plan import CLASS_TITLES
from engine.simulate.register.files import SHORT_NAMES

_COLUMNS = {
    "number": "采矿许可证号",
    "mine": "矿山名称",
    "holder": "采矿权人",
    "mineral": "开采主矿种",
    "kind": "项目类型",
    "status": "许可证状态",
    "valid_from": "有效期起",
    "valid_to": "有效期止",
    "issued": "签发时间",
    "area": "矿区面积 (km2)",
    "top": "采深上限",
    "bottom": "采深下限",
    "reclaim_by": "复垦义务期限",
}


def area_name(frame: Frame) -> str:
    """Of the first seed, the size alone; areas of other seeds bear them."""
    return f"weining-{frame.size.name}" + ("" if frame.seed == 1 else f"-{frame.seed}")


def area_text(frame: Frame) -> str:
    """The area.toml."""
    size = frame.size
    images = "\n".join(
        f"""[[imagery.images]]
path = "images/{image_name(epoch.date)}"
date = {epoch.date}
labels = "reference/reference_{epoch.date.year}.gpkg"
"""
        for epoch in EPOCHS
    )
    classes = "\n".join(f'"{title}" = [{int(code)}]' for code, title in CLASS_TITLES.items())
    columns = "\n".join(f'{name} = "{SHORT_NAMES[column]}"' for name, column in _COLUMNS.items())
    return f"""# A simulated place in the manner of the Weiningbeishan: seed {frame.seed}, {size.name}. See SOURCE.md.

name = "{area_name(frame)}"
title = "Weining, simulated ({size.name}{"" if frame.seed == 1 else f", seed {frame.seed}"})"
source = "SOURCE.md"
attribution = "Simulated: no real place"

[imagery]
bands = [{", ".join(f'"{band}"' for band in BANDS)}]

{images}
[reference]
class_field = "code"
# The later image is for assessment: how a model fares on another date, without being trained again.
held_out_dates = [{EPOCHS[1].date}]

[reference.classes]
{classes}

[reference.split]
# Every second patch of a class is for assessment, and so is all ground outside the training tiles, on either date.
share = 0.5
{_tiles(frame)}

[training]
{_recipe(frame)}

[extraction]
# It ships with Pitwatch and learnt from other places, ten of other seeds. One that begins with it and learns from
# the labels above is made by `python -m engine train`; name it here: models/{area_name(frame)}.safetensors
model = "weining-resnet18"

[segmentation]
{"# The paper's." if size.pixel_m <= 1 else "# The paper's 79 is for pixels of 1 m."}
scale = {79 if size.pixel_m <= 1 else 40}
shape = 0.2
compactness = 0.5

[stack]
format = "hyp3"
path = "radar"

[network]
# The paper's: they leave one acquisition out, and 334 pairs.
max_days = 60
max_perpendicular_m = 111.46

[inversion]
weights = "variance"
reference = "median"
# Unwrapping errors look like steps in the motion of what lies in them.
unwrapping_check = true

[corrections]
gacos = "radar/gacos"
ramp = "linear"
height_errors = true

[velocity]
# The paper's period.
start = 2019-06-01
end = 2021-12-31
standard_error = "covariance"

[permits]
path = "permits/permits.shp"
encoding = "GB18030"
extraction_kinds = ["采矿许可证"]

[permits.columns]
{columns}

[[permits.zones]]
path = "permits/ecological_zone.shp"
encoding = "GB18030"
name = "名称"
since = "批准时间"
"""


def _tiles(frame: Frame) -> str:
    """The paper's, on the ground: 256 m, half of that apart."""
    edge = round(256 / max(frame.size.pixel_m, 1))
    return f"tile = {edge}\nstep = {edge // 2}"


def _recipe(frame: Frame) -> str:
    """At 2 m images are enlarged: the network is of 1 m."""
    zoom = min(4, round(max(frame.size.pixel_m, 1)))
    return f"""initial = "weining-resnet18"
zoom = {zoom}
crop = {256 // zoom}
batch = 8
steps = 300
learning_rate = 5e-4
balanced_share = 0.4
# What looks like a mine is rare: crops lie where the model before was wrong.
hard_share = 0.4
rates = [3, 6, 9]
# The dates differ in sun, haze and gain; each image is brought to the same mean and spread instead.
normalise = "image"
light = [0.95, 1.05]
jitter = 0.5
# Patches are few: none is set aside to stop by.
validation = 0"""


def source_text(frame: Frame) -> str:
    width, height = frame.bounds.east - frame.bounds.west, frame.bounds.north - frame.bounds.south
    extent, patches = f"{width / 1000:.1f} x {height / 1000:.1f}", sum(frame.size.patches)
    return f"""# Simulated area in the manner of the Weiningbeishan

No real place: terrain, mines, permits and every name are made up by `python -m engine simulate weining --size
{frame.size.name} --seed {frame.seed}`, {extent} km, {patches} mine patches, because no
labelled image of mines at this resolution and no Chinese register of permits may be used freely. What it imitates is
described in *Remote Sensing* 2023, 15(16), 4062.

- `images`: {EPOCHS[0].date} and {EPOCHS[1].date}, red, green, blue and near infrared, 8 bits, {frame.size.pixel_m:g} m.
- `radar`: Sentinel-1-like interferograms, 2019 to 2021, as HyP3 lays them out; `radar/gacos`: delays of the air.
- `permits`: the register of permits and the ecological zone, as shape files in GBK and as GeoPackages.
- `reference`: an interpretation of both images, with an interpreter's errors; what is trained on.
- `land_cover.tif`: in the codes of ESA WorldCover, with its kind of errors. `dem.tif`: heights.
- `truth`: what is true of all this. Only assessments read it.
"""
