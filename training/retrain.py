"""Retrain on what a site has judged: `python -m training.retrain --dataset EXPORT --out DIR`.

EXPORT is what `safety-detector dataset export --format coco` wrote, as it is: `train.json`,
`validation.json`, `images/`. Pyramid and scores go on learning a little from the weights that come
with the program. Of the means between both, that one is kept which gains most among those that
answer no kind of question worse than before, neither on the site's validation part nor on the check
set of the program, and that gain more on the site's than chance does. DIR then holds
`retrained.onnx` and `report.json`. Where nothing is surely gained without a loss there is no
`retrained.onnx`, and the exit code is 3.

It needs the packages of `requirements.lock` and of `training/requirements.txt`.
"""

import argparse
import hashlib
import json
import math
import queue
import shutil
import sys
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import torch
from torch import Tensor, nn

from safety_detector.detectors.embedded.detector import load_onnx_detector
from safety_detector.detectors.embedded.onnx_model import BUNDLED_WEIGHTS
from safety_detector.errors import SafetyDetectorError
from safety_detector.evaluation.acceptance import Comparison, compare
from safety_detector.evaluation.check_set import read_check_set
from safety_detector.evaluation.running import Answered, answer_pictures
from safety_detector.evaluation.truth import LabelledPicture as JudgedPicture
from safety_detector.evaluation.truth import read_labelled_pictures
from training.batches import Augmentation, BatchMaker, prefetch
from training.export import onnx_network, write_graph, write_metadata
from training.graph import fold_padding
from training.judged import KNOWN, MISTAKEN, as_training_pictures
from training.labels import LabelledPicture
from training.model import CLASSES, PICTURE_CLASSES, Detector
from training.train import Trainer, averaged_weights, blend, free_cores
from training.validate import (
    answer_all,
    box_picture_scores,
    class_figures,
    picture_figures,
)

LEAST_PICTURES = 40
"""Fewer teach by heart; and a batch has sixteen."""

MOST_PICTURES = 3000
"""As many fit into memory, at about 1 MB each; those with mistakes come first."""

SAY_EVERY_S = 60.0
THREADS_EVERY_STEPS = 10
DONE, NOTHING_GAINED, WRONG_USAGE = 0, 3, 2


class NotEnough(Exception):
    """The set cannot be learnt from; the message says what is missing."""


class Retrainer(Trainer):
    """A run that goes a little way from where it began: see `retrain.toml`."""

    def __init__(
        self, config: dict[str, Any], budget_s: float, weights: Mapping[str, Tensor]
    ) -> None:
        super().__init__(config, budget_s, torch.device("cpu"))
        self.network.load_state_dict(weights)
        self.averaged.load_state_dict(weights)
        self._beginning = {
            name: value.detach().clone()
            for name, value in self.network.named_parameters()
            if value.requires_grad
        }

    def _frozen(self) -> list[nn.Module]:
        """The backbone, the sides of boxes and the head for whole pictures.

        A site teaches little new about where boxes end; and its few fires would bend what tells
        whether a picture as a whole shows one.
        """
        heads = self.network.box_heads
        sides = [part for one in heads for part in (one.side_tower, one.side)]
        return [*super()._frozen(), self.network.picture_head, *sides]

    def train_mode(self) -> None:
        """Every normalisation keeps its statistics: a site's few pictures would bend them."""
        self.network.eval()

    @torch.no_grad()
    def pull_back(self) -> None:
        """Draw the weights towards where they began."""
        share = self.schedule["pull"] * self.learning_rate_now() / self.schedule["learning_rate"]
        for name, value in self.network.named_parameters():
            if name in self._beginning:
                value.lerp_(self._beginning[name], share)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Weights that may replace those that were started from.

    Attributes:
        path: of its ONNX file.
        share: of the retrained weights in it.
        thresholds: by class; None for those it started with.
        site: on the validation part of the set.
        check: on the check set of the program; None where the site's part forbids it already.
        tries: how many candidates the site's part judges; the best of many gains by chance.
    """

    path: Path
    share: float
    thresholds: Mapping[str, float] | None
    site: Comparison
    check: Comparison | None
    tries: int

    @property
    def may_replace(self) -> bool:
        """Whether it loses nothing on either set, and surely gains on the site's."""
        return (
            self.check is not None
            and not self.site.losses
            and not self.check.losses
            and self.site.is_surely_better(self.tries)
        )


