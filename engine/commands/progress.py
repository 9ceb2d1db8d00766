"""What a command shows on the terminal while it works."""

import itertools
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

Listen = Callable[[dict[str, Any]], None]


class ProgressBar:
    """A progress bar that a run's states drive; `remark` of a state stands at the end of its line."""

    def __init__(self, console: Console) -> None:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description:<10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[remark]}"),
        )
        self._progress = Progress(*columns, console=console)
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Listen:
        self._progress.start()
        return self._show

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _show(self, state: dict[str, Any]) -> None:
        name = state.get("step")
        if not name:
            return
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=None, remark="")
        total, done = state.get("total") or 1, state.get("done") or 0
        if state.get("finished") == name:
            done = total
        self._progress.update(self._tasks[name], total=total, completed=done, remark=state.get("remark", ""))


def counting(listen: Listen, step: str) -> Callable[[int], Callable[[], None]]:
    """Makes functions that tell of each of a number of equal parts of a step."""

    def count(total: int) -> Callable[[], None]:
        done = itertools.count(1)
        return lambda: listen({"step": step, "total": total, "done": next(done)})

    return count


def telling_losses(listen: Listen) -> Callable[[int], Callable[[float], None]]:
    """Makes functions that tell of each step of a training and its loss."""

    def count(total: int) -> Callable[[float], None]:
        done = itertools.count(1)
        return lambda loss: listen({"step": "train", "total": total, "done": next(done), "remark": f"loss {loss:.3f}"})

    return count
