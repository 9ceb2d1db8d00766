"""The overview of a release for printing and for a spreadsheet: gathered once, in the words of a language."""

import contextvars
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from openpyxl import Workbook
from reportlab.platypus import Flowable

from engine import wording
from engine.evidence.drawing import INK, QUIET, figure, font, png
from engine.evidence.plain_formats import append_row, saved
from engine.evidence.sheet import beside, build, facts, gap, heading_of, picture, table, text
from engine.wording import dossiers
from store.reader import ReleaseReader
from store.rows import VerdictSum
from store.summaries import Growth, Notable, Onsets

Language = Literal["en", "zh"]
_MOST_NOTABLE = 8
_WIDTH_MM = 85.0  # of a chart
_HECTARE = 1e4
# Okabe–Ito (2008), without the yellow that paper does not show; told apart in grey by their hatches.
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#7F7F7F")
_HATCHES = ("", "////", "....", "xxxx", "\\\\\\\\", "----", "||||")
_EDGE: dict[str, Any] = {"edgecolor": "white", "linewidth": 0.4}  # of a bar; its hatch has the same colour


@dataclass(frozen=True)
class Overview:
    """A release as a whole; `before` is of the release before, `cases` what people have made of its suspicions.

    See `store.summaries` for units.
    """

    release: dict[str, Any]
    figures: dict[str, Any]
    before: dict[str, Any] | None
    activity: dict[tuple[str, str], int]
    change: dict[tuple[str, str], int]
    growth: Sequence[Growth]
    onsets: Sequence[Onsets]
    verdicts: Sequence[VerdictSum]
    notable: dict[str, Sequence[Notable]]
    has_images: bool
    has_radar: bool
    cases: Mapping[str, Any] | None


def gather_overview(
    reader: ReleaseReader, before: ReleaseReader | None = None, cases: Mapping[str, Any] | None = None
) -> Overview:
    """What the store says of a release, and the figures of the one before. cases : fields of its `CaseFigures`."""
    return Overview(
        release=asdict(reader.info),
        figures=asdict(reader.figures()),
        before=asdict(before.figures()) if before else None,
        activity=reader.cross_counts("activity"),
        change=reader.cross_counts("change"),
        growth=reader.growth(),
        onsets=reader.onsets(),
        verdicts=[row for row in reader.verdict_sums() if row.kind != "not_tested" or row.alone],
        notable={
            "expired": reader.longest_after_expiry(_MOST_NOTABLE),
            "outside": reader.largest_outside(_MOST_NOTABLE),
            "newest": reader.newest(_MOST_NOTABLE),
        },
        has_images=reader.extraction is not None,
        has_radar=reader.radar is not None,
        cases=cases,
    )


def overview_pdf(overview: Overview, language: Language, colours: Mapping[str, str]) -> bytes:
    """One or two pages, the same bytes each time. colours : of activities and changes, by code, as the app has them."""
    return contextvars.copy_context().run(_pdf, overview, language, colours)


def overview_xlsx(overview: Overview, language: Language) -> bytes:
    """A workbook with a sheet a table, the same bytes each time."""
    return contextvars.copy_context().run(_xlsx, overview, language)


def _pdf(overview: Overview, language: Language, colours: Mapping[str, str]) -> bytes:
    wording.use_language(language)
    release = overview.release
    when = wording.period(release["first_date"], release["last_date"])
    charts = _charts(overview, colours)

    def content() -> list[Flowable]:
        made: list[Flowable] = [
            text(wording.overview_heading("overview"), "kicker"),
            text(release["title"], "title"),
            text(f"{when} · {dossiers.label('release')} {release['id']}", "subtitle"),
            gap(3),
            _figure_table(overview),
        ]
        for first, second in zip(charts[::2], [*charts[1::2], None], strict=False):
            made += [
                gap(3),
                beside([_charted(first), "", _charted(second) if second else ""], (_WIDTH_MM, 4, _WIDTH_MM)),
            ]
        if overview.verdicts:
            made += [gap(2), *heading_of(wording.overview_heading("verdicts")), _verdict_table(overview.verdicts)]
        for which, rows in overview.notable.items():
            if rows:
                said = [wording.notable_words(asdict(row), which) for row in rows]
                made += [gap(3), *heading_of(wording.overview_heading(which), room_mm=35)]
                made.append(facts([(name, [words]) for name, words in said], (70, 104)))
        notes = wording.overview_notes(
            images=overview.has_images, radar=overview.has_radar, register=bool(overview.verdicts)
        )
        if notes:
            made += [gap(3), *heading_of(wording.overview_heading("notes"), room_mm=25)]
            made += [text(note, "quiet") for note in notes]
        return made

    return build(
        content,
        title=f"{wording.overview_heading('overview')} {release['title']}",
        subject=release["title"],
        header=f"Pitwatch  ·  {release['title']}  ·  {dossiers.label('release')} {release['id']}",
        footer=release["attribution"],
    )


