from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="training has its own requirements")

from training.batches import Batch  # noqa: E402
from training.loss import LossWeights, assign, detection_loss, overlap  # noqa: E402
from training.model import CLASSES, Predictions, cell_centres  # noqa: E402

SIZE = 64
CENTRES = cell_centres(SIZE, SIZE)
WEIGHTS = LossWeights(score=1.0, sides=1.0, picture=1.0)
FIRE, PERSON = CLASSES.index("fire"), CLASSES.index("person")
HELMET, BARE = CLASSES.index("head_helmet"), CLASSES.index("head_bare")


def batch(
    boxes: list[list[float]], classes: list[int], background: list[str], target: list[float]
) -> Batch:
    """One picture with these labels."""
    return Batch(
        pixels=torch.zeros(1, 3, SIZE, SIZE, dtype=torch.uint8),
        boxes=torch.tensor(boxes).reshape(1, -1, 4),
        classes=torch.tensor(classes).reshape(1, -1),
        learns_background=torch.tensor([[name in background for name in CLASSES]]),
        ignored_boxes=torch.zeros(1, 1, 4),
        ignored_classes=torch.full((1, 1), -1),
        picture_target=torch.tensor([target]),
    )


def predictions() -> Predictions:
    """Every cell says one half of everything, with a box of two strides around it."""
    logits = torch.zeros(1, len(CENTRES), len(CLASSES), requires_grad=True)
    half = torch.tensor([8.0] * 64 + [16.0] * 16 + [32.0] * 4)[:, None]
    boxes = torch.cat([CENTRES - half, CENTRES + half], dim=1)[None].requires_grad_()
    return Predictions(logits, boxes, torch.zeros(1, 2, requires_grad=True))


def test_overlap_of_equal_apart_and_touching_boxes() -> None:
    """IoU is 1 for the same box and 0 apart; GIoU goes on falling with the distance."""
    box = torch.tensor([0.0, 0, 10, 10])
    assert overlap(box, box).item() == pytest.approx(1.0)
    near, far = torch.tensor([10.0, 0, 20, 10]), torch.tensor([90.0, 0, 100, 10])
    assert overlap(box, near).item() == 0
    assert overlap(box, far, generalised=True) < overlap(box, near, generalised=True) <= 0


def test_a_box_is_given_to_cells_inside_it() -> None:
    """What lies elsewhere stays background."""
    answer = predictions()
    truth = torch.tensor([[8.0, 8, 40, 40]])
    assigned = assign(
        answer.logits[0].sigmoid(), answer.boxes[0], CENTRES, truth, torch.tensor([PERSON])
    )
    chosen = CENTRES[assigned.weight > 0]
    assert len(chosen) > 0
    assert ((chosen > 8) & (chosen < 40)).all()
    assert (assigned.scores[:, FIRE] == 0).all()


def test_even_a_tiny_box_finds_a_cell() -> None:
    """A head of four pixels, far from the centre of any cell, is still taught."""
    answer = predictions()
    truth = torch.tensor([[14.5, 14.5, 17.5, 17.5]])
    assigned = assign(
        answer.logits[0].sigmoid(), answer.boxes[0], CENTRES, truth, torch.tensor([PERSON])
    )
    assert (assigned.weight > 0).any()


def test_a_class_that_is_not_labelled_costs_nothing() -> None:
    """A picture labelled for fire only does not teach that its people are background."""
    answer = predictions()
    loss, _ = detection_loss(
        answer, batch([[0.0] * 4], [-1], ["fire"], [0.0, float("nan")]), SIZE, WEIGHTS
    )
    loss.backward()
    assert answer.logits.grad is not None
    assert (answer.logits.grad[..., FIRE] > 0).all()
    others = [index for index in range(len(CLASSES)) if index != FIRE]
    assert (answer.logits.grad[..., others] == 0).all()
    assert answer.picture_logits.grad is not None
    assert answer.picture_logits.grad[0, 1] == 0


def test_a_weak_picture_teaches_its_boxes_only() -> None:
    """Where labels are not exhaustive the rest is neither fire nor background."""
    answer = predictions()
    loss, _ = detection_loss(
        answer, batch([[8.0, 8, 40, 40]], [FIRE], [], [1.0, float("nan")]), SIZE, WEIGHTS
    )
    loss.backward()
    assert answer.logits.grad is not None
    touched = answer.logits.grad[0].abs().sum(dim=1) > 0
    assert touched.any()
    assert ((CENTRES[touched] > 8) & (CENTRES[touched] < 40)).all()


def test_a_picture_without_boxes_has_a_finite_loss() -> None:
    """Empty pictures are part of every set."""
    answer = predictions()
    loss, parts = detection_loss(
        answer, batch([[0.0] * 4], [-1], list(CLASSES), [0.0, 0.0]), SIZE, WEIGHTS
    )
    assert torch.isfinite(loss)
    assert parts["sides"] == 0


def test_a_fire_can_count_more_than_a_head() -> None:
    """A picture holds one fire or fifty heads; neither may drown the other."""
    truth = batch([[8.0, 8, 40, 40]], [FIRE], [], [1.0, float("nan")])
    _, once = detection_loss(predictions(), truth, SIZE, WEIGHTS)
    _, twice = detection_loss(predictions(), truth, SIZE, replace(WEIGHTS, hazards=2.0))
    assert twice["score"] == pytest.approx(2 * once["score"])
    assert twice["sides"] == pytest.approx(2 * once["sides"])
    person = batch([[8.0, 8, 40, 40]], [PERSON], [], [float("nan")] * 2)
    _, before = detection_loss(predictions(), person, SIZE, WEIGHTS)
    _, after = detection_loss(predictions(), person, SIZE, replace(WEIGHTS, hazards=2.0))
    assert after == before


def test_a_cut_person_hides_no_head() -> None:
    """Ignoring a class in a place leaves the others taught there; a head may be of either kind."""
    everything = torch.tensor([[[0.0, 0, SIZE, SIZE]]])
    for ignored, silent in ((PERSON, {PERSON}), (HELMET, {HELMET, BARE})):
        answer = predictions()
        empty = replace(
            batch([[0.0] * 4], [-1], list(CLASSES), [0.0, 0.0]),
            ignored_boxes=everything,
            ignored_classes=torch.tensor([[ignored]]),
        )
        loss, _ = detection_loss(answer, empty, SIZE, WEIGHTS)
        loss.backward()
        assert answer.logits.grad is not None
        for kind in range(len(CLASSES)):
            assert bool((answer.logits.grad[..., kind] == 0).all()) is (kind in silent)
