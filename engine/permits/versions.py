"""Registers of an area as versions that never change: one GeoParquet each, with where it came from in its metadata."""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq

from engine.errors import InputError
from engine.permits.quality import QualityReport
from engine.permits.register import DATE_COLUMNS, Register

_KEY = b"pitwatch_register"
_SUFFIX, _PARTIAL = ".parquet", ".partial"
_ABANDONED = 3600.0  # s after which an unfinished file is of a run that was killed
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, pa.ArrowException)


@dataclass(frozen=True)
class Version:
    """id : the time at which it was saved, in UTC; it sorts by time. name : of the file that it came from, for people.
    note : what the person who saved it says of it. saved_at : ISO 8601, UTC."""

    id: str
    name: str
    note: str
    saved_at: str
    sha256: str
    crs: str
    permits: int
    mapping: dict[str, str]


def save_version(folder: Path, register: Register, report: QualityReport, *, name: str, note: str = "") -> Version:
    """Save a register beside the earlier ones. It is there whole, or not at all; two that save at once get one each."""
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    version_id, partial, now = _claim(folder)
    try:
        version = Version(
            id=version_id,
            name=name,
            note=note,
            saved_at=now.isoformat(timespec="seconds"),
            sha256=report.sha256,
            crs=register.crs,
            permits=len(register.permits),
            mapping={str(field): column for field, column in report.mapping.items()},
        )
        said = {
            "version": version.__dict__,
            "report": report.to_json(),
            "counts": {"joined": register.joined, "unnumbered": register.unnumbered, "ambiguous": register.ambiguous},
        }
        _write(partial, register, json.dumps(said, ensure_ascii=False))
        os.replace(partial, folder / f"{version_id}{_SUFFIX}")
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    _sync(folder)
    return version


def versions(folder: Path) -> list[Version]:
    """The versions of a folder, the newest first; those that are damaged are left out."""
    return [version for _, version in _found(folder) if version is not None]


def damaged_versions(folder: Path) -> list[str]:
    """Names of files that should hold a version, and do not."""
    return [name for name, version in _found(folder) if version is None]


def read_version(folder: Path, version_id: str) -> tuple[Register, QualityReport, Version]:
    """A register as it was saved.

    Raises
    ------
    InputError
        When there is no such version, or its file is damaged.
    """
    path = folder / f"{version_id}{_SUFFIX}"
    if Path(version_id).name != version_id or not path.is_file():
        raise InputError(f"no register was saved as '{version_id}'", mend="choose one of those that were")
    try:
        # By its bytes, so that a file that is being damaged fails here and nowhere later.
        table = pq.read_table(BytesIO(path.read_bytes()), page_checksum_verification=True)
        said = json.loads(table.schema.metadata[_KEY])
        report, version = QualityReport.from_json(said["report"]), Version(**said["version"])
        permits = gpd.GeoDataFrame.from_arrow(table)
        for column in DATE_COLUMNS:
            permits[column] = permits[column].astype(object).where(permits[column].notna(), None)
        register = Register(permits, version.crs, **said["counts"])
    except _UNREADABLE as error:
        raise InputError(
            f"the saved register is damaged ({type(error).__name__})", file=path.name, mend="save the register again"
        ) from None
    return register, report, version


def _found(folder: Path) -> Iterator[tuple[str, Version | None]]:
    for path in sorted(folder.glob(f"[!.]*{_SUFFIX}"), reverse=True):
        try:
            version = Version(**json.loads(pq.read_schema(path).metadata[_KEY])["version"])
            yield path.name, version if version.id == path.stem else None
        except _UNREADABLE:
            yield path.name, None


def _claim(folder: Path) -> tuple[str, Path, datetime]:
    """An identifier that no version has and nobody else is about to use, and the hidden file that says so."""
    now = datetime.now(UTC)
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    for version_id in (stamp, *(f"{stamp}-{number:02}" for number in range(2, 100))):
        partial = folder / f".{version_id}{_PARTIAL}"
        try:
            os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            continue
        if not (folder / f"{version_id}{_SUFFIX}").exists():
            return version_id, partial, now
        partial.unlink()
    raise InputError("a hundred registers were saved within one second", mend="wait a moment, and save it again")


def _write(path: Path, register: Register, said: str) -> None:
    buffer = BytesIO()
    register.permits.to_parquet(buffer)
    table = pq.read_table(buffer)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _KEY: said.encode()})
    with path.open("wb") as file:
        pq.write_table(table, file, compression="zstd", write_page_checksum=True)
        file.flush()
        os.fsync(file.fileno())


def _sweep(folder: Path) -> None:
    """Remove what killed runs left."""
    for path in folder.glob(f".*{_PARTIAL}"):
        try:
            if time.time() - path.stat().st_mtime > _ABANDONED:
                path.unlink()
        except FileNotFoundError:
            continue


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
