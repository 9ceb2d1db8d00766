"""The benchmark that ships is read as it was kept."""

from pathlib import Path

from store.speed import Speed, WaySpeed, keep_speed, read_speed

SPEED = Speed("python -m benchmarks.inference", "a processor", 2, "2026-11-29", (WaySpeed("plain", 50, 40, 1, 900.5),))


def test_what_was_kept_is_read(tmp_path: Path) -> None:
    path = tmp_path / "speed.json"
    assert read_speed(path) is None
    keep_speed(SPEED, path)
    assert read_speed(path) == SPEED
