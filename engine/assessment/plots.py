"""The area similarity of patches by class as box plots, like the paper's Figure 6, for documents."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from engine.assessment.tables import heading
from store import paper
from store.assessments import AssessedPart, Assessment


def draw_similarity(assessment: Assessment, path: Path) -> None:
    """Write the box plots as PNG, one panel for each part in which patches were counted."""
    parts = [part for part in assessment.parts if part.patches]
    path.parent.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(8, 3.4 * max(len(parts), 1)), layout="constrained")
    panels = figure.subplots(max(len(parts), 1), 1, squeeze=False)[:, 0]
    for panel, part in zip(panels, parts, strict=False):
        _draw(panel, part)
    figure.savefig(path, dpi=150)


def _draw(panel: Axes, part: AssessedPart) -> None:
    """Median, quartiles, whiskers to 1.5 of their distance (Tukey 1977); every patch is a dot, the mean a cross."""
    classes = part.patches[1:]
    positions = range(1, len(classes) + 1)
    panel.boxplot(
        [one.similarity for one in classes],
        positions=positions,
        widths=0.5,
        showmeans=True,
        showfliers=False,
        meanprops={"marker": "x", "markeredgecolor": "#1f4e79"},
        medianprops={"color": "#1f4e79"},
    )
    for position, one in zip(positions, classes, strict=True):
        count = max(len(one.similarity), 1)
        spread = [position + 0.3 * ((17 * number % count) / count - 0.5) for number in range(len(one.similarity))]
        panel.plot(spread, one.similarity, "o", markersize=3, alpha=0.5, color="#4c78a8", zorder=0)
        if one.mine_class in paper.SIMILARITY:
            panel.plot(position, paper.SIMILARITY[one.mine_class], "d", markersize=5, color="#c44e52")
    panel.plot([], [], "d", color="#c44e52", label="the paper's mean")
    panel.plot([], [], "x", color="#1f4e79", label="mean here")
    panel.set_xticks(positions, [f"{one.mine_class}\n{one.identified} of {one.patches} identified" for one in classes])
    panel.set_ylim(0, 1.02)
    panel.set_ylabel("area similarity")
    panel.set_title(heading(part), fontsize=9, loc="left")
    panel.legend(loc="lower right", fontsize=8, frameon=False)
