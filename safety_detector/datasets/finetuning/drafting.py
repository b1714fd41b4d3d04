"""Which samples a judged picture gives: what is asked, shown and answered.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from safety_detector.datasets.finetuning.answers import inexact, target_answer
from safety_detector.datasets.finetuning.conversations import (
    Conversation,
    asking_for_reasons,
    question_for,
    teachable_reason,
)
from safety_detector.datasets.finetuning.crop_truths import (
    CropTruth,
    crop_answer_text,
    crop_truths,
)
from safety_detector.datasets.finetuning.samples import (
    SampleCrop,
    SampleKind,
    SampleLabel,
    SampleRecord,
)
from safety_detector.datasets.labelled import Judgement, LabelledPicture, Side
from safety_detector.detectors.qwen.crop_prompts import CropPrompt, make_crop_prompt
from safety_detector.detectors.qwen.crops import crop_sent_size
from safety_detector.detectors.qwen.detector import DEFAULT_MAX_PIXELS
from safety_detector.detectors.qwen.dialects import Dialect, dialect_named, sent_size
from safety_detector.detectors.qwen.prompts import Prompt, make_prompt
from safety_detector.domain.crop_questions import CropQuestion
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Language
from safety_detector.errors import PictureUnsuitable
from safety_detector.message_texts.reason import Reason


@dataclass(frozen=True, slots=True)
class FineTuningOptions:
    """How pictures are asked about.

    Attributes:
        dialect: of the model that learns.
        language: of states and questions.
        prompt: what the service asks.
        crop_prompts: what it asks about places; empty for no such samples.
        max_pixels: largest picture that the service sends.
        varied_wording: asks in other words about every other picture of the training side.
        with_reasons: adds a sample with people's reasons where there are any.
    """

    dialect: Dialect
    language: Language
    prompt: Prompt
    max_pixels: int
    crop_prompts: Mapping[CropQuestion, CropPrompt] = field(default_factory=dict)
    varied_wording: bool = False
    with_reasons: bool = False

    def as_json(self) -> dict[str, Any]:
        """What was asked for, for the audit log and the set itself."""
        return {
            "dialect": self.dialect.name,
            "prompt_versions": [
                self.prompt.version,
                *sorted(one.version for one in self.crop_prompts.values()),
            ],
            "language": self.language,
            "max_pixels": self.max_pixels,
            "varied_wording": self.varied_wording,
            "with_reasons": self.with_reasons,
        }


def built_in_options(dialect: str = "qwen2.5-vl", language: Language = "zh") -> FineTuningOptions:
    """How the service asks as it comes, without settings or prompts of a site's own.

    Raises:
        ConfigurationInvalid: there is no such dialect.
    """
    learner = dialect_named(dialect)
    return FineTuningOptions(
        dialect=learner,
        language=language,
        prompt=make_prompt(language, learner),
        max_pixels=DEFAULT_MAX_PIXELS,
        crop_prompts={kind: make_crop_prompt(kind, language) for kind in CropQuestion},
    )


@dataclass(frozen=True, slots=True)
class Draft:
    """A sample whose picture is still to be made.

    Attributes:
        region: the part of the upright original that it shows.
        sent: the size at which it shows that.
    """

    conversation: Conversation
    record: SampleRecord
    region: Box
    sent: ImageSize


@dataclass(frozen=True, slots=True)
class Drafts:
    """The samples of a picture, and why the whole picture is none of them, if so."""

    samples: tuple[Draft, ...]
    not_whole: Reason | None


def draft_samples(
    picture: LabelledPicture, side: Side, group: str, options: FineTuningOptions
) -> Drafts:
    """The samples that a picture gives: the whole of it, with reasons, and places in it."""
    drafter = _Drafter(picture, side, group, options)
    whole = drafter.whole()
    crops = tuple(drafter.crops())
    if isinstance(whole, Reason):
        return Drafts(crops, whole)
    return Drafts((*whole, *crops), None)


@dataclass(frozen=True, slots=True)
class _Drafter:
    picture: LabelledPicture
    side: Side
    group: str
    options: FineTuningOptions

    def whole(self) -> Sequence[Draft] | Reason:
        """What the whole picture teaches, or why that is nothing."""
        picture, options = self.picture, self.options
        if not picture.is_complete:
            return Reason.of("sample-not-complete")
        try:
            sent = sent_size(picture.size, options.dialect, options.max_pixels)
        except PictureUnsuitable as exc:
            return exc.reason
        labels = [
            SampleLabel.of(one, teachable_reason(self._reason(one.judgement)))
            for one in picture.boxes
        ]
        things = [one.thing() for one in labels]
        plain, explained = (
            target_answer(
                things,
                picture.size,
                options.dialect.box_space(sent),
                options.language,
                with_reasons=with_reasons,
            ).text
            for with_reasons in (False, True)
        )
        fault = inexact(plain, things, options.dialect, picture.size, sent)
        if fault is not None:
            return Reason(fault)
        drafts = [self._whole(SampleKind.DETECTION, self._question(), plain, labels, sent)]
        # A reason may itself be read as a hazard: then it is not taught.
        if (
            options.with_reasons
            and self.side is Side.TRAIN
            and explained != plain
            and inexact(explained, things, options.dialect, picture.size, sent) is None
        ):
            question = asking_for_reasons(options.prompt.question, options.language)
            drafts.append(self._whole(SampleKind.REASONS, question, explained, labels, sent))
        return drafts

    def crops(self) -> Iterator[Draft]:
        """What single places in it teach."""
        if not self.options.crop_prompts:
            return
        for number, truth in enumerate(crop_truths(self.picture), start=1):
            prompt = self.options.crop_prompts.get(truth.question)
            if prompt is None:
                continue
            try:
                sent = crop_sent_size(truth.crop, self.options.dialect)
            except PictureUnsuitable:
                continue
            yield self._crop(number, truth, prompt, sent)

    def _reason(self, judgement: Judgement) -> str:
        """A person's words where they can be about one thing only.

        A note about a picture ("the second one is the sun") would be taught beside each box.
        """
        said_of = [one.judgement for one in self.picture.boxes]
        said_of += [one.judgement for one in self.picture.refuted]
        return judgement.reason if said_of.count(judgement) == 1 else ""

    def _question(self) -> str:
        usual = self.options.prompt.question
        if not self.options.varied_wording or self.side is not Side.TRAIN:
            return usual
        return question_for(self.picture.inspection_id, usual, self.options.language)

    def _whole(
        self,
        kind: SampleKind,
        question: str,
        answer: str,
        labels: Sequence[SampleLabel],
        sent: ImageSize,
    ) -> Draft:
        file = f"images/{self.picture.inspection_id}.jpg"
        record = self._record(kind, file, sent, self.options.prompt.version)
        size = self.picture.size
        return Draft(
            Conversation(self.options.prompt.instruction, question, answer, file),
            record.model_copy(update={"labels": list(labels)}),
            Box(0, 0, size.width, size.height),
            sent,
        )

    def _crop(self, number: int, truth: CropTruth, crop: CropPrompt, sent: ImageSize) -> Draft:
        file = f"images/{self.picture.inspection_id}-{number}.jpg"
        prompt = crop.about(truth.place, truth.crop, self.picture.size, sent)
        longest = crop.schema["properties"]["why"]["maxLength"]
        reason = teachable_reason(self._reason(truth.judgement), longest)
        text, why = crop_answer_text(truth.question, truth.answer, reason, self.options.language)
        asked = SampleCrop(
            question=truth.question,
            place=truth.place.xyxy,
            crop=truth.crop.xyxy,
            answer=truth.answer,
            reason=why,
        )
        record = self._record(SampleKind.CROP, file, sent, prompt.version)
        return Draft(
            Conversation(prompt.instruction, prompt.question, text, file),
            record.model_copy(update={"crop": asked}),
            truth.crop,
            sent,
        )

    def _record(
        self, kind: SampleKind, file: str, sent: ImageSize, prompt_version: str
    ) -> SampleRecord:
        picture = self.picture
        return SampleRecord.model_construct(
            kind=kind,
            side=self.side,
            picture=file,
            inspection_id=picture.inspection_id,
            # Names may hold bytes that are no text; JSON cannot.
            name=picture.name.encode("utf-8", "backslashreplace").decode(),
            sha256=picture.sha256,
            source=picture.source,
            group=self.group,
            licence=picture.licence,
            original=(picture.size.width, picture.size.height),
            sent=(sent.width, sent.height),
            dialect=self.options.dialect.name,
            prompt_version=prompt_version,
        )
