"""A connection to one release, and what every query of it needs."""

import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property, wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from store.database import connect_for_reading
from store.release import DATABASE
from store.rows import ReleaseInfo

Given = ParamSpec("Given")
Found = TypeVar("Found")
_MOST_REMEMBERED = 256


def remembered(ask: Callable[Concatenate[Any, Given], Found]) -> Callable[Concatenate[Any, Given], Found]:
    """A query whose answer is kept: a release never changes, and pages ask the same with every click."""

    @wraps(ask)
    def answer(self: Any, *given: Given.args, **named: Given.kwargs) -> Found:
        kept: OrderedDict[Any, Any] = self.__dict__.setdefault("_remembered", OrderedDict())
        key = (ask.__name__, given, tuple(sorted(named.items())))
        try:
            found: Found = kept[key]
        except KeyError:
            found = kept[key] = ask(self, *given, **named)
            while len(kept) > _MOST_REMEMBERED:
                with suppress(KeyError):  # another thread has done it
                    kept.popitem(last=False)
        return found

    return cast("Callable[Concatenate[Any, Given], Found]", answer)


class Queries:
    """Asks one release. Safe to share between threads: each query takes a cursor of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._connection = connect_for_reading(folder / DATABASE)

    def _rows(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        with self._connection.cursor() as cursor:
            result = cursor.execute(query, list(parameters))
            names = [column[0] for column in result.description]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def _geojson(self, query: str, parameters: Sequence[Any] = ()) -> str:
        """The rows of a query as features; its column `geometry` is GeoJSON."""
        features = [
            {"type": "Feature", "geometry": json.loads(row.pop("geometry")), "properties": row}
            for row in self._rows(query, parameters)
        ]
        return json.dumps({"type": "FeatureCollection", "features": features})

    @cached_property
    def schema_version(self) -> int:
        """By which schema the release was written; all else can be read only when it is this version's own."""
        version: int = self._rows("SELECT schema_version FROM release")[0]["schema_version"]
        return version

    @cached_property
    def info(self) -> ReleaseInfo:
        return ReleaseInfo(**self._rows("FROM release")[0])
