"""Names of columns by which a table is known to hold permits, or corners of them."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

# As real registers call them; see docs on columns. Compared without case, accents, blanks and signs.
_NUMBERS = (
    *("许可证号", "采矿许可证号", "勘查许可证号", "证号", "xkzh", "permit", "permitno", "permitnumber", "permitid"),
    *("liccode", "licence", "licenceno", "licenseno", "license", "tenement", "tenid", "tid", "leaseid", "leaseno"),
    *("mlno", "expediente", "exptesiged", "expte", "exp", "codigou", "codigoexp", "processo", "dsprocesso", "numero"),
    *("number", "no", "code", "codigo", "id", "identifier", "矿权编号", "编号"),
)
_OTHERS = (
    *("矿山名称", "ksmc", "采矿权人", "开采主矿种", "kczkz", "有效期止", "有效期起", "矿区面积", "minename", "holder"),
    *("owner", "parties", "titular", "mineral", "minerals", "commodity", "sustancia", "subs", "status", "estado"),
    *("validfrom", "validto", "validuntil", "startdate", "expirydate", "expiredate", "fechainicio", "tipo", "fase"),
)


def plain(name: object) -> str:
    """A name in lower case, without accents, units in brackets, blanks and signs."""
    text = re.sub(r"[(（\[【].*?[)）\]】]", "", str(name)) or str(name)
    apart = unicodedata.normalize("NFKD", text).casefold()
    return "".join(sign for sign in apart if sign.isalnum() and not unicodedata.combining(sign))


def number_column(columns: Iterable[object]) -> str | None:
    """The column that names the permit; None where no name speaks for one."""
    by_plain: dict[str, str] = {}
    for column in columns:
        by_plain.setdefault(plain(column), str(column))
    return next((by_plain[alias] for alias in _NUMBERS if alias in by_plain), None)


def looks_like_permits(columns: Sequence[object]) -> bool:
    """Whether two columns or more are called as registers of permits call theirs."""
    names = {plain(column) for column in columns}
    known = {*_NUMBERS, *_OTHERS} - {"id", "no", "code"}
    # Shapefiles cut names to ten bytes.
    return sum(name in known or (len(name) >= 6 and any(k.startswith(name) for k in known)) for name in names) >= 2
