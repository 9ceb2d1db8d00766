"""A case from a published release: the one place of evidence that reads the store."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from engine.errors import InputError
from engine.evidence.case import (
    Case,
    CasePermit,
    CaseVerdict,
    Crop,
    InputFile,
    Motion,
    Outline,
    Picture,
    Provenance,
    RateMap,
    StepTaken,
)
from engine.evidence.ground import Ground, grown, projected_system, square
from engine.evidence.windows import MERCATOR, colours, numbers
from engine.grid import Bounds, geodesic_area
from store.reader import ReleaseReader
from store.rows import Image

_OVERVIEW_PIXELS = 460
_NEAR_M = 2000.0  # permits no further than this from a patch are listed where none touches it


@dataclass(frozen=True)
class Uploaded:
    """A register that was uploaded and the verdicts on it, to be shown in place of the release's.

    verdicts, permits : as `engine.permits.comparison` gives them, EPSG:4326. register : its file's name. crs : its own
    system, in which `as_read` is. sha256 : of its file. error_m : positional error.
    """

    verdicts: gpd.GeoDataFrame
    permits: gpd.GeoDataFrame
    register: str
    crs: str
    sha256: str
    error_m: float


def gather(reader: ReleaseReader, patch_id: str, uploaded: Uploaded | None = None) -> Case:
    """All that a dossier shows of a patch.

    Raises
    ------
    InputError
        Where the release has no such patch.
    """
    found, shape = reader.patch(patch_id), reader.patch_shape(patch_id)
    if found is None or shape is None:
        raise InputError(
            f"the release {reader.info.id} of {reader.info.area} has no patch '{patch_id}'",
            field="patch",
            mend=f"name one of its patches, such as {', '.join(reader.patch_ids()[:5]) or '(it has none)'}",
        )
    patch, geometry = asdict(found), shapely.from_wkb(shape)
    dated = reader.outline_shapes(patch_id)
    outlines = _outlines(reader, patch, geometry, {day: shapely.from_wkb(one) for day, one in dated.items()})
    crs = projected_system(geometry)
    ground = Ground(crs, shapely.union_all([outline.geometry for outline in outlines]))
    verdicts = _verdicts(_verdict_rows(reader, patch_id, uploaded))
    named = [number for verdict in verdicts for number in verdict.permits]
    wide = square(_bounds_in(reader, crs), ground.frame)
    near = ground.degrees(grown(ground.frame, _NEAR_M))
    permits = _permits(_permit_rows(reader, near, named, uploaded), geometry, named, ground)
    around = [_from_wkb(row["geometry"]) for row in _permit_rows(reader, ground.degrees(wide), [], uploaded)]
    cluster = _from_wkb(reader.cluster_shape(patch_id))
    place = geometry.representative_point() if not geometry.contains(geometry.centroid) else geometry.centroid
    register = _register(reader, uploaded)
    return Case(
        release=asdict(reader.info),
        patch=patch,
        radar=asdict(reader.radar) if reader.radar else None,
        crs=crs,
        frame=ground.frame,
        wide=wide,
        geometry=geometry,
        place=(place.x, place.y),
        outlines=outlines,
        cluster=cluster,
        others=[shapely.from_wkb(one) for name, one in reader.patch_shapes().items() if name != patch_id],
        around=[shape for shape in around if shape is not None],
        pictures=_pictures(reader, ground.frame, crs),
        overview=_overview(reader, wide, crs),
        rates=_rates(reader, ground.framed([geometry, *([cluster] if cluster else [])]), crs),
        motion=_motion(reader, patch_id),
        permits=permits,
        verdicts=verdicts,
        zones=_zones(reader, ground.degrees(wide)),
        provenance=_provenance(reader),
        **register,
    )


def _bounds_in(reader: ReleaseReader, crs: str) -> Bounds:
    info = reader.info
    there = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    return Bounds(*there.transform_bounds(info.west, info.south, info.east, info.north))


def _outlines(
    reader: ReleaseReader, patch: Mapping[str, Any], latest: BaseGeometry, dated: Mapping[Any, BaseGeometry]
) -> list[Outline]:
    rows = reader.outlines(str(patch["patch_id"]))
    if not rows:
        return [Outline(patch["last_seen"], latest, patch["area_m2"])]
    return [Outline(row.date, dated[row.date], row.area_m2, row.margin_m2, row.confidence) for row in rows]


def _verdict_rows(reader: ReleaseReader, patch_id: str, uploaded: Uploaded | None) -> list[dict[str, Any]]:
    if uploaded is None:
        return reader.verdict_table(patch_id)
    table = uploaded.verdicts
    return _records(table[table["patch_id"] == patch_id].rename(columns={table.geometry.name: "outside"}))


def _verdicts(rows: Sequence[Mapping[str, Any]]) -> list[CaseVerdict]:
    return [
        CaseVerdict(
            kind=row["kind"],
            certainty=row["certainty"],
            reasons=json.loads(row["reasons"]) if isinstance(row["reasons"], str) else list(row["reasons"]),
            date=row["date"],
            least_m2=row["least_m2"],
            likely_m2=row["likely_m2"],
            most_m2=row["most_m2"],
            distance_m=row["distance_m"],
            permits=list(row["permits"]),
            outside=_from_wkb(row["outside"]),
            since=row["since"],
            days=row["days"],
        )
        for row in rows
    ]


def _permit_rows(
    reader: ReleaseReader,
    bounds: tuple[float, float, float, float],
    named: Sequence[str],
    uploaded: Uploaded | None,
) -> list[dict[str, Any]]:
    if uploaded is None:
        return reader.permit_table(bounds, named)
    table = uploaded.permits
    return _records(table[table.intersects(shapely.box(*bounds)) | table["number"].isin(named)])


def _permits(
    rows: Sequence[Mapping[str, Any]], geometry: BaseGeometry, named: Sequence[str], ground: Ground
) -> list[CasePermit]:
    """Those that verdicts rest on first, then by distance."""
    patch = ground.metres(geometry)
    area = geodesic_area(geometry)
    found = [_permit(row, patch, area, str(row["number"]) in named, ground) for row in rows]
    return sorted(found, key=lambda one: (not one.named, one.distance_m or 0.0, -(one.shared_m2 or 0.0), one.number))


def _permit(row: Mapping[str, Any], patch: BaseGeometry, area_m2: float, named: bool, ground: Ground) -> CasePermit:
    geometry = _from_wkb(row["geometry"])
    shared = area = distance = None
    if geometry is not None:
        there = ground.metres(geometry)
        shared = geodesic_area(ground.from_metres(patch.intersection(there))) if patch.intersects(there) else 0.0
        area, distance = geodesic_area(geometry), float(patch.distance(there))
    return CasePermit(
        **{name: str(row[name] or "") for name in ("number", "mine", "holder", "mineral", "kind", "status")},
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        geometry=geometry,
        as_read=_from_wkb(row["as_read"]),
        area_m2=area,
        shared_m2=shared,
        outside_m2=None if shared is None else max(area_m2 - shared, 0.0),
        distance_m=distance,
        named=named,
    )


def _register(reader: ReleaseReader, uploaded: Uploaded | None) -> dict[str, Any]:
    """What is known of the register as a file."""
    if uploaded is not None:
        return {
            "register": uploaded.register,
            "register_crs": uploaded.crs,
            "register_sha256": uploaded.sha256,
            "positional_error_m": uploaded.error_m,
            "uploaded": True,
        }
    register = reader.register
    return {
        "register": register.name if register else None,
        "register_crs": register.crs if register else None,
        "register_sha256": register.sha256 if register else None,
        "positional_error_m": register.error_m if register else None,
        "uploaded": False,
    }


def _zones(reader: ReleaseReader, bounds: tuple[float, float, float, float]) -> list[tuple[str, BaseGeometry]]:
    there = shapely.box(*bounds)
    table = reader.zone_table()
    zones = [(row.name, shapely.from_wkb(row.geometry)) for row in table.itertuples(index=False)]
    return [(name, zone) for name, zone in zones if zone.intersects(there)]


def _pictures(reader: ReleaseReader, frame: Bounds, crs: str) -> list[Picture]:
    found = (_picture(reader, image, frame, crs) for image in reader.images)
    return [picture for picture in found if picture is not None]


def _overview(reader: ReleaseReader, wide: Bounds, crs: str) -> Crop | None:
    """The latest image of the whole area."""
    return colours(reader.layer_path(reader.images[-1].layer), wide, crs, _OVERVIEW_PIXELS) if reader.images else None


def _picture(reader: ReleaseReader, image: Image, frame: Bounds, crs: str) -> Picture | None:
    path = reader.layer_path(image.layer)
    flat = colours(path, frame, crs)
    mercator = colours(path, _mercator(frame, crs), MERCATOR)
    return Picture(image.date, image.pixel_m, flat, mercator) if flat and mercator else None


def _rates(reader: ReleaseReader, frame: Bounds, crs: str) -> RateMap | None:
    """None without a stack, or where the radar did not see the place."""
    layer = reader.layers.get("rate")
    if layer is None or reader.radar is None:
        return None
    path = reader.layer_path("rate")
    flat, mercator = numbers(path, frame, crs), numbers(path, _mercator(frame, crs), MERCATOR)
    if flat is None or mercator is None:
        return None
    return RateMap(flat, mercator, layer.high or 1.0, layer.neutral or reader.radar.threshold)


def _mercator(frame: Bounds, crs: str) -> Bounds:
    return Bounds(*Transformer.from_crs(crs, MERCATOR, always_xy=True).transform_bounds(*frame))


def _motion(reader: ReleaseReader, patch_id: str) -> Motion | None:
    series = reader.patch_series(patch_id)
    if series is None:
        return None
    return Motion(
        of=series.of,
        pixels=series.pixels,
        dates=list(series.dates),
        displacement_mm=[float(value) for value in series.displacement],
        noise_mm=[float(value) for value in series.noise],
        rate=series.rate,
        standard_error=series.standard_error,
        still_mm=series.still,
        fitted_mm=series.fitted,
        fitted_error_mm=series.fitted_error,
        turn=series.turn,
    )


def _provenance(reader: ReleaseReader) -> Provenance:
    pairs = reader.interferograms()
    return Provenance(
        images=[(image.date, list(image.bands), image.pixel_m) for image in reader.images],
        acquisitions=[row.date for row in reader.acquisitions()],
        pairs=(sum(pair.used for pair in pairs), len(pairs)),
        extraction=asdict(reader.extraction) if reader.extraction else None,
        steps=[StepTaken(s.name, s.finished, s.parameters, s.versions, s.report) for s in reader.steps()],
        inputs=[InputFile(row["step"], row["file"], row["sha256"]) for row in reader.inputs()],
    )


def _from_wkb(known: Any) -> BaseGeometry | None:
    """A geometry, from WKB where it is not one already; None for none and for an empty one."""
    if isinstance(known, bytes | bytearray | memoryview):
        known = shapely.from_wkb(bytes(known)) if len(known) else None
    return known if isinstance(known, BaseGeometry) and not known.is_empty else None


def _records(table: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Rows of a frame, with None for whatever pandas takes for missing."""
    rows = pd.DataFrame(table).to_dict("records")
    return [{str(key): None if _missing(value) else value for key, value in row.items()} for row in rows]


def _missing(value: Any) -> bool:
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))
