"""Options of the steps: frozen, typed, and refusing keys they do not know."""

import difflib
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from engine import days
from engine.errors import InputError

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
# Pydantic alone would read few forms, and take a number for seconds since 1970.
Day = Annotated[date, BeforeValidator(days.day_of)]

# A bare value of TOML that somebody meant as a day.
_LIKE_A_DAY = re.compile(r"[=\[,]\s*(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})")


class Options(BaseModel):
    """Base of every options class; an unknown key is an error at every level."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, arbitrary_types_allowed=True)


AnyOptions = TypeVar("AnyOptions", bound=Options)


def read_options(path: Path, kind: type[AnyOptions]) -> AnyOptions:
    """Read a TOML file into `kind`.

    Raises
    ------
    InputError
        When the file is missing, is no TOML, or a key is unknown, missing or of the wrong type; it names the key.
    """
    try:
        raw_text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(raw_text)
    except FileNotFoundError:
        raise InputError("the file does not exist", file=path, mend="check the path, or write the file") from None
    except OSError as error:
        raise InputError(f"it cannot be read ({error.strerror})", file=path, mend="supply a file") from None
    except UnicodeDecodeError:
        raise InputError("not UTF-8 text", file=path, mend="save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"not valid TOML ({error})", file=path, mend=_mend_of_syntax(raw_text, error)) from None
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        raise _explain(error, path, kind) from None


def _mend_of_syntax(text: str, error: tomllib.TOMLDecodeError) -> str:
    """What to do at the line that an error names; TOML knows one form of a day, and says nothing of that."""
    mend = "correct the syntax at that place"
    place = re.search(r"at line (\d+)", str(error))
    line = text.splitlines()[int(place[1]) - 1 : int(place[1])] if place else []
    return f"{mend}; write a day as {days.EXAMPLE}" if any(_LIKE_A_DAY.search(one) for one in line) else mend


def _explain(error: ValidationError, path: Path, kind: type[Options]) -> InputError:
    """The first fault of `error` as an InputError."""
    fault = error.errors(include_url=False)[0]
    location, table = _locate(kind, [str(part) for part in fault["loc"]])
    field = ".".join(location)
    if fault["type"] == "extra_forbidden":
        known = [own.alias or name for name, own in table.model_fields.items()]
        close = difflib.get_close_matches(location[-1], known, n=1)
        mend = f"did you mean '{close[0]}'?" if close else f"known keys here: {', '.join(sorted(known))}"
        return InputError("unknown key", file=path, field=field, mend=mend)
    if fault["type"].startswith("union_tag"):
        forms = [str(tag) for form in _tables(table.model_fields[location[-1]].annotation) for tag in _tags(form)]
        return InputError(
            "the form is not known", file=path, field=f"{field}.format", mend=f"one of: {', '.join(forms)}"
        )
    if fault["type"] == days.FAULT:
        return InputError(fault["msg"], file=path, field=field, mend=fault["ctx"]["mend"])
    if fault["type"].startswith("date_"):
        return InputError(f"{fault['msg']} (given: {fault['input']!r})", file=path, field=field, mend=days.MEND)
    if fault["type"] == "missing":
        return InputError("missing key", file=path, field=field, mend=f"add '{location[-1]}'")
    given = f" (given: {fault['input']!r})" if not isinstance(fault["input"], dict) else ""
    return InputError(f"{fault['msg']}{given}", file=path, field=field, mend="correct the value")


def _locate(kind: type[BaseModel], location: list[str]) -> tuple[list[str], type[BaseModel]]:
    """The keys of a fault as the file has them, and the table that holds the last of them.

    Where a table may be of several forms, pydantic puts the form's tag among the keys; it leads to the form's class.
    """
    keys: list[str] = []
    forms: list[type[BaseModel]] = [kind]
    for part in location:
        tagged = [form for form in forms if len(forms) > 1 and part in _tags(form)]
        if tagged:
            forms = tagged
            continue
        if part.isdigit() and keys:  # one of several tables of a name, counted from 1 as people do
            keys[-1] += f"[{int(part) + 1}]"
            continue
        keys.append(part)
        field = forms[0].model_fields.get(part)
        inner = _tables(field.annotation) if field else []
        if not inner or part is location[-1]:
            break  # what follows are places within a value, of no use to a reader of the file
        forms = inner
    return keys, forms[0]


def _tables(annotation: Any) -> list[type[BaseModel]]:
    """The options classes in a type, which may be a union, a tuple, or either with a remark."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [table for part in get_args(annotation) for table in _tables(part)]


def _tags(form: type[BaseModel]) -> tuple[Any, ...]:
    field = form.model_fields.get("format")
    return get_args(field.annotation) if field else ()
