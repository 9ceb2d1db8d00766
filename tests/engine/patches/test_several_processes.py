"""Several processes that PyTorch joins: they do what one does that goes through their shares one after another."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from engine.patches.checkpoint import read_checkpoint
from engine.patches.loss import segmentation_loss
from engine.patches.model import DeepLabV3
from engine.patches.options import TrainingOptions
from engine.patches.sampling import Sampler, measure
from engine.patches.training import rate_share
from tests.engine.patches.pits import ONE_DATE, parts, write_dates

TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone")
ROOT = Path(__file__).parents[3]
OPTIONS = TrainingOptions(
    stride=8, rates=(1, 2, 3), crop=32, batch=4, steps=3, validation=0, averaging=0, dropout=0, precision="float32"
)
AREA = (
    ONE_DATE
    + """[reference]
classes = { pit = [10] }
background = [1]
held_out_rows = [[48, 96]]
[training]
stride = 8
rates = [1, 2, 3]
crop = 32
batch = 4
steps = 3
validation = 0
averaging = 0
dropout = 0
precision = "float32"
"""
)


def losses_of_one_process(ranks: int) -> list[float]:
    """Batch statistics are of each process's share; gradients are averaged over all."""
    seen = parts()
    standard = measure(seen)
    sampler = Sampler(seen, standard, OPTIONS)
    with torch.random.fork_rng():
        torch.manual_seed(OPTIONS.seed)
        network = DeepLabV3("resnet18", classes=2, bands=3, stride=8, rates=(1, 2, 3), dropout=0)
    # As in a training: in another layout convolutions sum in another order, which the first steps make much of.
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=OPTIONS.weight_decay)
    losses = []
    for step in range(OPTIONS.steps):
        optimizer.param_groups[0]["lr"] = OPTIONS.learning_rate * rate_share(step, OPTIONS)
        optimizer.zero_grad()
        total = 0.0
        for rank in range(ranks):
            values, labels = (torch.from_numpy(array) for array in sampler.batch(step, rank, ranks))
            logits = network(values.to(memory_format=torch.channels_last))
            loss = segmentation_loss(logits, labels.long()) / ranks
            loss.backward()
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(network.parameters(), OPTIONS.clip)
        optimizer.step()
        losses.append(total)
    return losses


def test_two_processes_are_one_with_the_batch_in_two_shares(tmp_path: Path) -> None:
    write_dates(tmp_path)
    (tmp_path / "area.toml").write_text(AREA)
    (tmp_path / "SOURCE.md").write_text("Made up.\n")
    started = subprocess.run(
        [*TORCHRUN, "--nproc-per-node", "2", "-m", "engine", "train", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PITWATCH_HOME": str(tmp_path / "home"), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert started.returncode == 0, started.stderr
    assert started.stderr.count("sha256") == 1  # one speaks for both
    models = tmp_path / "models"
    assert read_checkpoint(models / "pits.safetensors").description.recipe == OPTIONS
    with (models / "pits.training.csv").open(newline="") as file:
        found = [float(row["loss"]) for row in csv.DictReader(file)]
    # Sums in another order are all that differs.
    assert found == pytest.approx(losses_of_one_process(2), rel=1e-3)
    assert found != pytest.approx(losses_of_one_process(1), rel=1e-3)
