"""An assessment as tables in a terminal, the paper's figures beside ours."""

from collections.abc import Iterator

from rich.table import Table

from engine.assessment.counting import ELSEWHERE, TESTS
from engine.patches.parts import TRAINED, UNSEEN_BOTH, UNSEEN_DATE, UNSEEN_GROUND
from store import paper
from store.assessments import AssessedPart, PatchFigures

ROLES = {
    UNSEEN_GROUND: "trained epoch, ground that training did not see",
    UNSEEN_BOTH: "second epoch, ground that training did not see",
    UNSEEN_DATE: "second epoch, ground that training saw",
    TRAINED: "what training saw",
    ELSEWHERE: "a model from another place",
}
_PIXELS = {
    "users_accuracy": "user's accuracy",
    "producers_accuracy": "producer's accuracy",
    "f1": "F1",
    "kappa": "kappa",
    "overall": "overall accuracy",
    "iou": "IoU",
}


def tables(part: AssessedPart) -> Iterator[Table]:
    """Pixels; of a test also their error matrix, patches, classes, and hard ground where it is known."""
    yield _pixels(part)
    if part.role not in TESTS:
        return
    yield _table_2(part)
    if len(part.classes) > 2:
        yield _matrix(part)
    if part.patches:
        yield _patches(part)
        yield _classes(part)
    if part.ground or part.lookalikes:
        yield _hard_ground(part)


def heading(part: AssessedPart) -> str:
    return f"{ROLES[part.role]} ({', '.join(str(day) for day in part.dates)})"


def _pixels(part: AssessedPart) -> Table:
    table = _table("", "here", "paper", title=f"Pixels: {part.figures.pixels:,} counted, none drawn by chance")
    figures = part.figures.model_dump()
    for name, words in _PIXELS.items():
        table.add_row(words, _figure(figures[name], 4), _figure(paper.PIXELS.get(name), 4))
    return table


def _table_2(part: AssessedPart) -> Table:
    """Laid out as the paper's: extracted data in rows, reference data in columns."""
    table = _table("extracted data", "mining", "non-mining", "total", "user's acc.", title="Error matrix (Table 2)")
    mining, other = part.mining_cells
    for name, row, agreed in (("mining", mining, mining[0]), ("non-mining", other, other[1])):
        table.add_row(name, *(f"{cell:,}" for cell in (*row, sum(row))), _share(agreed, sum(row)))
    totals = [mining[0] + other[0], mining[1] + other[1]]
    table.add_row("total", *(f"{cell:,}" for cell in (*totals, sum(totals))), "")
    table.add_row("producer's acc.", _share(mining[0], totals[0]), _share(other[1], totals[1]), "", "")
    return table


def _matrix(part: AssessedPart) -> Table:
    """Every class against every other."""
    names = list(part.classes)
    table = _table("extracted as", *names, "user's acc.", title="Pixels by class (reference in columns)")
    columns = list(zip(*part.cells, strict=True))  # kept with truth in rows
    for code, (name, row) in enumerate(zip(names, columns, strict=True)):
        table.add_row(name, *(f"{cell:,}" for cell in row), _share(row[code], sum(row)))
    producers = [_share(row[code], sum(row)) for code, row in enumerate(part.cells)]
    table.add_row("producer's acc.", *producers, "")
    return table


def _patches(part: AssessedPart) -> Table:
    found = part.patches[0]
    table = _table("", "here", "paper", title="Patches")
    table.add_row("identified", f"{found.identified} of {found.patches}", f"{paper.IDENTIFIED} of {paper.PATCHES}")
    table.add_row("identification", _share(found.identified, found.patches), _share(paper.IDENTIFIED, paper.PATCHES))
    table.add_row("patch precision", f"{_share(found.right, found.extracted)} of {found.extracted}", "–")
    table.add_row("class right, of those identified", _share(found.class_right, found.identified), "–")
    table.add_row("area similarity, identified", _figure(found.mean_similarity), _figure(paper.MEAN_SIMILARITY, 2))
    table.add_row("area similarity, missed as 0", _figure(found.mean_similarity_of_all), "–")
    table.add_row("similarity above 0.80", _figure(found.alike), _figure(paper.ALIKE))
    table.add_row("IoU, identified", _figure(found.mean_iou), "–")
    table.caption = _left_out(part)
    return table


def _left_out(part: AssessedPart) -> str:
    said = f"{part.left_out} patches left out that training saw ({part.cut} of them in part)"
    return f"{said}, {part.without_data} without data" if part.without_data else said


def _classes(part: AssessedPart) -> Table:
    columns = ("patches", "identified", "class right", "similarity", "above 0.80", "IoU", "extracted", "precision")
    table = _table("class", *columns, title="By class")
    for one in part.patches[1:]:
        table.add_row(one.mine_class or "", *_class_cells(one))
    return table


def _class_cells(one: PatchFigures) -> tuple[str, ...]:
    return (
        str(one.patches),
        _share(one.identified, one.patches),
        _share(one.class_right, one.identified),
        _figure(one.mean_similarity),
        _figure(one.alike),
        _figure(one.mean_iou),
        str(one.extracted),
        _share(one.right, one.extracted),
    )


def _hard_ground(part: AssessedPart) -> Table:
    table = _table("ground", "share", "mine px", "false alarms px", "found", title="Hard ground within the test")
    pixels = part.figures.pixels
    false_alarms = sum(part.cells[0][1:])
    for ground in part.ground:
        table.add_row(
            ground.kind,
            f"{100 * ground.share:.2f} %",
            f"{ground.mine_pixels:,}",
            f"{ground.false_alarm_pixels:,} ({_share(ground.false_alarm_pixels, false_alarms)})",
            _figure(ground.producers_accuracy),
        )
    for one in part.lookalikes:
        table.add_row(
            f"looks like a mine: {one.kind}",
            f"{100 * one.pixels / pixels:.2f} %",
            "–",
            f"{one.false_alarm_pixels:,} ({_share(one.false_alarm_pixels, false_alarms)})",
            "–",
        )
    return table


def _table(first: str, *others: str, title: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", caption_justify="left")
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "–"


def _figure(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
