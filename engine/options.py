"""Options of the steps: frozen, typed, and refusing keys they do not know."""

import difflib
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.errors import InputError


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
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("the file does not exist", file=path, mend="check the path, or write the file") from None
    except UnicodeDecodeError:
        raise InputError("not UTF-8 text", file=path, mend="save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"not valid TOML ({error})", file=path, mend="correct the syntax at that place") from None
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        raise _explain(error, path, kind) from None


def _explain(error: ValidationError, path: Path, kind: type[Options]) -> InputError:
    """The first fault of `error` as an InputError."""
    fault = error.errors(include_url=False)[0]
    location = [str(part) for part in fault["loc"]]
    field = ".".join(location)
    if fault["type"] == "extra_forbidden":
        known = _known_keys(kind, location[:-1])
        close = difflib.get_close_matches(location[-1], known, n=1)
        mend = f"did you mean '{close[0]}'?" if close else f"known keys here: {', '.join(sorted(known))}"
        return InputError("unknown key", file=path, field=field, mend=mend)
    if fault["type"] == "missing":
        return InputError("missing key", file=path, field=field, mend=f"add '{location[-1]}'")
    given = f" (given: {fault['input']!r})" if not isinstance(fault["input"], dict) else ""
    return InputError(f"{fault['msg']}{given}", file=path, field=field, mend="correct the value")


def _known_keys(kind: type[Options], location: list[str]) -> list[str]:
    """Keys that the table at `location` inside `kind` accepts."""
    current: Any = kind
    for part in location:
        fields = getattr(current, "model_fields", {})
        if part not in fields:
            continue  # an index in a list, or the tag of a union
        annotation = fields[part].annotation
        candidates = [annotation, *getattr(annotation, "__args__", ())]
        current = next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), current)
    return [field.alias or name for name, field in getattr(current, "model_fields", {}).items()]
