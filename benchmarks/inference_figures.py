"""The figures of the benchmark of inference, as a table and as JSON."""

import datetime
import platform
from pathlib import Path
from typing import Any

from rich.table import Column, Table

from store.speed import Speed, WaySpeed

CORES = 2


def as_json(rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Ratios of CPU seconds, and the figures of each way by its name."""
    plain, eager_16, own_eager, _, single, half, best = (row["cpu_s_per_mpx"] for row in rows.values())
    return {
        "ratio_to_plain": plain / best,
        "ratio_to_plain_float32": plain / single,
        "ratio_to_plain_bfloat16": plain / half,
        "ratio_to_eager_16": eager_16 / best,
        "ratio_to_own_eager_16": own_eager / best,
        "kpx_per_s": CORES * 1e3 / best,
        "peak_mb": list(rows.values())[-1]["peak_mb"],
        "ways": {name: {key: one for key, one in row.items() if key != "found"} for name, row in rows.items()},
    }


def as_speed(rows: dict[str, dict[str, Any]], *, command: str) -> Speed:
    """What the quality page shows of it."""
    plain = next(iter(rows.values()))["cpu_s_per_mpx"]
    ways = tuple(
        WaySpeed(
            name,
            CORES * 1e3 / row["cpu_s_per_mpx"],
            row["cpu_s_per_mpx"],
            plain / row["cpu_s_per_mpx"],
            row["peak_mb"],
            row.get("f1"),
        )
        for name, row in rows.items()
    )
    return Speed(command, _processor(), CORES, datetime.datetime.now(datetime.UTC).date().isoformat(), ways)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def as_table(rows: dict[str, dict[str, Any]]) -> Table:
    table = Table(
        *(
            Column("", no_wrap=True),
            "kpx/s, 2 cores",
            "CPU s/Mpx",
            "times plain",
            "reading",
            "writing",
            "prepare, s",
            "peak, MB",
            "agree",
            "F1",
        ),
        title="Inference (CPU seconds of one core; reading and writing apart)",
        title_justify="left",
    )
    plain = next(iter(rows.values()))["cpu_s_per_mpx"]
    for name, row in rows.items():
        seconds = row["cpu_s_per_mpx"]
        table.add_row(
            name,
            f"{CORES * 1e3 / seconds:.0f}",
            f"{seconds:.3f}",
            f"{plain / seconds:.1f}",
            *(
                f"{row[key]:{form}}" if key in row else ""
                for key, form in (
                    ("read_s_per_mpx", ".3f"),
                    ("write_s_per_mpx", ".3f"),
                    ("prepare_s", ".1f"),
                    ("peak_mb", ".0f"),
                    ("argmax_agreement", ".4f"),
                    ("f1", ".3f"),
                )
            ),
        )
    return table
