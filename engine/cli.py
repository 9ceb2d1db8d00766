"""The command line: `python -m engine COMMAND`."""

import argparse
import logging
import logging.handlers
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from engine.commands import assess, compare, deform, evidence, infer, segment, train, tune
from engine.commands.progress import ProgressBar, counting
from engine.errors import InputError
from store.home import Home

_BAD_INPUT, _FAILED = 2, 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 done, 1 failed, 2 input that a person can mend."""
    given = _parser().parse_args(arguments)
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    home = Home.default()
    worst = 0
    with _log_to(home):
        for path in given.area:
            try:
                given.command(path, home, given, console)
            except InputError as error:
                logging.error("%s: %s", path, error)
                console.print(f"error {path}", style="bold red")
                console.print(_explained(error))
                worst = max(worst, _BAD_INPUT)
            except KeyboardInterrupt:
                console.print("stopped; the same command goes on where it was")
                return 130
            except Exception as error:
                logging.exception("%s failed", path)
                console.print(f"failed {path}", style="bold red")
                console.print(f"  {error!r}\n  The details are in {home.log / 'engine.log'}")
                worst = max(worst, _FAILED)
        if finish := getattr(given, "finish", None):  # of a command that says something of all areas together
            finish(given, console)
    return worst


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m engine", description="From satellite data to a published release.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="bring the release of areas up to date and publish it")
    run.add_argument("area", nargs="+", type=Path, help="folder of an area, or its area.toml")
    run.add_argument("--force", action="store_true", help="run every step again")
    run.add_argument("--workers", type=_positive, default=os.cpu_count(), help="threads or processes (default: cores)")
    run.add_argument("--processes", action="store_true", help="use processes instead of threads")
    run.add_argument("--scheduler", metavar="TCP://HOST:PORT", help="run blocks on a dask cluster")
    run.set_defaults(command=_run)

    check = commands.add_parser("check", help="read an area and every file of it, without computing anything")
    check.add_argument("area", nargs="+", type=Path, help="folder of an area, or its area.toml")
    check.set_defaults(command=_check)

    simulated = commands.add_parser("simulate", help="make a study area whose truth is known")
    simulated.add_argument("place", choices=["weining"], help="what it imitates")
    simulated.add_argument("area", nargs=1, type=Path, metavar="OUT", help="folder to make")
    simulated.add_argument("--size", choices=["small", "medium", "paper"], default="small", help="(default: small)")
    simulated.add_argument("--seed", type=_whole, default=1, help="another seed, another place (default: 1)")
    simulated.add_argument("--workers", type=_positive, default=os.cpu_count(), help="threads (default: cores)")
    simulated.add_argument("--force", action="store_true", help="make it again although it is there")
    simulated.set_defaults(command=_simulate)

    train.add_commands(commands, _whole)
    init = commands.add_parser("init", help="look into a folder of data and write the area file that runs with it")
    init.add_argument("area", nargs="+", type=Path, metavar="folder", help="folder of images or interferograms")
    init.set_defaults(command=_init)
    infer.add_commands(commands, _positive)
    segment.add_commands(commands, _positive)
    tune.add_commands(commands, _positive)
    deform.add_commands(commands, _positive)
    assess.add_commands(commands)
    compare.add_commands(commands)
    evidence.add_commands(commands)
    return parser


def _run(path: Path, home: Home, given: argparse.Namespace, console: Console) -> None:
    # The scientific stack takes seconds to import; `--help` and a typing error need not wait for it.
    from engine.area import read_area
    from engine.blocks import Kind, Workers
    from engine.pipeline import run

    kind: Kind = "cluster" if given.scheduler else "processes" if given.processes else "threads"
    area, workers = read_area(path), Workers(kind, given.workers, given.scheduler)
    if kind == "cluster":
        with workers.executor():
            pass  # a scheduler that does not answer is said at once, not after the stack has been read
    with ProgressBar(console) as listen:
        release = run(area, home, workers=workers, listen=listen, force=given.force)
    console.print(f"{area.name}: release {release} is current")


def _check(path: Path, home: Home, _given: argparse.Namespace, console: Console) -> None:
    from engine.area import read_area
    from engine.pipeline import check_inputs

    area = read_area(path)
    with ProgressBar(console) as listen:
        console.print(f"{area.name}: {check_inputs(area, home, listen)}")


def _simulate(path: Path, _home: Home, given: argparse.Namespace, console: Console) -> None:
    from engine.blocks import Workers
    from engine.simulate.weining import simulate

    with ProgressBar(console) as listen:
        made = simulate(
            given.size,
            given.seed,
            path,
            workers=Workers("threads", given.workers),
            count=lambda part, total: counting(listen, part)(total),
            force=given.force,
        )
    console.print(f"{path}: {'made' if made else 'up to date'}; python -m engine run {path}")


def _init(path: Path, _home: Home, _given: argparse.Namespace, console: Console) -> None:
    from engine.survey.places import survey
    from engine.survey.report import found_text, written_text
    from engine.survey.writing import write_areas

    found = survey(path)
    console.print(found_text(found))
    console.print(written_text(write_areas(found), found))


def _explained(error: InputError) -> str:
    lines = [f"  file   {error.file}" if error.file else "", f"  field  {error.field}" if error.field else ""]
    return "\n".join([line for line in lines if line] + [f"  wrong  {error.problem}", f"  mend   {error.mend}"])


@contextmanager
def _log_to(home: Home) -> Iterator[None]:
    """Write what is logged to the home's log while a command runs."""
    home.log.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        home.log / "engine.log", maxBytes=5_000_000, backupCount=3, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        handler.close()


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"'{text}' is no number from 0 on")
    return int(text)


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"'{text}' is no number from 1 on")
    return int(text)
