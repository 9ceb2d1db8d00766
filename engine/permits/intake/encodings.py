"""How texts are written, told from their bytes: UTF-8, GB18030 (which holds GBK), Big5, Latin-1."""

import codecs
import re
from collections.abc import Iterable

from engine.errors import InputError

_HIGH = re.compile(rb"[\x80-\xff]+")
_SAMPLE = 400_000  # bytes with letters beyond ASCII that are looked at
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_WELL_KNOWN = {
    "gbk": "GB18030",
    "gb2312": "GB18030",
    "gb18030": "GB18030",
    "cp936": "GB18030",
    "936": "GB18030",
    "utf-8": "UTF-8",
    "utf8": "UTF-8",
    "big5": "Big5",
    "cp950": "Big5",
    "950": "Big5",
    "65001": "UTF-8",
}


def known(name: str) -> str:
    """The name of an encoding as we write it.

    Raises
    ------
    InputError
        For one that is not known.
    """
    if well := _WELL_KNOWN.get(name.strip().lower()):
        return well
    try:
        found = codecs.lookup(name.strip())
    except (LookupError, ValueError):
        raise InputError(
            f"no encoding '{name[:40]}' is known", field="encoding", mend="choose GB18030, UTF-8, Big5 or Latin-1"
        ) from None
    return _WELL_KNOWN.get(found.name, found.name)


def guess(texts: Iterable[bytes]) -> str | None:
    """The encoding that texts are likely written in; None where all are ASCII, which every encoding writes alike.

    Texts may be cut off within their last letter, as shapefiles cut them.
    """
    sample, size = [], 0
    for text in texts:
        if not text.isascii():
            sample.append(text)
            size += len(text)
            if size > _SAMPLE:
                break
    if not sample:
        return None
    if all(_decodes(text, "utf-8") for text in sample):
        return "UTF-8"
    if _is_latin(sample):
        return "cp1252" if all(_decodes(text, "cp1252") for text in sample) else "ISO-8859-1"
    scores = {name: _share(sample, name) for name in ("GB18030", "Big5")}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] > 0 else "ISO-8859-1"


def _decodes(text: bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        decoder.decode(text)
    except UnicodeDecodeError:
        return False
    return True


def _is_latin(sample: list[bytes]) -> bool:
    """Whether bytes beyond ASCII stand mostly alone between letters, as accents do; Chinese ones stand in pairs."""
    runs = [run.group() for text in sample for run in _HIGH.finditer(text)]
    total = sum(map(len, runs))
    lone = sum(len(run) for run in runs if len(run) == 1 or (len(run) == 2 and run in (b"\xe7\xe3", b"\xe7\xf5")))
    return lone > 0.5 * total


def _share(sample: list[bytes], encoding: str) -> float:
    """Share of letters that are among the commonest of a Chinese encoding; 0 where a text cannot be of it."""
    common = all_letters = 0
    first, last = (0xB0, 0xD7) if encoding == "GB18030" else (0xA4, 0xC6)
    for text in sample:
        try:
            letters = codecs.getincrementaldecoder(encoding)().decode(text)
        except UnicodeDecodeError:
            return 0.0
        for letter in letters:
            if ord(letter) < 0x80:
                continue
            written = letter.encode(encoding)
            all_letters += 1
            plain_trail = encoding == "Big5" or (len(written) == 2 and written[1] >= 0xA1)
            common += first <= written[0] <= last and plain_trail and len(written) == 2
    return common / all_letters if all_letters else 0.0


def decode(data: bytes, chosen: str | None) -> tuple[str, str, bool]:
    """A text file's text, its encoding, and whether that was guessed.

    Raises
    ------
    InputError
        When it is not written in the chosen encoding, or is no text.
    """
    for bom, name in _BOMS:
        if data.startswith(bom):
            try:
                return data.decode(name), "UTF-8" if name == "utf-8-sig" else "UTF-16", False
            except UnicodeDecodeError:
                raise InputError(
                    "it begins as Unicode and does not go on so", field="encoding", mend="save it again as UTF-8"
                ) from None
    if b"\0" in data:
        return _decode_wide(data)
    encoding = known(chosen) if chosen else guess([data]) or "UTF-8"
    try:
        return data.decode(encoding), encoding, chosen is None and encoding != "UTF-8"
    except UnicodeDecodeError:
        raise InputError(
            f"its texts are not written in {encoding}",
            field="encoding",
            mend="choose the right encoding, or save the file again as UTF-8",
        ) from None


def _decode_wide(data: bytes) -> tuple[str, str, bool]:
    """UTF-16 without its mark: every other byte of plain text is 0."""
    for name, zeros in (("utf-16-le", data[1:2000:2]), ("utf-16-be", data[0:2000:2])):
        if zeros.count(0) > 0.6 * len(zeros):
            try:
                return data.decode(name), "UTF-16", True
            except UnicodeDecodeError:
                break
    raise InputError("it is no text", mend="supply the table as CSV in UTF-8, or as XLSX")


def could_be(text: bytes, encoding: str) -> bool:
    """Whether a text, perhaps cut off within its last letter, is written in an encoding."""
    return text.isascii() or _decodes(text, encoding)


def whole_letters(text: bytes, encoding: str) -> bytes:
    """A text without the beginning of a letter that it was cut off within."""
    try:
        text.decode(encoding)
    except UnicodeDecodeError as error:
        return text[: error.start] if len(text) - error.start < 4 else text
    return text
