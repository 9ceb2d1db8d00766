"""Numbers, angles and encodings in cells, as people write them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.permits.intake import encodings
from engine.permits.intake.cells import as_angle, as_number

COMMON = "采矿许可证号名称有效期起止矿区面积煤铁石灰岩铅锌公司建筑用砂沙坡头中卫宁夏市县镇村山河东西南北大小新老"
TRADITIONAL = "礦權許可證號名稱有效期起止煤鐵石灰岩公司建築用砂台灣縣市鎮村山河東西南北大小新老"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("4161000.12", 4161000.12),
        ("4161000,12", 4161000.12),
        ("4.161.000,12", 4161000.12),
        ("4,161,000.12", 4161000.12),
        ("4 161 000,12", 4161000.12),
        ("4161000.12 m", 4161000.12),
        ("35512345", 35512345.0),
        (12, 12.0),
        ("", None),
        (math.nan, None),
        ("106°12′33″", 106 + 12 / 60 + 33 / 3600),
        ("106°12'33.5\"E", 106 + 12 / 60 + 33.5 / 3600),
        ("S 25°06′", -25.1),
        ("68°12′W", -68.2),
        ("106-12-33", 106 + 12 / 60 + 33 / 3600),
        ("东经106度12分33秒".removeprefix("东经"), 106 + 12 / 60 + 33 / 3600),
    ],
)
def test_numbers(cell: object, value: float | None) -> None:
    assert as_number(cell) == (value if value is None else pytest.approx(value))


@pytest.mark.parametrize("cell", ["abc", "12a", "1.2.x", "=A1", "/etc/passwd"])
def test_what_is_no_number_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="no number"):
        as_number(cell)


@given(st.floats(0, 179.99))
def test_angles_come_back(value: float) -> None:
    thousandths = round(value * 3_600_000)
    seconds = thousandths % 60_000 / 1000
    text = f"{thousandths // 3_600_000}°{thousandths // 60_000 % 60}′{seconds:.3f}″"
    assert as_angle(text) == pytest.approx(value, abs=1e-6)


@given(st.lists(st.text(COMMON, min_size=2, max_size=12), min_size=5), st.sampled_from(["gbk", "utf-8"]))
def test_chinese_is_told(texts: list[str], encoding: str) -> None:
    guess = encodings.guess(text.encode(encoding) for text in texts)
    assert guess == {"gbk": "GB18030", "utf-8": "UTF-8"}[encoding]


@given(st.lists(st.text(COMMON, min_size=4, max_size=30), min_size=5), st.integers(5, 20))
def test_texts_that_are_cut_within_a_letter_are_told_too(texts: list[str], width: int) -> None:
    for encoding, name in (("gbk", "GB18030"), ("utf-8", "UTF-8")):
        cut = [text.encode(encoding)[:width] for text in texts]
        assert encodings.guess(cut) == name
        for text, bytes_ in zip(texts, cut, strict=True):
            assert text.startswith(encodings.whole_letters(bytes_, encoding).decode(encoding))


def test_traditional_chinese_and_latin_are_told() -> None:
    assert encodings.guess([TRADITIONAL.encode("big5")]) == "Big5"
    assert encodings.guess(["Peña Nieto, São João da Boa Vista, Ñuñoa".encode("cp1252")]) == "cp1252"
    assert encodings.guess([b"plain", b"texts"]) is None
