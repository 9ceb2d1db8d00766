"""How fast scenes are searched, as `python -m benchmarks.inference --keep` measured it beside the plain way."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MEASURED = Path(__file__).parents[1] / "models" / "inference-speed.json"


@dataclass(frozen=True)
class WaySpeed:
    """One way of running a network. kpx_per_s : thousand pixels a second on `Speed.cores` cores. cpu_s_per_mpx : CPU
    seconds per million pixels, without reading and writing. f1 : of any mine, on a crop with known truth.
    """

    way: str
    kpx_per_s: float
    cpu_s_per_mpx: float
    times_plain: float
    peak_mb: float
    f1: float | None = None


@dataclass(frozen=True)
class Speed:
    """A benchmark. command : that made it. day : ISO date."""

    command: str
    processor: str
    cores: int
    day: str
    ways: tuple[WaySpeed, ...]


def keep_speed(speed: Speed, path: Path = MEASURED) -> None:
    path.write_text(json.dumps(asdict(speed), indent=1) + "\n", encoding="utf-8")


def read_speed(path: Path = MEASURED) -> Speed | None:
    """None where no benchmark was kept."""
    try:
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Speed(**kept | {"ways": tuple(WaySpeed(**way) for way in kept["ways"])})
