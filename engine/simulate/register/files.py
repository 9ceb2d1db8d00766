"""The register as files: as an office hands it out, and as a GIS keeps it. Nothing of the truth is in them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from engine.simulate.register.permits import Permit, Register
from engine.simulate.vectors import Column, dates, texts, write_geopackage, write_shapefile

# Full names of the columns, and what is left of them in ten bytes.
SHORT_NAMES = {
    "采矿许可证号": "许可证号",
    "矿山名称": "矿山名称",
    "采矿权人": "采矿权人",
    "开采主矿种": "开采主矿种",
    "项目类型": "项目类型",
    "许可证状态": "许可证状态",
    "有效期起": "有效期起",
    "有效期止": "有效期止",
    "签发时间": "签发时间",
    "矿区面积 (km2)": "矿区面积",
    "采深上限": "采深上限",
    "采深下限": "采深下限",
    "复垦义务期限": "复垦期限",
}


def write_register(register: Register, folder: Path) -> list[Path]:
    """Write `permits` and `ecological_zone`, each as a shape file (GBK, no .cpg) and as a GPKG; returns those.

    All in CGCS2000 / 3-degree Gauss-Krüger, central meridian 105° E (EPSG:4544). Areas are in km², elevations in m.
    """
    outlines = [permit.outline for permit in register.permits]
    zones = [zone.outline for zone in register.zones]
    written = []
    for name, columns, shapes in (
        ("permits", _columns(register.permits), outlines),
        ("ecological_zone", _zone_columns(register), zones),
    ):
        write_geopackage(folder / f"{name}.gpkg", columns, shapes)
        write_shapefile(
            folder / f"{name}.shp", {SHORT_NAMES.get(key, key): column for key, column in columns.items()}, shapes
        )
        written += [folder / f"{name}.gpkg", folder / f"{name}.shp"]
    return written


def _columns(permits: Sequence[Permit]) -> Mapping[str, Column]:
    return {
        "采矿许可证号": texts([permit.number for permit in permits]),
        "矿山名称": texts([permit.mine for permit in permits]),
        "采矿权人": texts([permit.holder for permit in permits]),
        "开采主矿种": texts([permit.mineral for permit in permits]),
        "项目类型": texts([permit.kind.value for permit in permits]),
        "许可证状态": texts([permit.status.value if permit.status else None for permit in permits]),
        "有效期起": dates([permit.valid_from for permit in permits]),
        "有效期止": dates([permit.valid_to for permit in permits]),
        "签发时间": dates([permit.issued for permit in permits]),
        "矿区面积 (km2)": np.array([permit.area_km2 for permit in permits]),
        "采深上限": np.array([permit.top_m for permit in permits], np.int32),
        "采深下限": np.array([permit.bottom_m for permit in permits], np.int32),
        "复垦义务期限": dates([permit.reclaim_by for permit in permits]),
    }


def _zone_columns(register: Register) -> Mapping[str, Column]:
    return {
        "名称": texts([zone.name for zone in register.zones]),
        "批准时间": dates([zone.since for zone in register.zones]),
    }
