"""A progress bar in the terminal."""

from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class ProgressBar:
    """A progress bar that a run's states drive."""

    def __init__(self, console: Console) -> None:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description:<10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self._progress = Progress(*columns, console=console)
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Callable[[dict[str, Any]], None]:
        self._progress.start()
        return self._show

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _show(self, state: dict[str, Any]) -> None:
        name = state.get("step")
        if not name:
            return
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=None)
        total, done = state.get("total") or 1, state.get("done") or 0
        if state.get("finished") == name:
            done = total
        self._progress.update(self._tasks[name], total=total, completed=done)