def learn(trainer: Retrainer, maker: BatchMaker, threads: int) -> None:
    """Train until the time is spent."""
    sizes: queue.SimpleQueue[int] = queue.SimpleQueue()
    batches = prefetch(maker, trainer.schedule["batch"], sizes)
    for _ in range(3):
        sizes.put(trainer.size_now())
    trainer.train_mode()
    began = said = time.monotonic()
    losses: list[float] = []
    while trainer.progress < 1:
        if trainer.steps % THREADS_EVERY_STEPS == 0:
            torch.set_num_threads(free_cores(torch.get_num_threads(), threads))
        parts = trainer.step(next(batches))
        trainer.pull_back()
        losses.append(parts["score"])
        sizes.put(trainer.size_now())
        trainer.spent_s = time.monotonic() - began
        if time.monotonic() - said > SAY_EVERY_S:
            said = time.monotonic()
            recent = np.mean(losses[-50:])
            say(f"{trainer.progress:.0%} of the time, {trainer.steps} steps, loss {recent:.3f}")
    sizes.put(0)


def say(sentence: str) -> None:
    """Tell how far it is."""
    print(sentence, file=sys.stderr, flush=True)


def metadata(path: Path) -> dict[str, str]:
    """What an ONNX file says about itself."""
    return {one.key: one.value for one in onnx.load(str(path)).metadata_props}


