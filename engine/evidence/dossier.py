"""The dossier of a case: its PDF, and the archive with everything that goes with it."""

import contextvars
import hashlib
import io
import zipfile
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from reportlab.platypus import Flowable

from engine import wording
from engine.evidence import annex, body, tables
from engine.evidence.case import Case
from engine.evidence.charts import series_chart
from engine.evidence.front import front_page
from engine.evidence.maps import image_map, overview_map, rate_map
from engine.evidence.sheet import build
from engine.evidence.webmap import web_map
from engine.wording import dossiers

Language = Literal["en", "zh"]
MANIFEST = "MANIFEST.sha256"
_PACKED = (".png", ".jpeg", ".webp")
_EDGE_MM = {"image": 85.0, "rate": 85.0, "overview": 58.0}
_CHART_MM = (174.0, 72.0)


@dataclass(frozen=True)
class Dossier:
    """name : of its files, without a suffix. files : the archive's other files by name, the manifest among them."""

    name: str
    pdf: bytes
    files: dict[str, bytes]
    created: datetime

    def archive(self) -> bytes:
        """PDF and files as a zip, the same bytes each time."""
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in {f"{self.name}.pdf": self.pdf, **self.files}.items():
                entry = zipfile.ZipInfo(f"{self.name}/{name}", self.created.timetuple()[:6])
                entry.compress_type = zipfile.ZIP_STORED if name.endswith(_PACKED) else zipfile.ZIP_DEFLATED
                entry.create_system, entry.external_attr = 3, 0o644 << 16
                archive.writestr(entry, content, compresslevel=6)
        return file.getvalue()


def make_dossier(case: Case, language: Language) -> Dossier:
    """The dossier in a language. The same case gives the same bytes; several may be made at once."""
    return contextvars.copy_context().run(_make, case, language)


def _make(case: Case, language: Language) -> Dossier:
    wording.use_language(language)
    pictures = _pictures(case)
    data = {
        "map.html": web_map(case),
        "evidence.gpkg": tables.geopackage(case),
        "series.csv": tables.series_csv(case),
        "corners.csv": tables.corners_csv(case),
        "permits.csv": tables.permits_csv(case),
        "inputs.csv": tables.inputs_csv(case),
        "case.json": tables.case_json(case),
        **pictures,
        **{photo.archived_as: photo.original for photo in (case.casework.photos if case.casework else ())},
    }
    files = {name: content for name, content in data.items() if content is not None}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    name = f"{case.release['area']}-{case.patch_id}-{language}"
    pdf = _pdf(case, pictures, hashes)
    hashes = {f"{name}.pdf": hashlib.sha256(pdf).hexdigest(), **hashes}
    manifest = "".join(f"{value}  {file}\n" for file, value in hashes.items()).encode()
    return Dossier(name, pdf, {**files, MANIFEST: manifest}, case.release["created"])


def _pictures(case: Case) -> dict[str, bytes]:
    """All maps and the chart as PNG."""
    made = {f"image-{picture.date}.png": image_map(case, picture, _EDGE_MM["image"]) for picture in case.pictures}
    made["overview.png"] = overview_map(case, _EDGE_MM["overview"])
    if case.rates is not None:
        made["rate.png"] = rate_map(case, _EDGE_MM["rate"])
    if case.motion is not None and case.radar is not None:
        made["series.png"] = series_chart(case, *_CHART_MM)
    return made


def _pdf(case: Case, pictures: dict[str, bytes], hashes: dict[str, str]) -> bytes:
    release = case.release

    def content() -> list[Flowable]:
        return [
            *front_page(case, pictures),
            *body.image_pages(case, pictures),
            *body.motion_pages(case, pictures),
            *body.verdict_pages(case),
            *body.case_pages(case),
            *body.limit_pages(case),
            *annex.corner_pages(case),
            *annex.provenance_pages(case),
            *annex.hash_pages(hashes),
        ]

    return build(
        content,
        title=f"{dossiers.label('dossier')} {case.patch_id}",
        subject=release["title"],
        header=f"Pitwatch  ·  {release['title']}  ·  {case.patch_id}  ·  {dossiers.label('release')} {release['id']}",
        footer=release["attribution"],
    )
