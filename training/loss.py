"""What the network is taught: which cell answers for which box, and the price of its answers.

Task-aligned assignment (TOOD, Feng et al. 2021): a box is given to the cells inside it whose
present answer, class and place together, suits it best. Scores are taught to equal that quality
with the varifocal loss (Zhang et al. 2021), sides with GIoU (Rezatofighi et al. 2019).

A picture that is not labelled for a class costs nothing for it; a weakly labelled one teaches its
boxes but not that the rest is background.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from training.batches import Batch
from training.labels import HEADS
from training.model import CLASSES, PICTURE_CLASSES, STRIDES, Predictions, cell_centres

CANDIDATES_PER_BOX = 10  # TOOD, section 4.3: 13; fewer, because most boxes here are small
SCORE_POWER = 0.5
OVERLAP_POWER = 6.0
FOCAL_ALPHA = 0.75
FOCAL_GAMMA = 2.0

# A box smaller than this would hold the centre of no cell; the test "inside" treats it as if it
# were this large.
SMALLEST_SIDE = 1.5 * STRIDES[0]


@dataclass(frozen=True, slots=True)
class LossWeights:
    """How much each part counts in the sum."""

    score: float
    sides: float
    picture: float
    hazards: float = 1.0  # factor on fire and smoke boxes: heads are ten times as many


@dataclass(frozen=True, slots=True)
class Assignment:
    """What each cell of one picture answers for (N cells)."""

    scores: Tensor  # (N, 5) taught score, 0 for background
    boxes: Tensor  # (N, 4) taught box, meaningless where `weight` is 0
    weight: Tensor  # (N,) quality of the match, 0 for background


def overlap(first: Tensor, second: Tensor, generalised: bool = False) -> Tensor:
    """IoU (or GIoU) of boxes (..., 4) xyxy, shapes broadcast."""
    low = torch.maximum(first[..., :2], second[..., :2])
    high = torch.minimum(first[..., 2:], second[..., 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    area_first = (first[..., 2:] - first[..., :2]).clamp(min=0).prod(-1)
    area_second = (second[..., 2:] - second[..., :2]).clamp(min=0).prod(-1)
    union = area_first + area_second - shared + 1e-7
    iou = shared / union
    if not generalised:
        return iou
    low = torch.minimum(first[..., :2], second[..., :2])
    high = torch.maximum(first[..., 2:], second[..., 2:])
    hull = (high - low).prod(-1) + 1e-7
    return iou - (hull - union) / hull


@torch.no_grad()
def assign(
    scores: Tensor, boxes: Tensor, centres: Tensor, true_boxes: Tensor, true_classes: Tensor
) -> Assignment:
    """Give the boxes of one picture (M, 4) and classes (M,) to its N cells."""
    cells = len(centres)
    taught = torch.zeros(cells, len(CLASSES), device=scores.device)
    if len(true_boxes) == 0:
        return Assignment(taught, boxes, torch.zeros(cells, device=scores.device))
    ious = overlap(true_boxes[:, None], boxes[None])  # (M, N)
    metric = scores[:, true_classes].T.pow(SCORE_POWER) * ious.pow(OVERLAP_POWER)
    metric = metric * _inside(centres, true_boxes)
    best, cell = metric.topk(min(CANDIDATES_PER_BOX, cells), dim=1)
    chosen = torch.zeros_like(metric).scatter_(1, cell, (best > 1e-12).float())
    # A cell wanted by two boxes goes to the one it overlaps more.
    owner = (ious * chosen).argmax(dim=0)
    chosen = chosen * functional.one_hot(owner, len(true_boxes)).T
    metric = metric * chosen
    # Each box's best cell is taught the box's best overlap, the others in proportion.
    ceiling = (ious * chosen).amax(dim=1, keepdim=True)
    quality = metric / (metric.amax(dim=1, keepdim=True) + 1e-9) * ceiling
    weight = quality.amax(dim=0)
    taught[torch.arange(cells, device=scores.device), true_classes[owner]] = weight
    return Assignment(taught, true_boxes[owner], weight)


def _inside(centres: Tensor, boxes: Tensor) -> Tensor:
    """Whether each centre (N, 2) lies in each box (M, 4), small boxes grown: (M, N) bool."""
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]).clamp(min=SMALLEST_SIDE) / 2
    return ((centres[None] - middle[:, None]).abs() < half[:, None]).all(-1)


def detection_loss(
    predictions: Predictions, batch: Batch, size: int, weights: LossWeights
) -> tuple[Tensor, dict[str, float]]:
    """Price a batch of square pictures of `size`; also the parts by name, for the log."""
    centres = cell_centres(size, size, predictions.logits.device)
    scores = predictions.logits.detach().sigmoid()
    found = predictions.boxes.detach()
    assigned = []
    for index in range(len(scores)):
        real = batch.classes[index] >= 0
        assigned.append(
            assign(
                scores[index],
                found[index],
                centres,
                batch.boxes[index][real],
                batch.classes[index][real],
            )
        )
    taught = torch.stack([a.scores for a in assigned])
    weight = torch.stack([a.weight for a in assigned])
    total = taught.sum().clamp(min=1.0)

    ignored = _ignored(centres, batch.ignored_boxes, batch.ignored_classes)
    counted = batch.learns_background[:, None] & ~ignored
    factors = _class_factors(weights.hazards, taught)
    score_loss = (_varifocal(predictions.logits, taught, counted) * factors).sum() / total

    matched = weight > 0
    target = torch.stack([a.boxes for a in assigned])[matched]
    giou = overlap(predictions.boxes[matched], target, generalised=True)
    importance = (taught[matched] * factors).sum(-1)
    side_loss = ((1 - giou) * importance).sum() / total

    picture_loss = _known_bce(predictions.picture_logits, batch.picture_target)
    loss = weights.score * score_loss + weights.sides * side_loss + weights.picture * picture_loss
    return loss, {
        "score": score_loss.item(),
        "sides": side_loss.item(),
        "picture": picture_loss.item(),
    }


def _ignored(centres: Tensor, boxes: Tensor, classes: Tensor) -> Tensor:
    """Cells (B, N, 5) whose centre lies in an ignored box (B, K, 4) of the class (B, K).

    An ignored head may be bare or helmeted, whatever it is listed as.
    """
    after = (centres[None, :, None] > boxes[:, None, :, :2]).all(-1)
    before = (centres[None, :, None] < boxes[:, None, :, 2:]).all(-1)
    of_class = functional.one_hot(classes.clamp(min=0), len(CLASSES)).float()
    heads = list(HEADS)
    of_class[..., heads] = of_class[..., heads].amax(dim=-1, keepdim=True)
    of_class = of_class * (classes >= 0)[..., None]
    return torch.bmm((after & before).float(), of_class) > 0


def _class_factors(hazards: float, like: Tensor) -> Tensor:
    """How much a box of each class counts, (5,)."""
    return like.new_tensor([hazards if name in PICTURE_CLASSES else 1.0 for name in CLASSES])


def _varifocal(logits: Tensor, taught: Tensor, counted: Tensor) -> Tensor:
    """Cost (B, N, 5) of matched cells, and of background cells where it `counted`."""
    cost = functional.binary_cross_entropy_with_logits(logits, taught, reduction="none")
    background = FOCAL_ALPHA * logits.detach().sigmoid().pow(FOCAL_GAMMA) * counted
    return cost * torch.where(taught > 0, taught, background)


def _known_bce(logits: Tensor, target: Tensor) -> Tensor:
    """Mean cross-entropy over the pictures whose truth is known."""
    known = ~torch.isnan(target)
    cost = functional.binary_cross_entropy_with_logits(
        logits, torch.nan_to_num(target), reduction="none"
    )
    return (cost * known).sum() / known.sum().clamp(min=1)
