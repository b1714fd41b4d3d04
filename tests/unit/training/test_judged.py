from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training has its own requirements")

from safety_detector.detectors.embedded.raw_boxes import RawBox, RawClass  # noqa: E402
from safety_detector.domain.geometry import Box, ImageSize  # noqa: E402
from safety_detector.domain.hazards import SubLabel  # noqa: E402
from safety_detector.evaluation.truth import LabelledPicture, TrueBox  # noqa: E402
from training.judged import Taught, teach  # noqa: E402

BODY, HEAD = Box(100, 100, 160, 300), Box(115, 95, 145, 135)
NEIGHBOUR, NEXT_HEAD = Box(170, 100, 230, 300), Box(185, 95, 215, 135)
HEADS = {RawClass.HEAD_HELMET, RawClass.HEAD_BARE}


def judged(*boxes: TrueBox, labelled: frozenset[RawClass] | None = None) -> LabelledPicture:
    """A picture as a reviewer left it."""
    known = frozenset({RawClass.FIRE, RawClass.SMOKE, RawClass.PERSON})
    return LabelledPicture(
        Path("a.jpg"),
        ImageSize(640, 480),
        known if labelled is None else labelled,
        boxes,
        as_reported=True,
    )


def person(state: SubLabel | None, box: Box = BODY) -> TrueBox:
    """Somebody with what was said of the helmet."""
    return TrueBox(RawClass.PERSON, box, state=state)


def seen(box: Box, kind: RawClass = RawClass.HEAD_BARE, score: float = 0.5) -> RawBox:
    """A head that the network sees."""
    return RawBox(kind, box, score)


def heads(taught: Taught) -> list[tuple[RawClass, Box]]:
    """What it teaches of heads."""
    return [(kind, box) for kind, box in taught.boxes if kind in HEADS]


@pytest.mark.parametrize(
    ("state", "kind"),
    [(SubLabel.HELMET, RawClass.HEAD_HELMET), (SubLabel.NO_HELMET, RawClass.HEAD_BARE)],
)
def test_a_judged_person_s_head_is_taught_as_judged_whatever_the_network_called_it(
    state: SubLabel, kind: RawClass
) -> None:
    """That is the whole point: a hat that was taken for a helmet becomes a bare head."""
    for called in HEADS:
        taught = teach(judged(person(state)), [seen(HEAD, called)])
        assert heads(taught) == [(kind, HEAD)]
        assert (RawClass.PERSON, BODY) in taught.boxes
        assert taught.background >= HEADS | {RawClass.PERSON}


def test_a_person_whose_head_the_network_does_not_see_teaches_nothing_about_heads_there() -> None:
    """Where the head lies nobody said, so its place is neither head nor background."""
    taught = teach(judged(person(SubLabel.NO_HELMET)), [])
    assert heads(taught) == []
    assert {kind for kind, box in taught.ignored if box.contains(HEAD.centre)} == HEADS


@pytest.mark.parametrize("state", [SubLabel.UNCERTAIN, None])
def test_a_head_of_which_nobody_could_tell_the_state_is_no_background(
    state: SubLabel | None,
) -> None:
    """A doubtful helmet must not teach that nothing is there."""
    taught = teach(judged(person(state)), [seen(HEAD)])
    assert heads(taught) == []
    assert {kind for kind, box in taught.ignored if box == HEAD} == HEADS


def test_neighbours_keep_their_own_heads() -> None:
    """A sure head does not go to somebody beside its owner, whose state is another one."""
    boxes = [person(SubLabel.HELMET), person(SubLabel.NO_HELMET, NEIGHBOUR)]
    taught = teach(judged(*boxes), [seen(NEXT_HEAD, score=0.9), seen(HEAD, score=0.2)])
    assert set(heads(taught)) == {
        (RawClass.HEAD_HELMET, HEAD),
        (RawClass.HEAD_BARE, NEXT_HEAD),
    }


@pytest.mark.parametrize(
    "box",
    [Box(100, 240, 130, 280), Box(98, 96, 165, 260), Box(300, 100, 330, 140)],
    ids=["at the feet", "as large as the body", "elsewhere"],
)
def test_what_cannot_be_the_head_is_not_taught_as_one(box: Box) -> None:
    """A shoe, a body taken for a head, or another thing does not get the person's state."""
    taught = teach(judged(person(SubLabel.HELMET)), [seen(box)])
    assert heads(taught) == []


def test_a_head_seen_with_and_without_helmet_is_one_head() -> None:
    """The network's second thought about one head is not somebody else's."""
    both = [seen(HEAD, RawClass.HEAD_HELMET, 0.4), seen(HEAD, RawClass.HEAD_BARE, 0.3)]
    taught = teach(judged(person(SubLabel.HELMET), person(SubLabel.NO_HELMET, NEIGHBOUR)), both)
    assert heads(taught) == [(RawClass.HEAD_HELMET, HEAD)]


def test_of_somebody_of_whom_a_head_alone_is_seen_the_body_is_unknown() -> None:
    """A portrait's box is the head's; that is no body, and the body around it no background."""
    taught = teach(judged(person(SubLabel.NO_HELMET, HEAD)), [seen(HEAD)])
    assert taught.boxes == ((RawClass.HEAD_BARE, HEAD),)
    assert RawClass.PERSON not in taught.background


def test_a_picture_of_which_not_everything_was_judged_teaches_no_background() -> None:
    """One confirmed alarm says nothing about the rest of its picture."""
    taught = teach(judged(person(SubLabel.NO_HELMET), labelled=frozenset()), [seen(HEAD)])
    assert heads(taught) == [(RawClass.HEAD_BARE, HEAD)]
    assert taught.background == frozenset()


def test_a_set_that_labels_heads_is_taken_as_it_is() -> None:
    """Labels of heads by people are better than what the network sees."""
    boxes = (TrueBox(RawClass.HEAD_HELMET, HEAD), TrueBox(RawClass.HEAD_BARE, NEXT_HEAD, True))
    picture = LabelledPicture(Path("a.jpg"), ImageSize(640, 480), frozenset(HEADS), boxes)
    taught = teach(picture, [seen(NEXT_HEAD)])
    assert taught.boxes == ((RawClass.HEAD_HELMET, HEAD),)
    assert taught.ignored == ((RawClass.HEAD_BARE, NEXT_HEAD),)
    assert taught.background == HEADS
