"""Pictures of a simulated area: `python -m benchmarks.weining_scenes AREA OUT`.

Draws `OUT`/scenes.jpg: mines of each class and ground that looks like them, on both dates, beside what is true there
(mines in full colour, lookalikes hatched); and `OUT`/overview.jpg: the whole area with its truth.
"""

import argparse
from pathlib import Path

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import rasterio
from matplotlib.axes import Axes
from matplotlib.patches import Patch as Swatch
from rasterio.windows import Window

mpl.use("Agg")
import matplotlib.pyplot as plt

_COLOURS = {1: "#222222", 2: "#c0392b", 3: "#e0b400", 4: "#1f8fb5"}
_NAMES = {1: "coal gangue dump", 2: "iron ore open pit", 3: "clay open pit", 4: "sandstone open pit"}
_EDGE_M = 300.0
_BRIGHTER = 1.25
_RANKS = (0.12, 0.45)  # of the mines and of the lookalikes, by size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("area", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    images = sorted((given.area / "images").glob("*.tif"))
    mines = {year: gpd.read_file(given.area / "truth" / f"patches_{year}.gpkg") for year in (2019, 2021)}
    lookalikes = gpd.read_file(given.area / "truth" / "confusers.gpkg")
    _draw_scenes(images, mines, lookalikes, given.out / "scenes.jpg")
    _draw_overview(images[0], mines[2019], lookalikes, given.out / "overview.jpg")


def _draw_scenes(
    images: list[Path], mines: dict[int, gpd.GeoDataFrame], lookalikes: gpd.GeoDataFrame, path: Path
) -> None:
    figure, axes = plt.subplots(8, 6, figsize=(15, 20.6), layout="constrained")
    for code in _COLOURS:
        at_mine = mines[2019][mines[2019]["code"] == code].sort_values("area_m2", ascending=False)
        alike = lookalikes[lookalikes["like_code"] == code]
        alike = alike.assign(size=alike.area).sort_values("size", ascending=False)
        for turn, rank in enumerate(_RANKS):
            row = axes[2 * (code - 1) + turn]
            for half, known in ((row[:3], at_mine), (row[3:], alike)):
                place = known.geometry.iloc[int(rank * len(known))].centroid
                for axis, image in zip(half[:2], images, strict=True):
                    _draw_image(axis, image, place.x, place.y)
                _draw_truth(half[2], mines[2019], lookalikes, place.x, place.y)
            row[0].set_ylabel(_NAMES[code], fontsize=12)
    titles = ("2019", "2021", "true in 2019", "a lookalike, 2019", "2021", "true in 2019")
    for axis, title in zip(axes[0], titles, strict=True):
        axis.set_title(title, fontsize=12)
    figure.savefig(path, dpi=80, pil_kwargs={"quality": 85})
    plt.close(figure)


def _draw_image(axis: Axes, path: Path, x: float, y: float) -> None:
    half = _EDGE_M / 2
    with rasterio.open(path) as image:
        row, col = image.index(x - half, y + half)
        size = round(_EDGE_M / image.res[0])
        row, col = int(np.clip(row, 0, image.height - size)), int(np.clip(col, 0, image.width - size))
        colours = image.read([1, 2, 3], window=Window(col, row, size, size))
    shown = np.clip(np.moveaxis(colours, 0, -1) * _BRIGHTER, 0, 255).astype(np.uint8)
    axis.imshow(shown, interpolation="nearest")
    axis.set(xticks=[], yticks=[])


def _draw_truth(axis: Axes, mines: gpd.GeoDataFrame, lookalikes: gpd.GeoDataFrame, x: float, y: float) -> None:
    half = _EDGE_M / 2
    frame = slice(x - half, x + half), slice(y - half, y + half)
    for code, colour in _COLOURS.items():
        there = mines.cx[frame][mines.cx[frame]["code"] == code]
        if len(there):
            there.plot(ax=axis, color=colour)
        alike = lookalikes.cx[frame][lookalikes.cx[frame]["like_code"] == code]
        if len(alike):
            alike.plot(ax=axis, facecolor="none", edgecolor=colour, hatch="////", linewidth=0.8)
    axis.set(xlim=(x - half, x + half), ylim=(y - half, y + half), xticks=[], yticks=[], aspect="equal")
    axis.set(xlabel="", ylabel="")


def _draw_overview(path: Path, mines: gpd.GeoDataFrame, lookalikes: gpd.GeoDataFrame, out: Path) -> None:
    figure, axes = plt.subplots(1, 2, figsize=(16, 8.4), layout="constrained")
    with rasterio.open(path) as image:
        step = max(1, max(image.shape) // 1000)
        colours = image.read([1, 2, 3], out_shape=(3, image.height // step, image.width // step))
        west, south, east, north = image.bounds
    shown = np.clip(np.moveaxis(colours, 0, -1) * _BRIGHTER, 0, 255).astype(np.uint8)
    for axis in axes:
        axis.imshow(shown, extent=(west, east, south, north))
        axis.set(xticks=[], yticks=[], xlim=(west, east), ylim=(south, north))
    lookalikes.plot(ax=axes[1], facecolor="none", edgecolor="white", linewidth=0.7)
    for code, colour in _COLOURS.items():
        mines[mines["code"] == code].plot(ax=axes[1], color=colour, edgecolor="white", linewidth=0.3)
    swatches = [Swatch(color=colour, label=_NAMES[code]) for code, colour in _COLOURS.items()]
    swatches.append(Swatch(facecolor="#888888", edgecolor="white", label="looks like one, is none"))
    axes[1].set(xlabel="", ylabel="")
    axes[1].legend(handles=swatches, loc="lower left", fontsize=10)
    figure.savefig(out, dpi=70, pil_kwargs={"quality": 85})
    plt.close(figure)


if __name__ == "__main__":
    main()
