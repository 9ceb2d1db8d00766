"""Chinese: every text of the app and of dossiers has a translation that takes the same parameters."""

import io
import string
from datetime import date

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from engine import wording
from tests.conftest import ROOT
from tests.test_catalogue import KEYWORDS

FOLDER = ROOT / "locale" / "zh" / "LC_MESSAGES"


def catalogue() -> dict[str, Message]:
    with (FOLDER / "pitwatch.po").open("rb") as file:
        return {first(message.id): message for message in read_po(file, locale="zh") if message.id}


def first(text: str | tuple[str, ...]) -> str:
    """The message, of one with a plural its singular."""
    return text if isinstance(text, str) else text[0]


def parameters(text: str) -> set[str]:
    return {name.split("[")[0] for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_what_the_app_reads_is_what_translators_wrote() -> None:
    compiled = io.BytesIO()
    with (FOLDER / "pitwatch.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale="zh"))
    assert (FOLDER / "pitwatch.mo").read_bytes() == compiled.getvalue(), "run `make catalogue`"


@pytest.mark.parametrize("folder", ["engine/wording", "components", "pages"])
def test_every_text_is_translated(folder: str) -> None:
    known = catalogue()
    texts = {first(text[2]) for text in extract_from_dir(str(ROOT / folder), keywords=KEYWORDS)}
    assert [text for text in sorted(texts) if text not in known or not known[text].string] == []


def test_translations_take_the_same_parameters() -> None:
    for message in catalogue().values():
        # A singular may spell its number out; the one form of Chinese stands for both.
        wanted = parameters(message.id if isinstance(message.id, str) else message.id[1])
        given = message.string if isinstance(message.string, str) else message.string[0]
        assert parameters(given) == wanted, message.id


def test_dates_and_numbers_are_written_as_the_language_has_them() -> None:
    wording.use_language("zh")
    try:
        assert wording.day(date(2021, 8, 3)) == "2021年8月3日"
        assert wording.verdict_name("no_permit").startswith("疑似无证开采")
        assert wording.cadastre_form("table with WKT") == "含 WKT 的表格"
        assert wording.hectares(12_000.0) == "1.2 公顷（18 亩）"
        assert wording.joined(["甲。", "乙。"]) == "甲。乙。"
    finally:
        wording.use_language("en")
    assert wording.day(date(2021, 8, 3)) == "3 Aug 2021"
