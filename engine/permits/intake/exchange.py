"""What passes between who asks for a file to be read and the process that reads it: files in one private folder."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd

from engine.errors import InputError
from engine.permits.cadastre import Cadastre, Choices, CrsGuess, Heading, Note
from engine.permits.intake.limits import Limits

REQUEST, ANSWER, TABLE, ENDED, SCRATCH = "request.json", "answer.json", "table.parquet", "ended.json", "scratch"


@dataclass(frozen=True)
class Part:
    """One file as given. name : for people. stored : what it is called in the private folder."""

    name: str
    stored: str


@dataclass(frozen=True)
class Request:
    """name : of the whole, for people. near : longitude and latitude of the place that is asked about."""

    name: str
    sha256: str
    parts: tuple[Part, ...]
    choices: Choices
    near: tuple[float, float] | None
    limits: Limits

    def write(self, folder: Path) -> None:
        (folder / REQUEST).write_text(json.dumps(asdict(self)), encoding="utf-8")


def read_request(folder: Path) -> Request:
    said = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
    return Request(
        said["name"],
        said["sha256"],
        tuple(Part(**part) for part in said["parts"]),
        Choices(**said["choices"]),
        None if said["near"] is None else (said["near"][0], said["near"][1]),
        Limits(**said["limits"]),
    )


def write_cadastre(cadastre: Cadastre, folder: Path) -> None:
    cadastre.table.to_parquet(folder / TABLE)
    said = {
        name: getattr(cadastre, name)
        for name in ("name", "sha256", "form", "layers", "layer", "encoding", "encoding_guessed", "crs", "crs_guessed")
    }
    said["guesses"] = [asdict(guess) for guess in cadastre.guesses]
    said["notes"] = [asdict(note) for note in cadastre.notes]
    _write_whole(folder, {"cadastre": said})


def write_refusal(error: InputError, folder: Path) -> None:
    """The refusal of a file, without any address on this machine."""
    hidden = str(folder)
    said = {
        name: None if value is None else str(value).replace(hidden, "")
        for name, value in (("problem", error.problem), ("field", error.field), ("mend", error.mend))
    }
    _write_whole(folder, {"refusal": said})


def _write_whole(folder: Path, answer: dict[str, Any]) -> None:
    unfinished = folder / f"{ANSWER}.unfinished"
    unfinished.write_text(json.dumps(answer), encoding="utf-8")
    unfinished.replace(folder / ANSWER)


def read_answer(folder: Path, name: str) -> Cadastre | None:
    """The cadastre; None where the process ended without an answer.

    Raises
    ------
    InputError
        When the file was refused.
    """
    if not (folder / ANSWER).is_file():
        return None
    answer = json.loads((folder / ANSWER).read_text(encoding="utf-8"))
    if "refusal" in answer:
        said = answer["refusal"]
        raise InputError(said["problem"], file=name, field=said["field"], mend=said["mend"])
    said = answer["cadastre"]
    return Cadastre(
        **{key: said[key] for key in ("name", "sha256", "form", "layer", "encoding", "encoding_guessed")},
        **{key: said[key] for key in ("crs", "crs_guessed")},
        layers=tuple(said["layers"]),
        guesses=tuple(_guess(guess) for guess in said["guesses"]),
        notes=tuple(_note(note) for note in said["notes"]),
        table=gpd.read_parquet(folder / TABLE),
    )


def _guess(said: dict[str, Any]) -> CrsGuess:
    west, south, east, north = said["bounds"]
    return CrsGuess(said["crs"], (west, south, east, north), said["why"], said["distance_km"])


def _note(said: dict[str, Any]) -> Note:
    rows: Sequence[int] = said["rows"]
    return Note(Heading(said["heading"]), said["code"], said["parameters"], tuple(rows))