def _figure_table(overview: Overview) -> Flowable:
    rows = [
        (one.label, one.value, one.change, one.meaning)
        for one in wording.overview_figures(overview.figures, overview.before, overview.cases)
    ]
    names = [wording.overview_column(code) for code in ("figure", "value", "change", "meaning")]
    return table(names, rows, (28, 34, 26, 86), right=(1, 2))


def _verdict_table(sums: Sequence[VerdictSum]) -> Flowable:
    names = [
        *(wording.overview_column(code) for code in ("verdict", "patches")),
        *wording.overview_areas(),
    ]
    rows = [
        (
            wording.verdict_name(row.kind, row.certainty),
            wording.number(row.alone if row.kind == "not_tested" else row.patches),
            *(
                "" if row.kind == "not_tested" else wording.area_cell(area)
                for area in (row.least_m2, row.likely_m2, row.most_m2)
            ),
        )
        for row in sums
    ]
    return table(names, rows, (72, 15, 29, 29, 29), right=(1, 2, 3, 4))


@dataclass(frozen=True)
class _Chart:
    heading: str
    picture: bytes


def _charted(chart: _Chart) -> list[Flowable]:
    return [text(chart.heading, "part"), picture(chart.picture, _WIDTH_MM)]


def _charts(overview: Overview, colours: Mapping[str, str]) -> list[_Chart]:
    made = []
    for code, counts, name in (
        ("activity", overview.activity, wording.activity_name),
        ("change", overview.change, wording.change_name),
    ):
        if counts:
            classes = sorted({mine_class for mine_class, _code in counts})
            codes = [code for code in colours if any(each == code for _class, each in counts)]
            rows = [(name(each), [counts.get((one, each), 0) for one in classes], colours[each]) for each in codes]
            drawn = _stacked([wording.class_name(one) for one in classes], rows, wording.overview_column("patches"))
            made.append(_Chart(wording.overview_heading(code), drawn))
    if overview.growth:
        made.append(_Chart(wording.overview_heading("growth"), _growth_chart(overview.growth)))
    if overview.onsets:
        made.append(_Chart(wording.overview_heading("onsets"), _onset_chart(overview.onsets)))
    return made


def _canvas(bars: int, legend_rows: int, *, left_mm: float = 28.0, bar_mm: float = 7.0) -> tuple[Figure, Axes]:
    """A chart of the width of half a page, with room for the words below its axis and for the legend."""
    foot = 8.5 + 3.6 * legend_rows
    height = foot + bar_mm * max(bars, 2) + 1
    drawn = figure(_WIDTH_MM, height)
    return drawn, drawn.add_axes(
        (left_mm / _WIDTH_MM, foot / height, 0.98 - left_mm / _WIDTH_MM, 1 - (foot + 1) / height)
    )


def _legend(drawn: Figure, columns: int) -> None:
    drawn.legend(loc="lower center", ncols=columns, frameon=False, prop=font(6), handlelength=1.0, columnspacing=1.0)


