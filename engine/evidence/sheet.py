"""The sheet of a dossier's PDF: page, styles, and its building blocks: paragraphs, tables, pictures."""

import io
from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from threading import Lock
from typing import Any

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    Image,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from engine.evidence.drawing import FONT_FILE, INK, PATCH, QUIET, RULE
from engine.wording import dossiers

FONT = "WenQuanYi Micro Hei"
MARGIN_MM, WIDTH_MM = 18.0, 174.0
_CJK = 0x2E80  # from here on letters stand in a square, and lines may break between any two
# Of these the font has the wide ones of Chinese texts alone.
_NARROW = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "…": "..."})
_BUILDING = Lock()  # fonts of reportlab are shared by all documents of a process

_SIZES = {
    "kicker": (8.5, 11, PATCH),
    "title": (20, 25, INK),
    "subtitle": (10.5, 14, QUIET),
    "heading": (13, 17, INK),
    "part": (9.5, 13, INK),
    "body": (9, 13, INK),
    "verdict": (13, 17, INK),
    "quiet": (7.6, 10.6, QUIET),
    "cell": (7.6, 10, INK),
    "small": (6.6, 8.6, INK),
    "head": (7, 9, QUIET),
    "badge": (9, 12, PATCH),
}


@cache
def _style(name: str, cjk: bool, right: bool) -> ParagraphStyle:
    size, leading, colour = _SIZES[name]
    return ParagraphStyle(
        name,
        fontName=FONT,
        fontSize=size,
        leading=leading,
        textColor=HexColor(colour),
        wordWrap="CJK" if cjk else None,
        alignment=2 if right else 0,
        splitLongWords=1,
    )


def text(words: str, style: str = "body", *, right: bool = False) -> Paragraph:
    """A paragraph of plain text."""
    cjk = any(ord(letter) >= _CJK for letter in words)
    if not cjk:
        words = words.translate(_NARROW)
    return Paragraph(escape(words, quote=False), _style(style, cjk, right))


def gap(height_mm: float) -> Spacer:
    return Spacer(1, height_mm * mm)


def picture(png: bytes, width_mm: float) -> Image:
    """A PNG, as wide as given."""
    made = Image(io.BytesIO(png))
    scale = width_mm * mm / made.imageWidth
    made.drawWidth, made.drawHeight = made.imageWidth * scale, made.imageHeight * scale
    made.hAlign = "LEFT"
    return made


def fitted(jpeg: bytes, width_mm: float, height_mm: float) -> Image:
    """A JPEG, as large as fits."""
    made = Image(io.BytesIO(jpeg))
    scale = min(width_mm * mm / made.imageWidth, height_mm * mm / made.imageHeight)
    made.drawWidth, made.drawHeight = made.imageWidth * scale, made.imageHeight * scale
    made.hAlign = "LEFT"
    return made


def heading(code: str, room_mm: float = 45) -> list[Flowable]:
    """A dossier's heading."""
    return heading_of(dossiers.label(code), room_mm)


def heading_of(words: str, room_mm: float = 45) -> list[Flowable]:
    """A heading, on the next page where so little room is left that it would stand alone."""
    rule = Table([[text(words, "heading")]], colWidths=[WIDTH_MM * mm])
    rule.setStyle(
        TableStyle(
            [*_BARE, ("LINEBELOW", (0, 0), (-1, -1), 0.6, HexColor(RULE)), ("BOTTOMPADDING", (0, 0), (-1, -1), 3)]
        )
    )
    return [CondPageBreak(room_mm * mm), rule, gap(2.5)]


def part(words: str) -> Paragraph:
    made = text(words, "part")
    made.keepWithNext = True
    return made


def more(shown: int, rows: int, file: str) -> list[Flowable]:
    """That a file has the rows that are left out here; nothing where none are."""
    return [text(dossiers.more_rows(shown, rows, file), "quiet")] if rows > shown else []


def room(height_mm: float) -> CondPageBreak:
    """Goes on to the next page where less than that is left."""
    return CondPageBreak(height_mm * mm)


_BARE: list[tuple[Any, ...]] = [
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 0),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
]


def beside(cells: Sequence[Any], widths_mm: Sequence[float]) -> Table:
    """Things side by side, from the top."""
    return Table([list(cells)], colWidths=[width * mm for width in widths_mm], style=TableStyle(_BARE), hAlign="LEFT")