def write_weights(
    weights: Mapping[str, Tensor], path: Path, entries: Mapping[str, Any], started_from: str
) -> None:
    """An ONNX file of the weights, whose version names what it started from and is its own."""
    network = Detector()
    network.load_state_dict(weights)
    write_graph(network, int(entries["input_size"]), path)
    fold_padding(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    base = str(entries["version"]).partition("+")[0]
    own = {"version": f"{base}+site.{digest[:8]}", "retrained_from": started_from}
    write_metadata(path, dict(entries) | own)


def answers_of(path: Path, pictures: Sequence[JudgedPicture]) -> list[Answered]:
    """What the product says of pictures with a file's weights."""
    return answer_pictures(load_onnx_detector(path, 0), pictures)


def site_thresholds(
    path: Path,
    pictures: Sequence[LabelledPicture],
    entries: Mapping[str, Any],
    least: Mapping[str, int],
) -> dict[str, float] | None:
    """The file's thresholds, those chosen anew of which the pictures say enough; None if none is.

    Args:
        path: of the ONNX file.
        pictures: the site's validation part.
        entries: the file's metadata.
        least: the section `thresholds` of the configuration.
    """
    overview, overlaps = json.loads(entries["overview"]), json.loads(entries["overlaps"])
    answers = answer_all(onnx_network(path, 0), pictures, int(entries["input_size"]), overview)
    thresholds: dict[str, float] = json.loads(entries["thresholds"])
    before = dict(thresholds)
    by_class = class_figures(pictures, answers, overlaps)
    by_best_box = picture_figures(pictures, box_picture_scores(answers))
    for name in CLASSES:
        if name not in by_class:
            continue
        if name not in PICTURE_CLASSES:
            if by_class[name].boxes >= least["least_boxes"]:
                thresholds[name] = round(by_class[name].threshold, 4)
            continue
        seen = by_best_box.get(name)
        enough = seen is not None and (
            seen.positives >= least["least_with"] and seen.negatives >= least["least_without"]
        )
        if seen is not None and enough:
            thresholds[name] = round(max(by_class[name].threshold, seen.strictest), 4)
    return None if thresholds == before else thresholds


def read_part(dataset: Path, side: str) -> tuple[JudgedPicture, ...]:
    """The pictures of one side of the split.

    Raises:
        NotEnough: the set has no such side.
        AnnotationsInvalid: it contradicts itself.
    """
    path = dataset / f"{side}.json"
    if not path.is_file():
        raise NotEnough(
            f"{path} is missing. --dataset takes the folder that `safety-detector dataset export "
            "--format coco` wrote, with train.json, validation.json and images/."
        )
    return read_labelled_pictures(path)


def chosen_pictures(pictures: list[LabelledPicture]) -> list[LabelledPicture]:
    """As many as memory takes, those with mistakes first."""
    if len(pictures) <= MOST_PICTURES:
        return pictures
    say(f"Of {len(pictures)} pictures {MOST_PICTURES} are learnt from, those with mistakes first.")
    return sorted(pictures, key=lambda one: one.tag != MISTAKEN)[:MOST_PICTURES]


def sources_of(
    pictures: Sequence[LabelledPicture], config: Mapping[str, float]
) -> dict[str, float]:
    """The shares of what there is: a site may have no mistakes, or nothing else."""
    there = {one.key for one in pictures}
    return {name: config[name] for name in (MISTAKEN, KNOWN) if name in there}


def retrain(
    dataset: Path, out: Path, start: Path, config: dict[str, Any], budget_s: float, threads: int
) -> tuple[Candidate | None, dict[str, Any]]:
    """Learn from the set; the weights that may replace those of the start, and the report.

    Args:
        dataset: folder of the export.
        out: folder for the weights.
        start: ONNX file to go on from.
        config: see `retrain.toml`.
        budget_s: for learning alone; asking before and after comes on top.
        threads: most to use at once.

    Raises:
        NotEnough: there is too little to learn from or to judge by.
        SafetyDetectorError: the set contradicts itself, or the weights are none of ours.
    """
    began = time.monotonic()
    training, validation = read_part(dataset, "train"), read_part(dataset, "validation")
    check_set = read_check_set()
    if len(training) < LEAST_PICTURES:
        raise NotEnough(
            f"The set has {len(training)} pictures to learn from; {LEAST_PICTURES} are the fewest."
        )
    say(f"{len(training)} pictures to learn from, {len(validation)} to judge by; asking {start}")
    before_site = answers_of(start, validation)
    asked = compare(before_site, before_site).asked
    if asked == 0:
        raise NotEnough(
            f"The validation part ({len(validation)} pictures) asks nothing: no picture is labelled"
            " for fire and smoke and nobody's helmet is known. Judge more pictures, of more days."
        )
    before_check = answers_of(start, check_set)
    pictures_folder = out / "pictures"
    pictures_folder.mkdir()
    pictures = chosen_pictures(
        list(as_training_pictures(answers_of(start, training), pictures_folder))
    )
    mistaken = sum(one.key == MISTAKEN for one in pictures)
    say(
        f"In {mistaken} of the {len(pictures)} the weights of today miss something, or see what is "
        "not there; these are drawn more often."
    )
    say(
        f"Learning for {budget_s / 60:g} minutes, after {(time.monotonic() - began) / 60:.1f} of "
        "asking; asking what was learnt comes after it."
    )
    beginning = averaged_weights(start, config, pictures)
    trainer = Retrainer(config, budget_s, beginning)
    maker = BatchMaker(
        pictures,
        sources_of(pictures, config["sources"]),
        Augmentation(**config["augmentation"]),
        config["schedule"]["sizes"][-1][1][-1],
        config["seed"],
    )
    learnt = time.monotonic()
    learn(trainer, maker, threads)
    learnt = time.monotonic() - learnt
    ended = trainer.averaged.state_dict()
    entries = metadata(start)
    started_from = f"{entries['version']} {hashlib.sha256(start.read_bytes()).hexdigest()}"
    tried: list[Candidate] = []
    tries = len(config["acceptance"]["shares"]) + 1  # one more with thresholds of the site
    for share in config["acceptance"]["shares"]:
        path = out / f"share-{share}.onnx"
        write_weights(blend([ended, beginning], [share, 1 - share]), path, entries, started_from)
        tried.append(
            judged(path, share, None, (validation, before_site), (check_set, before_check), tries)
        )
        say(f"{share:.0%} of the way: {tried[-1].site.gain:+d} right answers")
    best = max((one for one in tried if one.may_replace), key=_gain, default=None)
    validation_folder = out / "validation"
    validation_folder.mkdir()
    if best is not None:
        with_own = with_site_thresholds(
            best, list(as_training_pictures(before_site, validation_folder)), config["thresholds"]
        )
        if with_own is not None:
            path, thresholds = with_own
            tried.append(
                judged(
                    path,
                    best.share,
                    thresholds,
                    (validation, before_site),
                    (check_set, before_check),
                    tries,
                )
            )
            best = max((one for one in tried if one.may_replace), key=_gain)
    report = {
        "dataset": str(dataset.resolve()),
        "started_from": started_from,
        "pictures": {"train": len(pictures), "mistaken": mistaken, "validation": len(validation)},
        "steps": trainer.steps,
        "minutes": {
            "learning": round(learnt / 60, 1),
            "all": round((time.monotonic() - began) / 60, 1),
        },
        "tried": [_as_json(one) for one in tried],
        "kept": None if best is None else _as_json(best),
    }
    return best, report


def judged(
    path: Path,
    share: float,
    thresholds: Mapping[str, float] | None,
    site: tuple[Sequence[JudgedPicture], Sequence[Answered]],
    check: tuple[Sequence[JudgedPicture], Sequence[Answered]],
    tries: int,
) -> Candidate:
    """A candidate, asked the questions of the site, and of the check set if those went well."""
    on_site = compare(site[1], answers_of(path, site[0]))
    worth_more = not on_site.losses and on_site.is_surely_better(tries)
    on_check = compare(check[1], answers_of(path, check[0])) if worth_more else None
    return Candidate(path, share, thresholds, on_site, on_check, tries)


def with_site_thresholds(
    candidate: Candidate, validation: Sequence[LabelledPicture], least: Mapping[str, int]
) -> tuple[Path, dict[str, float]] | None:
    """A copy of a candidate with thresholds of the site; None where it says too little."""
    entries = metadata(candidate.path)
    thresholds = site_thresholds(candidate.path, validation, entries, least)
    if thresholds is None:
        return None
    path = candidate.path.with_name(f"{candidate.path.stem}-thresholds.onnx")
    shutil.copyfile(candidate.path, path)
    version = f"{entries['version']}.t"
    write_metadata(path, entries | {"thresholds": json.dumps(thresholds), "version": version})
    return path, thresholds


def _gain(candidate: Candidate) -> tuple[int, float]:
    """What it is chosen by: the gain on the site; of equals the one that went less far."""
    return candidate.site.gain, -candidate.share


def _as_json(candidate: Candidate) -> dict[str, Any]:
    parts = {"site": candidate.site, "check": candidate.check}
    return {
        "share": candidate.share,
        "thresholds": candidate.thresholds,
        "may_replace": candidate.may_replace,
        "groups_better": candidate.site.groups_better,
        "groups_worse": candidate.site.groups_worse,
    } | {
        name: None if one is None else [_change(change) for change in one.changes]
        for name, one in parts.items()
    }


def _change(change: Any) -> dict[str, Any]:
    return asdict(change) | {"question": change.question.value, "loses": change.loses}


def print_report(report: Mapping[str, Any], kept: Candidate | None) -> None:
    """For people."""
    shown = kept
    print(
        f"{report['pictures']['train']} pictures, {report['steps']} steps; learning took "
        f"{report['minutes']['learning']} minutes, all of it {report['minutes']['all']}."
    )
    if shown is None:
        print("Nothing was surely gained without a loss, so there are no weights to install:")
        for one in report["tried"]:
            lost = [
                f"{change['question']} {change['before']} -> {change['after']} of {change['asked']}"
                for part in (one["site"], one["check"] or [])
                for change in part
                if change["loses"]
            ]
            gained = (
                f"{one['groups_better']} days of a camera gain, {one['groups_worse']} lose: "
                "no more than chance may give"
            )
            print(f"  {one['share']:.0%} of the way: {'; '.join(lost) or gained}")
        return
    for title, comparison in (("this site", shown.site), ("check set", shown.check)):
        print(f"\n{title + ', right answers':60}   before    after")
        for change in comparison.changes if comparison else ():
            figures = f"{change.asked:5}  {change.before:7}  {change.after:7}"
            print(f"  {change.question.value:48} of {figures}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dataset", type=Path, required=True, help="folder of the export")
    parser.add_argument("--out", type=Path, required=True, help="folder for the weights; empty")
    parser.add_argument(
        "--start-from",
        type=Path,
        default=BUNDLED_WEIGHTS,
        help="ONNX file to go on from. Default: the weights that come with the program.",
    )
    parser.add_argument(
        "--budget-minutes",
        type=float,
        default=20.0,
        help="minutes to learn. Asking every picture before and those to judge by after comes on "
        "top: some minutes for a few hundred pictures. Default: 20.",
    )
    parser.add_argument("--threads", type=int, default=2, help="most to use at once. Default: 2.")
    parser.add_argument(
        "--config", type=Path, default=Path(__file__).with_name("retrain.toml"), help="choices"
    )
    arguments = parser.parse_args()
    if arguments.out.exists() and any(arguments.out.iterdir()):
        parser.error(f"{arguments.out} is not empty; name a new folder")
    if not (math.isfinite(arguments.budget_minutes) and arguments.budget_minutes > 0):
        parser.error("--budget-minutes must be more than 0")
    arguments.out.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    torch.set_num_threads(arguments.threads)
    config = tomllib.loads(arguments.config.read_text())
    torch.manual_seed(config["seed"])
    try:
        kept, report = retrain(
            arguments.dataset,
            arguments.out,
            arguments.start_from,
            config,
            arguments.budget_minutes * 60,
            arguments.threads,
        )
    except NotEnough as exc:
        say(str(exc))
        sys.exit(WRONG_USAGE)
    except SafetyDetectorError as exc:
        say(exc.message)
        sys.exit(WRONG_USAGE)
    (arguments.out / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    if kept is not None:
        shutil.copyfile(kept.path, arguments.out / "retrained.onnx")
    for name in ("pictures", "validation"):
        shutil.rmtree(arguments.out / name)
    print_report(report, kept)
    if kept is None:
        sys.exit(NOTHING_GAINED)
    print(
        f"\nInstall it with: safety-detector weights install {arguments.out / 'retrained.onnx'} "
        f"--dataset {arguments.dataset}"
    )


if __name__ == "__main__":
    main()
