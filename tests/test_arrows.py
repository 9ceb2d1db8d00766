"""Imports run one way: what each part of the project may import, and that the app stays light."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

FOUNDATIONS = (
    *("engine.grid", "engine.raster", "engine.vectors", "engine.blocks", "engine.options", "engine.errors"),
    "engine.steps.Progress",
    "engine.compiled",
    "engine.days",
    "engine.likeness",
    "engine.measures",
)
DOMAINS = [f"engine.{name}" for name in ("patches", "objects", "deformation", "activity", "permits", "evidence")]

# What a module may import of the project. Of several entries that fit, the longest holds.
ARROWS = {
    "app": ("web",),
    "navigation": ("components", "engine.wording"),
    "pages": ("components", "engine.wording", "engine.permits", "engine.evidence"),
    "pages.permits": ("components", "engine.wording", "engine.errors", "store.home"),
    "components": (
        "components",
        "engine.evidence",
        "engine.wording",
        "store.assessments",
        "store.casebook",
        "store.cases",
        "store.differences",
        "store.grounds",
        "store.home",
        "store.map_shapes",
        "store.nearness",
        "store.paper",
        "store.patches",
        "store.photos",
        "store.reader",
        "store.rows",
        "store.speed",
        "store.summaries",
        "store.tunings",
        "web.palette",
        "web.urls",
    ),
    # Who is there is known where the guard knows it.
    "components.sign_in": ("components", "engine.wording", "store.cases", "web.roles", "web.sign_in"),
    "components.permits": (
        *("components", "engine.wording", "engine.errors", "engine.permits", "engine.evidence"),
        *("store.home", "store.patches", "store.reader", "store.rows", "web.handover"),
    ),
    "web": ("web", "store.home", "store.patches", "store.reader", "store.rows"),
    "web.photos": ("web", "store.casebook", "store.cases"),
    "store": ("store",),
    "engine": FOUNDATIONS,
    **{domain: (domain, *FOUNDATIONS) for domain in DOMAINS},
    "engine.patches": ("engine.patches", "engine.imagery", *FOUNDATIONS),
    # It reads images of any kind, and opacity is told in one place.
    "engine.objects.rasters": ("engine.objects", "engine.imagery", *FOUNDATIONS),
    # A dossier turns facts into words; some modules of it know where they lie.
    "engine.evidence": ("engine.evidence", "engine.wording", *FOUNDATIONS),
    "engine.evidence.casework": (
        *("engine.evidence", "store.casebook", "store.nearness", "store.photos", "store.reader"),
        *FOUNDATIONS,
    ),
    "engine.evidence.gathering": ("engine.evidence", "store.reader", "store.rows", *FOUNDATIONS),
    "engine.evidence.overview": (
        *("engine.evidence", "engine.wording", "store.reader", "store.rows", "store.summaries"),
        *FOUNDATIONS,
    ),
    "engine.evidence.selecting": (
        *("engine.evidence", "engine.wording", "store.reader", "store.rows"),
        *FOUNDATIONS,
    ),
    "engine.simulate": ("engine.simulate", *FOUNDATIONS),
    "engine.simulate.weining": ("engine.simulate", "engine.area", "engine.steps", *FOUNDATIONS),
    "engine.wording": ("engine.wording",),
    "engine.area": (*DOMAINS, "engine.imagery", "engine.errors", "engine.options"),
    "engine.survey": ("engine.survey", "engine.area", "engine.imagery", *DOMAINS, *FOUNDATIONS),
    "engine.assessment": (
        *("engine.assessment", "engine.patches", "engine.__version__", "store.assessments", "store.paper"),
        *FOUNDATIONS,
    ),
    # It has an area's images looked through, and draws them.
    "engine.assessment.areas": (
        *("engine.assessment", "engine.patches", "engine.area", "engine.imagery", "engine.pipeline"),
        *("store.assessments", "store.home"),
        *FOUNDATIONS,
    ),
    "engine.assessment.pictures": ("engine.assessment", "engine.patches", "engine.imagery", *FOUNDATIONS),
    "engine.products": (*DOMAINS, "engine.grid", "engine.steps"),
    "engine.publish": (
        *("engine.publish", "engine.products", "engine.area", "engine.attention", "engine.imagery", "engine.steps"),
        "engine.__version__",
        *(*DOMAINS, *FOUNDATIONS, "store.home", "store.release"),
    ),
    "engine.pipeline": ("engine", "store.home", "store.reader"),
    "engine.cli": ("engine", "store.home", "store.reader"),
    "engine.commands": (
        *("engine", "store.home", "store.reader", "store.assessments", "store.tunings"),
        *("store.casebook", "store.cases"),
    ),
    "engine.__main__": ("engine.cli",),
}
HEAVY = ("torch", "mintpy", "numba", "scipy", "matplotlib", "geopandas", "leafmap")
APP = ("app", "navigation", "pages", "components", "web")
# Libraries that it may not import, even inside a function.
BANNED = {"engine": ("streamlit",), "store": ("streamlit", *HEAVY), **dict.fromkeys(APP, HEAVY)}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


SOURCES = {
    name_of(path): path.read_text(encoding="utf-8")
    for part in BANNED
    for path in (*ROOT.glob(f"{part}.py"), *(ROOT / part).rglob("*.py"))
}


def imported(source: str, *, types: bool = True) -> Iterator[str]:
    """Full name of everything that is imported, at the top or in a function; a relative one begins with a dot.

    types : also what is imported for the checker of types alone.
    """
    tree = ast.parse(source)
    if not types:
        tree.body = [node for node in tree.body if not _for_types(node)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


def _for_types(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def wrong_arrows(module: str, source: str) -> list[str]:
    allowed = ARROWS[max((place for place in ARROWS if _within(module, (place,))), key=len)]
    banned = BANNED[module.split(".")[0]]
    loaded = set(imported(source, types=False))
    return [
        f"{module} -> {name}"
        for name in imported(source)
        if (name in loaded and _within(name, banned)) or (_of_project(name) and not _within(name, allowed))
    ]


def _within(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def _of_project(name: str) -> bool:
    return name.startswith(".") or name.split(".")[0] in BANNED


@pytest.mark.parametrize("module", SOURCES)
def test_imports_run_one_way(module: str) -> None:
    assert wrong_arrows(module, SOURCES[module]) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("store.reader", "from engine.grid import Grid"),
        ("store.reader", "import streamlit as st"),
        ("engine.raster", "from engine.deformation.stack import Radar"),
        ("engine.activity.steps", "def late():\n    from engine.deformation import network"),
        ("engine.patches.outlines", "from engine.steps import Workspace"),
        ("engine.deformation.steps", "from . import network"),
        ("engine.publish", "from store.reader import release"),
        ("engine.publish.radar", "from engine.pipeline.radar import radar_steps"),
        ("engine.wording", "from engine.grid import Grid"),
        ("web.tiles", "import components.map"),
        ("components.map", "from web import guard"),
        ("pages.inspect.map", "from store.reader import release"),
        ("pages.inspect.map", "import geopandas as gpd"),
    ],
)
def test_a_wrong_arrow_is_found(module: str, source: str) -> None:
    assert len(wrong_arrows(module, source)) == 1


def test_the_app_loads_nothing_heavy() -> None:
    """In a fresh process: every module of the app, and whatever its scripts (navigation and pages) import."""
    scripts = ("navigation", "pages")
    modules = {name for name in SOURCES if _within(name, ("app", "components", "web", "store"))}
    modules |= {
        node.module
        for name in SOURCES
        if _within(name, scripts)
        for node in ast.walk(ast.parse(SOURCES[name]))
        if isinstance(node, ast.ImportFrom) and node.module
    }
    program = (
        f"import importlib, sys\nfor name in {sorted(modules)}: importlib.import_module(name)\n"
        f"print(sorted(sys.modules.keys() & {set(HEAVY)}))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