def boxed(content: Sequence[Flowable], colour: str) -> Table:
    """Content with a bar of a colour at its left."""
    style = [
        *_BARE,
        ("LINEBEFORE", (0, 0), (0, -1), 3, HexColor(colour)),
        ("BACKGROUND", (0, 0), (-1, -1), HexColor("#f6f7f8")),
        ("LEFTPADDING", (0, 0), (-1, -1), 10),
        ("RIGHTPADDING", (0, 0), (-1, -1), 8),
        ("TOPPADDING", (0, 0), (-1, 0), 7),
        ("BOTTOMPADDING", (0, -1), (-1, -1), 7),
        ("BOTTOMPADDING", (0, 0), (-1, -2), 3),
    ]
    return Table([[one] for one in content], colWidths=[WIDTH_MM * mm], style=TableStyle(style), hAlign="LEFT")


def facts(rows: Sequence[tuple[str, Sequence[str]]], widths_mm: tuple[float, float], style: str = "body") -> Table:
    """Names at the left, what is known of them at the right."""
    cells = [[text(name, "head"), [text(line, style) for line in lines]] for name, lines in rows]
    ruled = [
        *_BARE,
        ("LINEBELOW", (0, 0), (-1, -2), 0.3, HexColor(RULE)),
        ("TOPPADDING", (0, 0), (-1, -1), 3.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
    ]
    return Table(cells, colWidths=[width * mm for width in widths_mm], style=TableStyle(ruled), hAlign="LEFT")


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths_mm: Sequence[float],
    *,
    right: Sequence[int] = (),
    style: str = "cell",
) -> Table:
    """A table that goes on over pages under its own header; columns in `right` hold numbers."""
    head = [text(name, "head", right=place in right) for place, name in enumerate(header)]
    cells = [[text(cell, style, right=place in right) for place, cell in enumerate(row)] for row in rows]
    ruled = [
        *_BARE,
        ("LINEBELOW", (0, 0), (-1, 0), 0.6, HexColor(QUIET)),
        ("LINEBELOW", (0, 1), (-1, -1), 0.25, HexColor(RULE)),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ]
    widths = [width * mm for width in widths_mm]
    return Table([head, *cells], colWidths=widths, style=TableStyle(ruled), repeatRows=1, hAlign="LEFT")


def build(content: Callable[[], list[Flowable]], *, title: str, header: str, footer: str, subject: str) -> bytes:
    """The PDF, the same bytes each time. `content` makes the flowables, which can be laid out once."""
    file = io.BytesIO()
    with _BUILDING:
        _register_font()
        rl_config.useA85 = 0  # pictures as they are: text would be a quarter larger, and slow to write
        document = BaseDocTemplate(
            file,
            pagesize=A4,
            leftMargin=MARGIN_MM * mm,
            rightMargin=MARGIN_MM * mm,
            topMargin=22 * mm,
            bottomMargin=20 * mm,
            title=title,
            author="Pitwatch",
            subject=subject,
            creator="Pitwatch",
            invariant=1,
        )
        width = WIDTH_MM * mm
        frame = Frame(document.leftMargin, document.bottomMargin, width, document.height, 0, 0, 0, 0)

        def furnish(canvas: Canvas, _document: Any) -> None:
            _furnish(canvas, header, footer)

        document.addPageTemplates([PageTemplate(frames=[frame], onPage=furnish)])
        document.build(content(), canvasmaker=_NumberedCanvas)
    return file.getvalue()


def _register_font() -> None:
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(FONT, str(FONT_FILE)))


def _furnish(canvas: Canvas, header: str, footer: str) -> None:
    left, right, top = MARGIN_MM * mm, (MARGIN_MM + WIDTH_MM) * mm, A4[1]
    canvas.setStrokeColor(HexColor(RULE))
    canvas.setLineWidth(0.5)
    canvas.line(left, top - 16 * mm, right, top - 16 * mm)
    canvas.line(left, 15 * mm, right, 15 * mm)
    canvas.setFillColor(HexColor(QUIET))
    canvas.setFont(FONT, 7.5)
    canvas.drawString(left, top - 13.5 * mm, header)
    canvas.setFont(FONT, 7)
    canvas.drawString(left, 11 * mm, _fitting(footer, 150 * mm, 7))


def _fitting(words: str, width: float, size: float) -> str:
    """As much of a line as fits."""
    if pdfmetrics.stringWidth(words, FONT, size) <= width:
        return words
    while words and pdfmetrics.stringWidth(words + "…", FONT, size) > width:
        words = words[:-1]
    return words + "…"


class _NumberedCanvas(Canvas):  # type: ignore[misc]
    """Writes “page of pages” once the number of pages is known."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for page in self._pages:
            self.__dict__.update(page)
            self.setFillColor(HexColor(QUIET))
            self.setFont(FONT, 7)
            words = dossiers.page_of(self._pageNumber, len(self._pages))
            self.drawRightString((MARGIN_MM + WIDTH_MM) * mm, 11 * mm, words)
            super().showPage()
        super().save()
