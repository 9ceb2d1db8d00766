"""What people enter about patches: cases, their states, notes, and who did what when.

A release is computed and never changes; this is neither, and lies apart: SQLite beside the releases, or a database that
several servers share (`PITWATCH_CASEBOOK`, a SQLAlchemy URL). A patch has one case at most, since its identifier stays
the same from release to release: what comes up later opens it again. The trail is only ever added to, and photos come
with an entry of it and stay.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Engine, RowMapping, create_engine, event, insert, select, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.schema import CreateTable

from store.casebook_tables import CASE, LONGEST_FILE, LONGEST_NAME, METADATA, PHOTO, TRAIL
from store.cases import STEPS, Author, Case, CasebookError, CaseChanged, Entry, PhotoKept, State
from store.home import Home
from store.photos import NewPhoto, Photo, Shot

_SETTING = "PITWATCH_CASEBOOK"
_BUSY_S = 10.0  # how long one process waits for another to write
_LONGEST_TEXT = 4_000
# What is kept of a photo: the bytes as they were given, and what is shown of it.
Size = Literal["thumbnail", "picture", "original"]
_SIZES: tuple[Size, ...] = get_args(Size)


class Casebook:
    """The cases of all areas. Safe to share between threads, and between processes."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._file = _file_of(self._url)
        self._engine = _engine_for(self._url)
        self._ready = False

    @classmethod
    def default(cls, home: Home | None = None) -> "Casebook":
        """That of `PITWATCH_CASEBOOK`, else the one in the home."""
        return _opened(os.environ.get(_SETTING) or f"sqlite:///{(home or Home.default()).casebook}")

    def cases(self, area: str | None = None) -> list[Case]:
        """Of an area, or of all; what is overdue or due first comes first, then what has changed last."""
        query = select(CASE).order_by(CASE.c.due.is_(None), CASE.c.due, CASE.c.changed_at.desc(), CASE.c.id)
        if area is not None:
            query = query.where(CASE.c.area == area)
        if not self._is_there():
            return []
        with self._reading() as connection:
            return [_case(row) for row in connection.execute(query).mappings()]

    def case_of(self, area: str, patch: str) -> Case | None:
        if not self._is_there():
            return None
        with self._reading() as connection:
            row = connection.execute(select(CASE).where(CASE.c.area == area, CASE.c.patch == patch)).mappings()
            found = row.first()
        return _case(found) if found else None

    def trail(self, case_id: int) -> list[Entry]:
        """Of a case, from its opening on."""
        with self._reading() as connection:
            return self._entries(connection, case_id, 0)

    def file_of(self, area: str, patch: str) -> tuple[Case, list[Entry]] | None:
        """The case of a patch with its trail; None where it has none."""
        case = self.case_of(area, patch)
        return (case, self.trail(case.id)) if case else None

    def photos(self, case_id: int) -> list[Photo]:
        """Of a case, in the order of its trail."""
        columns = [column for column in PHOTO.c if column.name not in (*_SIZES, "place")]
        query = select(*columns).where(PHOTO.c.case_id == case_id).order_by(PHOTO.c.version, PHOTO.c.place)
        if not self._is_there():
            return []
        with self._reading() as connection:
            return [_photo(row) for row in connection.execute(query).mappings()]

    def photo_bytes(self, case_id: int, sha256: str, size: Size) -> bytes | None:
        """A photo of a case in a size; None where the case has no such photo. Of another kind than JPEG is the original
        alone."""
        query = select(PHOTO.c[size]).where(PHOTO.c.case_id == case_id, PHOTO.c.sha256 == sha256)
        if not self._is_there():
            return None
        with self._reading() as connection:
            found: bytes | None = connection.scalar(query)
        return None if found is None else bytes(found)

    def people(self) -> list[str]:
        """Names of all who have made entries or had cases assigned."""
        if not self._is_there():
            return []
        with self._reading() as connection:
            wrote = connection.scalars(select(TRAIL.c.by).distinct())
            named = {*wrote, *connection.scalars(select(TRAIL.c.assignee).distinct())}
        return sorted(named - {""})

    def open(
        self, area: str, patch: str, *, by: Author, release: str, suspicion: Sequence[str] = (), text: str = ""
    ) -> Case:
        """Open the case of a patch; the one that is there, where another has been quicker."""
        now = _now()
        values: dict[str, Any] = {"area": area, "patch": patch, "release": release}
        values |= {"state": State.OPEN, "assignee": "", "due": None}
        values |= {"suspicion": " ".join(suspicion), "opened_at": now, "opened_by": _named(by), "version": 1}
        values |= {"changed_at": now, "changed_by": _named(by)}
        with suppress(IntegrityError), self._writing() as connection:
            connection.execute(insert(CASE).values(**values))
            own = select(CASE.c.id).where(CASE.c.area == area, CASE.c.patch == patch).scalar_subquery()
            entry = _entry(by, now, "open", _said(text), values)
            connection.execute(insert(TRAIL).values(case_id=own, version=1, **entry))
        case = self.case_of(area, patch)
        assert case is not None
        return case

    def enter(
        self,
        seen: Case,
        step: str,
        *,
        by: Author,
        text: str = "",
        assignee: str | None = None,
        due: date | None = None,
        photos: Sequence[NewPhoto] = (),
    ) -> Case:
        """Make an entry in a case as it was seen.

        Parameters
        ----------
        seen : the case that the one who enters had before them. assignee, due : with "assign", what they become.
        photos : with "photo", and with no other step.

        Raises
        ------
        CaseChanged
            When there is an entry in it by now that they had not before them.
        PhotoKept
            When the case has one of the photos already, or one was given twice; none is kept then.
        CasebookError
            For a step that the state does not allow, and where a reason or the photos are missing.
        """
        asked, text = STEPS[step], _said(text)
        if seen.state not in asked.before:
            raise CasebookError(f"a case that is {seen.state} cannot be: {step}")
        if asked.reason and not text:
            raise CasebookError(f"{step} needs a reason")
        if bool(photos) != (step == "photo"):
            raise CasebookError("photos go with a step of their own")
        now, version = _now(), seen.version + 1
        values: dict[str, Any] = {"version": version, "changed_at": now, "changed_by": _named(by)}
        values |= {"state": asked.after or seen.state, "assignee": seen.assignee, "due": seen.due}
        if step == "take":
            values["assignee"] = _named(by)
        if step == "assign":
            values |= {"assignee": _clean(assignee or "")[:LONGEST_NAME], "due": due}
        with self._writing() as connection:
            as_seen = update(CASE).where(CASE.c.id == seen.id, CASE.c.version == seen.version)
            made = connection.execute(as_seen.values(**values)).rowcount == 1
            if made:
                entry = _entry(by, now, step, text, values)
                connection.execute(insert(TRAIL).values(case_id=seen.id, version=version, **entry))
                self._keep(connection, seen.id, version, photos)
            case = _case(connection.execute(select(CASE).where(CASE.c.id == seen.id)).mappings().one())
            since = self._entries(connection, seen.id, seen.version)
        if not made:
            raise CaseChanged(case, since)
        return case

    @staticmethod
    def _keep(connection: Connection, case_id: int, version: int, photos: Sequence[NewPhoto]) -> None:
        """Nobody else writes into the case meanwhile: its row is this entry's until it is done."""
        kept = set(connection.scalars(select(PHOTO.c.sha256).where(PHOTO.c.case_id == case_id)))
        for place, photo in enumerate(photos):
            if photo.sha256 in kept:
                raise PhotoKept(photo.name)
            kept.add(photo.sha256)
            values = asdict(photo) | asdict(photo.shot) | {"name": _clean(photo.name)[:LONGEST_FILE]}
            del values["shot"]
            connection.execute(insert(PHOTO).values(case_id=case_id, version=version, place=place, **values))

    @staticmethod
    def _entries(connection: Connection, case_id: int, after: int) -> list[Entry]:
        columns = [column for column in TRAIL.c if column is not TRAIL.c.case_id]
        query = select(*columns).where(TRAIL.c.case_id == case_id, TRAIL.c.version > after)
        rows = connection.execute(query.order_by(TRAIL.c.version)).mappings()
        return [Entry(**{**row, "state": State(row["state"])}) for row in rows]

    def _is_there(self) -> bool:
        """Nothing is made by looking: a file begins with the first case."""
        return self._file is None or self._file.is_file()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._saying_so():
            self._prepare()
            with self._engine.connect() as connection:
                yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._saying_so():
            self._prepare()
            with self._engine.begin() as connection:
                yield connection

    @contextmanager
    def _saying_so(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except (DBAPIError, OSError) as error:
            raise CasebookError(f"the casebook {self._url.render_as_string()} cannot be used: {error}") from error

    def _prepare(self) -> None:
        """Make the tables where there are none."""
        if self._ready and self._is_there():
            return
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._make_tables()
        except IntegrityError:  # PostgreSQL, where another is making the same table at this moment: it is there then
            self._make_tables()
        self._ready = True

    def _make_tables(self) -> None:
        with self._engine.begin() as connection:
            for table in METADATA.sorted_tables:
                connection.execute(CreateTable(table, if_not_exists=True))


@lru_cache(maxsize=16)
def _opened(url: str) -> Casebook:
    return Casebook(url)


def _file_of(url: URL) -> Path | None:
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _engine_for(url: URL) -> Engine:
    if _file_of(url) is None:
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": _BUSY_S})

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        # Readers then do not wait for a writer, nor it for them.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = ON")

    return engine


def _photo(row: RowMapping) -> Photo:
    shot = Shot(**{one.name: row[one.name] for one in fields(Shot)})
    return Photo(shot=shot, **{one.name: row[one.name] for one in fields(Photo) if one.name != "shot"})


def _case(row: RowMapping) -> Case:
    return Case(**{**row, "state": State(row["state"]), "suspicion": tuple(row["suspicion"].split())})


def _entry(by: Author, at: datetime, step: str, text: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """A line of the trail. values : of the case, as they are with it."""
    who = {"by": _named(by), "identity": by.identity, "role": by.role}
    case = {name: values[name] for name in ("state", "assignee", "due")}
    return {**who, "at": at, "step": step, "text": text, **case}


def _named(by: Author) -> str:
    return _clean(by.name)[:LONGEST_NAME]


def _said(text: str) -> str:
    return _clean(text)[:_LONGEST_TEXT]


def _clean(text: str) -> str:
    """Without what PostgreSQL does not take."""
    return text.replace("\0", "").strip()


def _now() -> datetime:
    """UTC, without a zone, as databases of all kinds keep it alike."""
    return datetime.now(UTC).replace(tzinfo=None)
