"""What people enter about patches: cases, their states, notes, and who did what when.

A release is computed and never changes; this is neither, and lies apart: SQLite beside the releases, or a database that
several servers share (`PITWATCH_CASEBOOK`, a SQLAlchemy URL). A patch has one case at most, since its identifier stays
the same from release to release: what comes up later opens it again. The trail is only ever added to.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Date,
    DateTime,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    RowMapping,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.schema import CreateTable

from store.cases import STEPS, Author, Case, CasebookError, CaseChanged, Entry, State
from store.home import Home

_SETTING = "PITWATCH_CASEBOOK"
_BUSY_S = 10.0  # how long one process waits for another to write
_LONGEST_TEXT = 4_000
_LONGEST_NAME = 60

_METADATA = MetaData()
_CASE = Table(
    "case_file",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("area", String(200), nullable=False),
    Column("patch", String(200), nullable=False),
    Column("state", String(20), nullable=False),
    Column("release", String(100), nullable=False),
    Column("suspicion", Text, nullable=False),  # "kind:certainty", with spaces between them
    Column("assignee", String(_LONGEST_NAME), nullable=False),
    Column("due", Date),
    Column("opened_at", DateTime, nullable=False),
    Column("opened_by", String(_LONGEST_NAME), nullable=False),
    Column("changed_at", DateTime, nullable=False),
    Column("changed_by", String(_LONGEST_NAME), nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("area", "patch"),
)
_TRAIL = Table(
    "trail",
    _METADATA,
    Column("case_id", ForeignKey("case_file.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("at", DateTime, nullable=False),
    Column("by", String(_LONGEST_NAME), nullable=False),
    Column("identity", Text, nullable=False),
    Column("role", String(40), nullable=False),
    Column("step", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("text", Text, nullable=False),
    Column("assignee", String(_LONGEST_NAME), nullable=False),
    Column("due", Date),
)


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
        query = select(_CASE).order_by(_CASE.c.due.is_(None), _CASE.c.due, _CASE.c.changed_at.desc(), _CASE.c.id)
        if area is not None:
            query = query.where(_CASE.c.area == area)
        if not self._is_there():
            return []
        with self._reading() as connection:
            return [_case(row) for row in connection.execute(query).mappings()]

    def case_of(self, area: str, patch: str) -> Case | None:
        if not self._is_there():
            return None
        with self._reading() as connection:
            row = connection.execute(select(_CASE).where(_CASE.c.area == area, _CASE.c.patch == patch)).mappings()
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

    def people(self) -> list[str]:
        """Names of all who have made entries or had cases assigned."""
        if not self._is_there():
            return []
        with self._reading() as connection:
            wrote = connection.scalars(select(_TRAIL.c.by).distinct())
            named = {*wrote, *connection.scalars(select(_TRAIL.c.assignee).distinct())}
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
            connection.execute(insert(_CASE).values(**values))
            own = select(_CASE.c.id).where(_CASE.c.area == area, _CASE.c.patch == patch).scalar_subquery()
            entry = _entry(by, now, "open", _said(text), values)
            connection.execute(insert(_TRAIL).values(case_id=own, version=1, **entry))
        case = self.case_of(area, patch)
        assert case is not None
        return case

    def enter(
        self, seen: Case, step: str, *, by: Author, text: str = "", assignee: str | None = None, due: date | None = None
    ) -> Case:
        """Make an entry in a case as it was seen.

        Parameters
        ----------
        seen : the case that the one who enters had before them. assignee, due : with "assign", what they become.

        Raises
        ------
        CaseChanged
            When there is an entry in it by now that they had not before them.
        CasebookError
            For a step that the state does not allow, and where a reason is missing.
        """
        asked, text = STEPS[step], _said(text)
        if seen.state not in asked.before:
            raise CasebookError(f"a case that is {seen.state} cannot be: {step}")
        if asked.reason and not text:
            raise CasebookError(f"{step} needs a reason")
        now, version = _now(), seen.version + 1
        values: dict[str, Any] = {"version": version, "changed_at": now, "changed_by": _named(by)}
        values |= {"state": asked.after or seen.state, "assignee": seen.assignee, "due": seen.due}
        if step == "take":
            values["assignee"] = _named(by)
        if step == "assign":
            values |= {"assignee": _clean(assignee or "")[:_LONGEST_NAME], "due": due}
        with self._writing() as connection:
            as_seen = update(_CASE).where(_CASE.c.id == seen.id, _CASE.c.version == seen.version)
            made = connection.execute(as_seen.values(**values)).rowcount == 1
            if made:
                entry = _entry(by, now, step, text, values)
                connection.execute(insert(_TRAIL).values(case_id=seen.id, version=version, **entry))
            case = _case(connection.execute(select(_CASE).where(_CASE.c.id == seen.id)).mappings().one())
            since = self._entries(connection, seen.id, seen.version)
        if not made:
            raise CaseChanged(case, since)
        return case

    @staticmethod
    def _entries(connection: Connection, case_id: int, after: int) -> list[Entry]:
        columns = [column for column in _TRAIL.c if column is not _TRAIL.c.case_id]
        query = select(*columns).where(_TRAIL.c.case_id == case_id, _TRAIL.c.version > after)
        rows = connection.execute(query.order_by(_TRAIL.c.version)).mappings()
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
        with self._engine.begin() as connection:
            for table in _METADATA.sorted_tables:  # several processes may be the first
                connection.execute(CreateTable(table, if_not_exists=True))
        self._ready = True


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


def _case(row: RowMapping) -> Case:
    return Case(**{**row, "state": State(row["state"]), "suspicion": tuple(row["suspicion"].split())})


def _entry(by: Author, at: datetime, step: str, text: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """A line of the trail. values : of the case, as they are with it."""
    who = {"by": _named(by), "identity": by.identity, "role": by.role}
    case = {name: values[name] for name in ("state", "assignee", "due")}
    return {**who, "at": at, "step": step, "text": text, **case}


def _named(by: Author) -> str:
    return _clean(by.name)[:_LONGEST_NAME]


def _said(text: str) -> str:
    return _clean(text)[:_LONGEST_TEXT]


def _clean(text: str) -> str:
    """Without what PostgreSQL does not take."""
    return text.replace("\0", "").strip()


def _now() -> datetime:
    """UTC, without a zone, as databases of all kinds keep it alike."""
    return datetime.now(UTC).replace(tzinfo=None)
