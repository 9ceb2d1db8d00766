"""Whatever runs a network gives what PyTorch does in float32, and which of them runs is decided by that."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.blocks import Workers
from engine.errors import InputError
from engine.grid import Block
from engine.patches import backends, choosing
from engine.patches.backends import OpenVINO, Prepared, PyTorch, convert, openvino, openvino_is_there, quantise, save
from engine.patches.blending import NO_PROBABILITY, ONE
from engine.patches.checkpoint import read_checkpoint, write_checkpoint
from engine.patches.choosing import Agreement, agree, choose
from engine.patches.inference import MASK, PROBABILITY, extract, mean_of_symmetries
from engine.patches.inputs import ImageBands, Standardisation
from engine.patches.options import ExtractionOptions
from engine.raster import Raster
from tests.engine.patches.conftest import BANDS, description_of, uncounted, write_image

pytestmark = pytest.mark.usefixtures("narrow")
needs_openvino = pytest.mark.skipif(not openvino_is_there(), reason="OpenVINO and NNCF are not installed")
SIDE = 64
SHAPE = (270, 260)  # sixteen windows side by side, eleven of them for calibration


@pytest.fixture(autouse=True, scope="module")
def quiet() -> Iterator[None]:
    """torch.export writes a record at every step when someone listens, as pytest does."""
    logging.disable(logging.DEBUG)
    yield
    logging.disable(logging.NOTSET)


def ground(rows: int, cols: int, seed: int = 0) -> NDArray[np.float32]:
    """Bright discs on dark ground with noise, in the units of `description_of`."""
    random = np.random.default_rng(seed)
    row, col = np.mgrid[:rows, :cols]
    values = random.normal(900, 60, (len(BANDS), rows, cols))
    for _ in range(max(3, rows * cols // 900)):
        middle, radius = random.random(2) * (rows, cols), random.uniform(4, 9)
        values[:, np.hypot(row - middle[0], col - middle[1]) < radius] += random.uniform(300, 700, (3, 1))
    return values.astype(np.float32)


@pytest.fixture(scope="module")
def checkpoint(narrow: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that finds the discs: trained for a while, since one that nobody trained answers next to noise."""
    description = description_of(zoom=1, rates=(1, 2, 3))
    torch.manual_seed(3)
    network = description.network().train()
    images = np.stack([ground(SIDE, SIDE, seed) for seed in range(100, 108)])
    labels = torch.from_numpy((images.mean(axis=1) > 1060).astype(np.int64))
    inputs = torch.from_numpy((images - 1000) / 300)
    optimizer = torch.optim.AdamW(network.parameters(), lr=4e-3)
    for _ in range(60):
        loss = torch.nn.functional.cross_entropy(network(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    network.train()
    with torch.no_grad():
        for _ in range(30):
            network(inputs)  # the running statistics come to rest
    return write_checkpoint(
        tmp_path_factory.mktemp("model") / "discs.safetensors", description, network.state_dict()
    ).path


@pytest.fixture(scope="module")
def models(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of OpenVINO's models for windows of SIDE."""
    folder = tmp_path_factory.mktemp("openvino")
    model = convert(read_checkpoint(checkpoint).network, (len(BANDS), SIDE, SIDE))
    save(model, folder / "float32.xml")
    save(quantise(model, [standardised(seed) for seed in range(24)]), folder / "int8.xml")
    assert sorted(path.name for path in folder.iterdir()) == ["float32.bin", "float32.xml", "int8.bin", "int8.xml"]
    return folder


def standardised(seed: int) -> NDArray[np.float32]:
    return (ground(SIDE, SIDE, seed) - np.float32(1000)) / np.float32(300)


@needs_openvino
@pytest.mark.parametrize(
    ("precision", "largest", "least", "least_f1"),
    # int8 differs from one make of processor to another, and a network of random weights is often of two minds.
    [("float32", 3, 0.9999, 0.99), ("bfloat16", 200, 0.999, 0.95), ("int8", 1500, 0.995, 0.8)],
)
def test_every_backend_agrees_with_the_reference(
    checkpoint: Path, models: Path, precision: Any, largest: int, least: float, least_f1: float
) -> None:
    reference = PyTorch(read_checkpoint(checkpoint).network)
    backend = OpenVINO(models / ("int8.xml" if precision == "int8" else "float32.xml"), precision)
    windows = np.stack([standardised(seed) for seed in range(50, 56)])
    found, wanted = backend(windows), reference(windows)
    assert found.dtype == wanted.dtype == np.int16
    assert found.shape == wanted.shape == (6, 3, SIDE, SIDE)
    share = (wanted[:, 1:].sum(axis=1, dtype=int) > ONE / 2).mean()
    assert 0.01 < share < 0.6, "the network finds something, and not everywhere"
    assert np.abs(found.sum(axis=1, dtype=int) - ONE).max() <= 2
    assert np.quantile(np.abs(found.astype(int) - wanted), 0.999) <= largest
    agreement = agree(backend, reference, list(windows), 0.5)
    assert agreement.argmax >= least
    assert agreement.f1 is not None and agreement.f1 >= least_f1
    np.testing.assert_array_equal(backend(windows[2:3]), found[2:3])


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    values = ground(*SHAPE, seed=7)
    values[:, :20, :30] = np.nan
    return write_image(tmp_path_factory.mktemp("image") / "image.tif", values, nodata=np.nan)


def extracted(image: Path, checkpoint: Path, folder: Path, workers: Workers, **options: Any) -> dict[str, Any]:
    """The report, and what was found under "probability" and "mask"."""
    chosen = ExtractionOptions(model="discs", window=SIDE, margin=16, **options)
    report = extract(image, checkpoint, folder, chosen, workers=workers, count=uncounted)
    assert sorted(path.name for path in folder.iterdir()) == ["class_probabilities.tif", MASK, PROBABILITY]
    with Raster(folder / PROBABILITY) as probability, Raster(folder / MASK) as mask:
        return {**report, "found": probability.read(), "mask": mask.read()}


@needs_openvino
def test_an_image_with_gaps_is_found_alike_whoever_runs_it(
    image: Path,
    checkpoint: Path,
    models: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In int8 twice, by threads and by a process: calibration is always the same, and so is what comes of it."""

    def run(workers: Workers, **options: Any) -> dict[str, Any]:
        return extracted(image, checkpoint, tmp_path_factory.mktemp("run"), workers, **options)

    wanted = run(Workers("serial"), backend="pytorch")
    assert (wanted["backend"], wanted["precision"], wanted["agreement"]) == ("pytorch", "float32", {})
    assert (wanted["found"] == NO_PROBABILITY).sum() == 600
    single = run(Workers("threads", 3), backend="openvino", precision="float32")
    # Converted once, which takes seconds; quantised each time.
    monkeypatch.setattr(choosing, "convert", lambda *_: openvino().Core().read_model(models / "float32.xml"))
    threads = run(Workers("threads", 3), backend="openvino", precision="int8")
    processes = run(Workers("processes", 1), backend="openvino", precision="int8")
    for found, precision, largest in ((single, "float32", 0.01), (threads, "int8", 3)):
        assert (found["backend"], found["precision"]) == ("openvino", precision)
        assert ((found["found"] == NO_PROBABILITY) == (wanted["found"] == NO_PROBABILITY)).all()
        assert np.abs(found["found"].astype(int) - wanted["found"]).mean() <= largest
    assert (single["mask"] != wanted["mask"]).sum() <= 2
    assert single["agreement"] == {}
    assert 0.98 < threads["agreement"]["int8"]["argmax"] < 1, "measured"
    np.testing.assert_array_equal(processes["found"], threads["found"])
    assert processes["agreement"] == threads["agreement"]


def choice_of(image: Path, checkpoint: Path, folder: Path, windows: int = 100, **options: Any) -> choosing.Choice:
    known = read_checkpoint(checkpoint)
    bands = ImageBands.named(image, BANDS)
    chosen = ExtractionOptions(model="discs", window=SIDE, margin=16, **options)
    return choose(known, known.network, bands, SHAPE, (SIDE, SIDE), folder / "made", chosen, windows=windows)


@needs_openvino
@pytest.mark.parametrize(
    ("flags", "enough", "chosen"),
    [
        ({"avx512_vnni"}, {"int8"}, "int8"),
        ({"avx512_vnni"}, set(), "float32"),
        ({"avx512_vnni", "amx_bf16"}, {"bfloat16"}, "bfloat16"),
        (set(), {"int8", "bfloat16"}, "float32"),
    ],
)
def test_the_fastest_that_agrees_is_chosen(
    image: Path,
    checkpoint: Path,
    models: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    flags: set[str],
    enough: set[str],
    chosen: str,
) -> None:
    def judged(one: Any, *_: Any) -> Agreement:
        return Agreement(1.0, 1.0) if one.precision in enough else Agreement(0.99, 0.97)

    monkeypatch.setattr(choosing, "processor_flags", lambda: frozenset(flags))
    monkeypatch.setattr(choosing, "agree", judged)
    monkeypatch.setattr(choosing, "convert", lambda *_: openvino().Core().read_model(models / "float32.xml"))
    monkeypatch.setattr(choosing, "quantise", lambda model, _: model)
    choice = choice_of(image, checkpoint, tmp_path)
    assert choice.prepared.precision == chosen
    assert choice.prepared.path.parent == tmp_path / "made"
    monkeypatch.setattr(choosing, "convert", None)
    assert choice_of(image, checkpoint, tmp_path) == choice, "what was made is taken up again"


@pytest.mark.parametrize(
    ("argmax", "f1", "enough"), [(1.0, 1.0, True), (0.997, 1.0, False), (1.0, 0.97, False), (1.0, None, False)]
)
def test_without_a_mine_to_compare_nothing_speaks_for_a_backend(argmax: float, f1: float | None, enough: bool) -> None:
    assert Agreement(argmax, f1).enough is enough


def test_masks_without_a_pixel_have_no_f1(checkpoint: Path) -> None:
    reference = PyTorch(read_checkpoint(checkpoint).network)
    assert agree(reference, reference, [standardised(1)], 1.0) == Agreement(1.0, None)
    assert agree(reference, reference, [standardised(1)], 0.0) == Agreement(1.0, 1.0)


def test_calibration_and_check_share_no_ground(image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Block] = []
    monkeypatch.setattr(
        ImageBands, "read", lambda _, block: read.append(block) or np.zeros((3, *block.shape), np.float32)
    )
    nothing = Standardisation((0.0,) * 3, (1.0,) * 3)
    trial = choosing._Trial(torch.nn.Identity(), ImageBands(image, (0, 1, 2)), (150, 130), (32, 32), nothing, tmp_path)
    assert len(list(trial._draw(48))) == len(read) == 16
    covered = np.zeros((150, 130), int)
    for block in read:
        covered[block.slices] += 1
    assert covered.max() == 1


def test_small_images_are_left_to_pytorch(image: Path, checkpoint: Path, tmp_path: Path) -> None:
    assert choice_of(image, checkpoint, tmp_path, windows=9).prepared == Prepared("pytorch", "float32", checkpoint)


def test_without_openvino_pytorch_runs(
    image: Path, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (choosing, backends):
        monkeypatch.setattr(module, "openvino_is_there", lambda: False)
    assert choice_of(image, checkpoint, tmp_path).prepared.name == "pytorch"
    (tmp_path / "made" / "choice.json").unlink()
    with pytest.raises(InputError, match="OpenVINO and NNCF are not installed") as refused:
        choice_of(image, checkpoint, tmp_path, backend="openvino")
    assert refused.value.field == "extraction.backend"


def test_the_mean_of_symmetries_turns_with_the_window(checkpoint: Path) -> None:
    backend, window = PyTorch(read_checkpoint(checkpoint).network), standardised(9)
    found = mean_of_symmetries(backend, window)
    turned = mean_of_symmetries(backend, np.ascontiguousarray(np.rot90(window, 1, (1, 2))[..., ::-1]))
    assert np.abs(np.rot90(turned[..., ::-1], -1, (1, 2)).astype(int) - found).max() <= 2
    assert np.abs(backend(window[None])[0].astype(int) - found).max() > 20, "one look differs from the mean of eight"


@needs_openvino
def test_windows_that_are_not_square_are_looked_at_from_eight_sides(
    checkpoint: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    image = write_image(tmp_path_factory.mktemp("low") / "image.tif", ground(40, 90), nodata=np.nan)
    found = [
        extracted(
            image,
            checkpoint,
            tmp_path_factory.mktemp(backend),
            Workers("serial"),
            backend=backend,
            augmentation="d4",
        )["found"]
        for backend in ("pytorch", "openvino")
    ]
    assert found[0].shape == (40, 90)
    assert np.abs(found[0].astype(int) - found[1]).max() <= 1