def _stacked(labels: Sequence[str], rows: Sequence[tuple[str, list[int], str]], unit: str) -> bytes:
    """Horizontal bars, one a label, with the parts (name, values, colour) beside each other in the legend's order."""
    drawn, axes = _canvas(len(labels), -(-len(rows) // 3))
    left = np.zeros(len(labels))
    for (name, values, colour), hatch in zip(rows, _HATCHES, strict=False):
        axes.barh(labels, values, left=left, height=0.6, color=colour, label=name, hatch=hatch, **_EDGE)
        left += np.array(values)
    axes.invert_yaxis()
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(unit, fontproperties=font(6.5), color=INK)
    _plain(axes, grid="x")
    _legend(drawn, 3)
    return png(drawn)


def _growth_chart(growth: Sequence[Growth]) -> bytes:
    labels = [wording.class_name(one.mine_class) for one in growth]
    drawn, axes = _canvas(len(labels), 1, bar_mm=8.0)
    place = np.arange(len(labels))
    parts = (
        (wording.overview_column("before"), -0.19, "before_m2", "before_margin_m2", _COLOURS[5]),
        (wording.overview_column("after"), 0.19, "after_m2", "after_margin_m2", _COLOURS[0]),
    )
    for name, off, field, margin, colour in parts:
        values = [getattr(one, field) / _HECTARE for one in growth]
        errors = [getattr(one, margin) / _HECTARE for one in growth]
        axes.barh(place + off, values, height=0.36, color=colour, label=name)
        axes.errorbar(values, place + off, xerr=errors, fmt="none", ecolor=INK, elinewidth=0.6, capsize=1.5)
    axes.set_yticks(place, labels)
    axes.invert_yaxis()
    _plain(axes, grid="x")
    _legend(drawn, 2)
    return png(drawn)


def _onset_chart(onsets: Sequence[Onsets]) -> bytes:
    months = _months(onsets)
    classes = sorted({one.mine_class for one in onsets})
    drawn, axes = _canvas(1, -(-len(classes) // 3), left_mm=9.0, bar_mm=16.0)
    bottom = np.zeros(len(months))
    for mine_class, colour, hatch in zip(classes, _COLOURS, _HATCHES, strict=False):
        counts = {one.month: one.patches for one in onsets if one.mine_class == mine_class}
        values = np.array([counts.get(month, 0) for month in months])
        name = wording.class_name(mine_class)
        axes.bar(range(len(months)), values, bottom=bottom, color=colour, label=name, hatch=hatch, **_EDGE)
        bottom += values
    step = max(1, len(months) // 6)
    axes.set_xticks(range(0, len(months), step), [f"{month:%Y-%m}" for month in months[::step]])
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel(wording.overview_column("patches"), fontproperties=font(6.5), color=INK)
    _plain(axes, grid="y")
    _legend(drawn, 3)
    return png(drawn)


def _months(onsets: Sequence[Onsets]) -> list[date]:
    """Every month from the first to the last."""
    first, last = min(one.month for one in onsets), max(one.month for one in onsets)
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [
        date(first.year + (first.month - 1 + ahead) // 12, (first.month - 1 + ahead) % 12 + 1, 1)
        for ahead in range(count)
    ]


def _plain(axes: Axes, *, grid: Literal["x", "y"]) -> None:
    for spine in axes.spines.values():
        spine.set(linewidth=0.4, color=QUIET)
    axes.grid(axis=grid, color="#dddddd", linewidth=0.4)
    axes.set_axisbelow(True)
    axes.tick_params(length=2, width=0.4, color=QUIET, labelcolor=INK)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontproperties(font(6.5))


def _xlsx(overview: Overview, language: Language) -> bytes:
    wording.use_language(language)
    book = Workbook(write_only=True)
    name = wording.overview_heading
    figures = wording.overview_figures(overview.figures, overview.before, overview.cases)
    release = overview.release
    _sheet(
        book,
        name("figures"),
        ("figure", "value", "change", "meaning"),
        [
            (release["title"], wording.period(release["first_date"], release["last_date"]), "", release["id"]),
            *((one.label, one.value, one.change, one.meaning) for one in figures),
        ],
    )
    for code, counts, words in (
        ("activity", overview.activity, wording.activity_name),
        ("change", overview.change, wording.change_name),
    ):
        rows = [
            (wording.class_name(mine_class), words(each), count) for (mine_class, each), count in sorted(counts.items())
        ]
        _sheet(book, name(code), ("class", "what", "patches"), rows)
    _sheet(
        book,
        name("growth"),
        ("class", "before", "after", "gained", "margin"),
        [
            (
                wording.class_name(one.mine_class),
                *(area / _HECTARE for area in (one.before_m2, one.after_m2, one.gained_m2, one.margin_m2)),
            )
            for one in overview.growth
        ],
    )
    onsets = [(one.month, wording.class_name(one.mine_class), one.patches) for one in overview.onsets]
    _sheet(book, name("onsets"), ("month", "class", "patches"), onsets)
    _sheet(
        book,
        name("verdicts"),
        ("verdict", "patches", "least", "likely", "most"),
        [
            (
                wording.verdict_name(row.kind, row.certainty),
                row.alone if row.kind == "not_tested" else row.patches,
                *(area / _HECTARE for area in (row.least_m2, row.likely_m2, row.most_m2)),
            )
            for row in overview.verdicts
        ],
    )
    for which, listed in overview.notable.items():
        _sheet(book, name(which), ("patch", "what"), [wording.notable_words(asdict(row), which) for row in listed])
    return saved(book)


def _sheet(book: Workbook, title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A sheet of a table, none where it has no rows."""
    if not rows:
        return
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    for place, width in enumerate((34, 26, 22, 22, 22)[: len(columns)]):
        sheet.column_dimensions["ABCDE"[place]].width = width
    append_row(sheet, [wording.overview_column(code) for code in columns], bold=True)
    for row in rows:
        append_row(sheet, row)
