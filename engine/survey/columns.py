"""What the columns of a vector file say it is: a register of permits, outlines of mines, or classes to train on."""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum

import pandas as pd


class Subject(StrEnum):
    OUTLINES = "outlines"
    PERMITS = "permits"
    LABELS = "labels"


# Names of a register's columns in Chinese, English, Spanish and Portuguese, as `_plain` writes them.
_PERMIT = {
    "number": """许可证号 采矿许可证号 勘查许可证号 原许可证号 xkzh liccode licno licenseno licencenumber 
        licensenumber licenceno
        permitid permitno permitnumber tenement tenid fmttenid tid leaseid leaseno leasenumber mlno titleno concessionid
        codigou expediente expte exptesiged codigoexp exptedgtl processo dsprocesso""",
    "holder": """采矿权人 探矿权人 申请人 sqr ownername parties holder holder1 holdername permittee
        licensee titular titconces
        concesionario concsrio propietario""",
    "from": """有效期起 yxqq 有效期限 startdate dtegranted grantdate validfrom dategranted effectivedate fechainicio
        fechainic
        fechaconc fechainscripcion""",
    "to": """有效期止 yxqz 矿权终止时间 expirydate dteexpires enddate expiredate validto validuntil expires expiry
        dateexpires expirationdate fechaterm fechavencimiento dtvencimento validade""",
    "issued": """签发时间 公告日期 受理日期 dteapplied applicationdate issuedate issuedon dateissued fecdenu
        fecharesolucion""",
    "mineral": """采矿主矿种 开采主矿种 开采矿种 kczkz qtzkz commodity commodities mineral minerals sustancia
        minerales
        sustancias subs""",
    "state": "许可证状态 状态 statusgrp tenstatus leasestatus destado estado estadolegal situacion tituloest fase",
}
# What the options of a register call these.
_OPTIONS = {
    "number": "number",
    "holder": "holder",
    "mineral": "mineral",
    "state": "status",
    "from": "valid_from",
    "to": "valid_to",
}
_ALIASES = {alias: concept for concept, names in _PERMIT.items() for alias in names.split()}
_LEAST_PREFIX = 6  # letters that a shape file's column names, cut at ten, have to share with an alias
_CUT = 10

_CLASS = {"class", "classid", "classname", "klass", "klasse", "label", "labels", "lulc", "landcover", "landuseclass"}
_IDENTIFIERS = (
    "id",
    "patchid",
    "mineid",
    "siteid",
    "fid",
    "gid",
    "uid",
    "uuid",
    "osmid",
    "gemmineid",
    "objectid",
    "code",
    "number",
    "nr",
)
_NAMES = (
    "name",
    "minename",
    "sitename",
    "quarryname",
    "title",
    "label",
    "nombre",
    "nome",
    "bezeichnung",
    "矿山名称",
    "ksmc",
)
_MOST_CLASSES = 40


def subject_of(table: pd.DataFrame) -> Subject:
    """What a table of polygons is, by its columns.

    A permit has a number or a holder *and* a term or what it is for: outlines of mines name owners and minerals, too,
    but are bound to no term.
    """
    columns = [str(column) for column in table.columns if column != "geometry"]
    said = {concept for column in columns if (concept := _concept(column))}
    term = said & {"from", "to", "issued"}
    if (term and said & {"number", "holder", "mineral"}) or ("number" in said and said & {"holder", "mineral"}):
        return Subject.PERMITS
    return Subject.LABELS if class_column(table) else Subject.OUTLINES


def permit_columns(columns: Iterable[str]) -> dict[str, str]:
    """The columns of a register, by what `permits.columns` calls them; of several of one meaning, the first."""
    found: dict[str, str] = {}
    for column in columns:
        if option := _OPTIONS.get(_concept(column) or ""):
            found.setdefault(option, column)
    return {option: found[option] for option in _OPTIONS.values() if option in found}


def class_column(table: pd.DataFrame) -> str | None:
    """The column that holds a few classes, each of several polygons."""
    for column in table.columns:
        if _plain(str(column)) in _CLASS:
            distinct = table[column].dropna().astype(str).nunique()
            if 2 <= distinct <= _MOST_CLASSES and distinct < len(table):
                return str(column)
    return None


def identifier_column(table: pd.DataFrame) -> str | None:
    """The column whose values are unique and nowhere empty, the usual names first."""
    columns = _in_order(table, _IDENTIFIERS) + [
        str(column) for column in table.columns if re.search(r"(?:[a-z]ID|[_ ](?:ID|id|Id))$", str(column))
    ]
    for column in columns:
        values = table[column]
        texts = values.dropna().astype(str).str.strip()
        complete = len(texts) == len(table) and bool((texts != "").all())
        if complete and texts.is_unique and not pd.api.types.is_float_dtype(values):
            return column
    return None


def name_column(table: pd.DataFrame) -> str | None:
    """The column that names at least half of the polygons."""
    for column in _in_order(table, _NAMES):
        texts = table[column].dropna().astype(str).str.strip()
        if (texts != "").sum() * 2 >= len(table) and not pd.api.types.is_numeric_dtype(table[column]):
            return column
    return None


def _in_order(table: pd.DataFrame, names: Iterable[str]) -> list[str]:
    """The columns of those names, the first name first."""
    plain = {_plain(str(column)): str(column) for column in reversed(list(table.columns)) if column != "geometry"}
    return [plain[name] for name in names if name in plain]


def _concept(column: str) -> str | None:
    plain = _plain(column)
    if plain in _ALIASES:
        return _ALIASES[plain]
    if len(column) == _CUT and len(plain) >= _LEAST_PREFIX:
        return next((concept for alias, concept in _ALIASES.items() if alias.startswith(plain)), None)
    return None


def _plain(name: str) -> str:
    """Letters and digits alone, small, without accents."""
    decomposed = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in decomposed.lower() if letter.isalnum())
