"""What is remembered of a camera: what was answered a moment ago, and when all of it was seen.

Pure: state in, state out, the moment handed in.  An answer stands for a while at its place, so that
a fire of an hour, or a lamp, does not cost a question each frame.  It has to be given twice first:
one error of the model is not made to last, and an incident that needs two looks gets two answers.
Of somebody no answer stands: whoever comes next to the same gate is somebody else.  That nobody is
there is about a thing, and stands for what the screen draws nearly alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from safety_detector.detectors.second_look.suspects import Place, is_one_thing, question_about
from safety_detector.domain.crop_looks import CropLook
from safety_detector.domain.crop_questions import CONFIRMING, CropAnswer, CropQuestion
from safety_detector.domain.detections import Detection, DetectorRun
from safety_detector.domain.geometry import Box, ImageSize, iou
from safety_detector.domain.hazards import Label

_REFUTED_STANDS = 3.0
"""So many times longer stands an answer that there is nothing: most questions are about one lamp or
one bright wall that the screen suspects in every frame of its camera."""

_MOST_DOUBLINGS = 2
"""So often an answer that there is nothing, given once more, stands twice as long as before.  What
is larger or surer than the lamp is asked about at once, and a look at all of a frame that shows a
danger there ends it."""

_STANDS_ON_S = 20.0
"""So much longer an answer stands while it is asked for again: a slow model is not asked the same
of every frame that comes meanwhile."""

_TWICE = 2
_REFUTING = frozenset({CropAnswer.NEITHER, CropAnswer.NO_PERSON})
_NEVER_STAND = frozenset({CropAnswer.CANNOT_TELL, CropAnswer.HELMET, CropAnswer.NO_HELMET})
_SAME_PLACE_IOU = {CropQuestion.FIRE_SMOKE: 0.5, CropQuestion.HELMET: 0.8}
"""From so much on it is the same place; for people higher, for somebody may stand before the thing
that was taken for somebody."""
_NEAR_IOU = 0.3
"""A danger, or somebody, that was seen so near since ends what was refuted."""
_SEEN = {
    Label.FIRE: CropAnswer.FIRE,
    Label.SMOKE: CropAnswer.SMOKE,
    Label.PERSON: CropAnswer.NO_HELMET,
}
"""What a question about a danger that a look at all of a frame showed would have been answered."""
_RISEN_BY = 0.1
"""A score that has risen by so much since nothing was seen there is worth a new question."""

_MOST_PLACES = 32  # of each question
_MOST_IN_ALL = _MOST_PLACES * len(CropQuestion)
_MOST_HITS = 10**6


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """What was answered about a place.

    Attributes:
        box: in fractions of the picture.
        question, answer, reason, score: see ``CropLook``.
        prompt_version: of the question.
        at: when it was asked last, in seconds of the keeper's clock.
        suspicion: how sure the screen was then.
        times: how often in a row the answer was the same.
        asking_at: when it was asked again, without an answer so far; None where it was not.
    """

    box: Box
    question: CropQuestion
    answer: CropAnswer
    reason: str
    score: float | None
    prompt_version: str | None
    at: float
    suspicion: float
    times: int = 1
    asking_at: float | None = None


@dataclass(frozen=True, slots=True)
class CameraMemory:
    """What is remembered of one camera.

    Attributes:
        since_full: frames since all of one was shown to the model; None where none was yet.
        places: what was answered, the newest last.
        closer_until: until when more frames than usual are shown whole: one showed what the screen
            did not suspect.
        hits, misses: frames of that time that showed such a thing; those in a row that did not.
        full_at: when one was shown whole last.
        retry_at: from when one may be again, after a look that failed.
    """

    since_full: int | None = None
    places: tuple[KnownPlace, ...] = ()
    closer_until: float = 0.0
    hits: int = 0
    misses: int = 0
    full_at: float = 0.0
    retry_at: float = 0.0

    def standing(
        self, place: Place, size: ImageSize, now: float, stands_s: float
    ) -> KnownPlace | None:
        """The answer that still stands for a place; None where it has to be asked."""
        known = self._nearest(place, size)
        if known is None or known.answer in _NEVER_STAND or known.times < _TWICE:
            return None
        if known.answer is CropAnswer.NO_PERSON and not place.is_reported:
            return None  # it would leave the frame clear
        is_confirmed = known.answer in CONFIRMING
        if not is_confirmed:
            if self._is_overtaken(known, place, size):
                return None
            stands_s *= _REFUTED_STANDS * 2 ** min(known.times - _TWICE, _MOST_DOUBLINGS)
        if known.asking_at is not None and 0 <= now - known.asking_at < _STANDS_ON_S:
            stands_s += _STANDS_ON_S
        if not 0 <= now - known.at < stands_s:
            return None
        return known if is_confirmed or place.score < known.suspicion + _RISEN_BY else None

    def _is_overtaken(self, known: KnownPlace, place: Place, size: ImageSize) -> bool:
        """Whether a newer answer near the place says something else than that there is nothing."""
        box = _fractions(place.box, size)
        return any(
            one.question is known.question
            and one.at > known.at
            and one.answer not in _REFUTING
            and is_one_thing(one.box, box, _NEAR_IOU)
            for one in self.places
        )

    def _nearest(
        self, place: Place, size: ImageSize, but_at: float | None = None
    ) -> KnownPlace | None:
        """What was answered about the place last, however long ago, but not at that moment."""
        box = _fractions(place.box, size)
        near = [
            one
            for one in self.places
            if one.question is place.question
            and one.at != but_at
            and iou(one.box, box) >= _SAME_PLACE_IOU[place.question]
        ]
        return max(near, key=lambda one: iou(one.box, box), default=None)

    def asking(self, place: Place, size: ImageSize, now: float) -> CameraMemory:
        """With the place asked about again."""
        known = self._nearest(place, size)
        return self._with(known, known and replace(known, asking_at=now))

    def unanswered(self, place: Place, size: ImageSize, asked_at: float) -> CameraMemory:
        """With the place to be asked about at once: no answer came."""
        known = self._nearest(place, size)
        if known is None or known.asking_at != asked_at:
            return self
        return self._with(known, replace(known, asking_at=None))

    def _with(self, known: KnownPlace | None, now_known: KnownPlace | None) -> CameraMemory:
        if known is None or now_known is None:
            return self
        places = tuple(now_known if one is known else one for one in self.places)
        return replace(self, places=places)

    def answered(self, place: Place, size: ImageSize, look: CropLook, now: float) -> CameraMemory:
        """With what was answered about a place, also where the answer never stands.

        Args:
            place: that was asked about.
            size: of the picture.
            look: the answer.
            now: when it was asked, however long the answer took: it says nothing of what came
                since, and takes the place of no answer about a later frame.

        What was answered at the same moment is of another place in the same frame, however near.
        """
        known = self._nearest(place, size, but_at=now)
        if known is not None and known.at > now:
            return self
        others = tuple(one for one in self.places if one is not known)
        is_again = known is not None and _says_same(known.answer, look.answer)
        new = KnownPlace(
            _fractions(place.box, size),
            place.question,
            look.answer,
            look.reason,
            look.score,
            look.run.prompt_version,
            now,
            place.score,
            known.times + 1 if known and is_again else 1,
        )
        return replace(self, places=_capped(others, new))

    def seen_whole(
        self, dangers: Sequence[Detection], size: ImageSize, run: DetectorRun, at: float
    ) -> CameraMemory:
        """With the dangers that a look at all of a frame showed: answers like others.

        Args:
            dangers: that it showed.
            size: of the picture.
            run: the look's.
            at: when it was asked for.  What was refuted at the place of one before that is over.
        """
        places = self.places
        for one in dangers:
            box, question = _fractions(one.box, size), question_about(one)
            there = [
                known
                for known in places
                if known.question is question
                and known.at <= at
                and is_one_thing(known.box, box, _NEAR_IOU)
            ]
            places = tuple(
                known for known in places if known not in there or known.answer in CONFIRMING
            )
            if not any(known.answer in CONFIRMING for known in there):
                answer, score = _SEEN[one.hazard.label], one.score
                new = KnownPlace(
                    box, question, answer, "", score, run.prompt_version, at, score or 0.0
                )
                places = _capped(places, new)
        return replace(self, places=places)

    def without_older(self, now: float, kept_s: float) -> CameraMemory:
        """Without answers that are older, or from a time that has not come (a clock was set)."""
        kept = tuple(one for one in self.places if 0 <= now - one.at <= kept_s)
        return replace(self, places=kept)


def _capped(places: Iterable[KnownPlace], new: KnownPlace) -> tuple[KnownPlace, ...]:
    """With the newest; many people do not push the lamps out."""
    every = list(places)
    alike = [one for one in every if one.question is new.question]
    unlike = [one for one in every if one.question is not new.question]
    return (*unlike, *alike[-(_MOST_PLACES - 1) :], new)


def write_memory(memory: CameraMemory) -> str:
    """The memory as a text."""
    document = asdict(memory)
    for one in document["places"]:
        one["box"] = list(one["box"].values())
    return json.dumps(document, separators=(",", ":"))


def read_memory(text: str | None) -> CameraMemory:
    """The memory that ``write_memory`` wrote; an empty one from everything else."""
    if text is None:
        return CameraMemory()
    try:
        document = json.loads(text)
        places = tuple(_read_place(one) for one in document.pop("places")[-_MOST_IN_ALL:])
        since_full = document["since_full"]
        return CameraMemory(
            since_full=None if since_full is None else max(int(since_full), 0),
            places=places,
            closer_until=float(document["closer_until"]),
            hits=min(int(document["hits"]), _MOST_HITS),
            misses=int(document["misses"]),
            full_at=float(document["full_at"]),
            retry_at=float(document["retry_at"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return CameraMemory()


def join_memories(kept: str | None, own: str) -> str:
    """The text of the memory to go on with after this process had one of its own for a while.

    Which answers are the later ones nobody knows, so none stands; what is shown whole goes on.
    """
    shared, alone = read_memory(kept), read_memory(own)
    counts = [each.since_full for each in (shared, alone) if each.since_full is not None]
    joined = replace(
        alone,
        places=(),
        since_full=max(counts, default=None),
        closer_until=max(shared.closer_until, alone.closer_until),
    )
    return write_memory(joined)


def _read_place(document: dict[str, Any]) -> KnownPlace:
    score, prompt_version = document["score"], document["prompt_version"]
    return KnownPlace(
        box=Box(*(float(side) for side in document["box"])),
        question=CropQuestion(document["question"]),
        answer=CropAnswer(document["answer"]),
        reason=str(document["reason"]),
        score=None if score is None else float(score),
        prompt_version=None if prompt_version is None else str(prompt_version),
        at=float(document["at"]),
        suspicion=float(document["suspicion"]),
        times=int(document["times"]),
        asking_at=None if document["asking_at"] is None else float(document["asking_at"]),
    )


def _says_same(first: CropAnswer, second: CropAnswer) -> bool:
    """Whether both confirm, or both say the same: fire now and smoke then is a danger twice."""
    return first is second or {first, second} <= CONFIRMING


def _fractions(box: Box, size: ImageSize) -> Box:
    x1, y1, x2, y2 = box.xyxy
    return Box(x1 / size.width, y1 / size.height, x2 / size.width, y2 / size.height)
