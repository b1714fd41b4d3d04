"""Writes a set for fine-tuning, picture by picture, and reads it back before it is whole."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from safety_detector.datasets.content import PictureContent
from safety_detector.datasets.finetuning.answers import LabelledThing, inexact, target_answer
from safety_detector.datasets.finetuning.companions import (
    FineTuningProgram,
    SetFacts,
    companion_files,
)
from safety_detector.datasets.finetuning.conversations import (
    Conversation,
    asking_for_reasons,
    question_for,
    teachable_reason,
)
from safety_detector.datasets.finetuning.reading_back import (
    LABELS_FILE,
    SAMPLE_FILES,
    ReadBack,
    compare,
)
from safety_detector.datasets.finetuning.samples import SampleKind, SampleLabel, SampleRecord
from safety_detector.datasets.labelled import LabelledBox, LabelledPicture, Side
from safety_detector.datasets.writing import DatasetFiles
from safety_detector.detectors.qwen.detector import JPEG_QUALITY
from safety_detector.detectors.qwen.dialects import Dialect, sent_size
from safety_detector.detectors.qwen.prompts import Prompt
from safety_detector.domain.geometry import ImageSize
from safety_detector.domain.hazards import Language
from safety_detector.errors import PictureUnsuitable
from safety_detector.message_texts.reason import Reason
from safety_detector.pictures.images import RgbImage, encode_jpeg, resize, size_of


@dataclass(frozen=True, slots=True)
class FineTuningOptions:
    """How pictures are asked about.

    Attributes:
        program: that the set is for.
        dialect: of the model that learns.
        language: of states and questions.
        prompt: what the service asks.
        max_pixels: largest picture that the service sends.
        varied_wording: asks in other words about every other picture of the training side.
        with_reasons: adds a sample with people's reasons where there are any.
    """

    program: FineTuningProgram
    dialect: Dialect
    language: Language
    prompt: Prompt
    max_pixels: int
    varied_wording: bool = False
    with_reasons: bool = False


class FineTuningWriter:
    """Writes conversations about judged pictures, with the pictures as the service sends them.

    Samples wait in temporary files until the last one, as a zip takes one file after the other.

    Args:
        files: where the set goes.
        options: how pictures are asked about.
    """

    def __init__(self, files: DatasetFiles, options: FineTuningOptions) -> None:
        self._files = files
        self._options = options
        self._samples = {side: _waiting() for side in Side}
        self._records = {side: _waiting() for side in Side}
        self._counts = dict.fromkeys(Side, 0)

    def add(
        self, picture: LabelledPicture, side: Side, group: str, content: PictureContent
    ) -> Reason | None:
        """Writes the samples about a picture, and the picture.

        Returns:
            Why there is none.

        Raises:
            PictureRefused: the picture cannot be decoded.
        """
        if not picture.is_complete:
            return Reason.of("sample-not-complete")
        try:
            sent = sent_size(picture.size, self._options.dialect, self._options.max_pixels)
        except PictureUnsuitable as exc:
            return exc.reason
        labels = [_label(one) for one in picture.boxes]
        things = [one.thing() for one in labels]
        answer = self._answer(things, picture.size, sent)
        fault = inexact(answer, things, self._options.dialect, picture.size, sent)
        if fault is not None:
            return Reason.of(f"sample-{fault}")
        rgb = content.rgb()
        if size_of(rgb) != picture.size:
            return Reason.of("sample-size-differs", actual=size_of(rgb), stated=picture.size)
        file = self._write_picture(picture.inspection_id, rgb, sent)
        question = self._options.prompt.question
        if self._options.varied_wording and side is Side.TRAIN:
            question = question_for(picture.inspection_id, question, self._options.language)
        conversation = Conversation(self._options.prompt.instruction, question, answer, file)
        self._write(conversation, picture, labels, SampleKind.DETECTION, side, group, sent)
        self._add_reasons(conversation, picture, labels, side, group, sent)
        return None

    def finish(self) -> None:
        """Reads all samples back and writes them, with what the program needs beside them.

        Raises:
            AnnotationsInvalid: a sample does not say what its labels say; the set is not finished.
        """
        found = ReadBack()
        for side in Side:
            self._samples[side].seek(0)
            self._records[side].seek(0)
            records = map(SampleRecord.model_validate_json, self._records[side])
            compare(self._samples[side], records, side, found)
        found.refuse_if_wrong(", ".join(SAMPLE_FILES.values()))
        for side in Side:
            if self._counts[side]:
                self._samples[side].seek(0)
                self._files.copy(SAMPLE_FILES[side], self._samples[side])
        with tempfile.TemporaryFile() as together:
            for side in Side:
                self._records[side].seek(0)
                together.writelines(self._records[side])
            together.seek(0)
            self._files.copy(LABELS_FILE, together)
        facts = SetFacts(self._counts, self._options.dialect, self._options.max_pixels)
        for name, text in companion_files(self._options.program, facts).items():
            self._files.write(name, text.encode())

    def close(self) -> None:
        """Removes the temporary files."""
        for file in (*self._samples.values(), *self._records.values()):
            file.close()

    def _answer(
        self,
        things: Sequence[LabelledThing],
        size: ImageSize,
        sent: ImageSize,
        *,
        why: bool = False,
    ) -> str:
        space = self._options.dialect.box_space(sent)
        return target_answer(things, size, space, self._options.language, with_reasons=why).text

    def _add_reasons(
        self,
        plain: Conversation,
        picture: LabelledPicture,
        labels: Sequence[SampleLabel],
        side: Side,
        group: str,
        sent: ImageSize,
    ) -> None:
        """A second sample about the picture, unless a reason itself is read as a hazard."""
        if not self._options.with_reasons or side is not Side.TRAIN:
            return
        things = [one.thing() for one in labels]
        answer = self._answer(things, picture.size, sent, why=True)
        if answer == plain.answer:
            return
        if inexact(answer, things, self._options.dialect, picture.size, sent) is not None:
            return
        asked = asking_for_reasons(self._options.prompt.question, self._options.language)
        explained = Conversation(plain.instruction, asked, answer, plain.picture)
        self._write(explained, picture, labels, SampleKind.REASONS, side, group, sent)

    def _write_picture(self, key: str, rgb: RgbImage, sent: ImageSize) -> str:
        name = f"images/{key}.jpg"
        self._files.write(name, encode_jpeg(resize(rgb, sent), JPEG_QUALITY))
        return name

    def _write(
        self,
        conversation: Conversation,
        picture: LabelledPicture,
        labels: Sequence[SampleLabel],
        kind: SampleKind,
        side: Side,
        group: str,
        sent: ImageSize,
    ) -> None:
        record = SampleRecord.of(
            kind,
            picture,
            labels,
            side=side,
            group=group,
            file=conversation.picture,
            sent=sent,
            dialect=self._options.dialect,
            prompt_version=self._options.prompt.version,
        )
        self._samples[side].write(_line(conversation.as_messages()))
        self._records[side].write(_line(record.model_dump(mode="json")))
        self._counts[side] += 1


def _label(box: LabelledBox) -> SampleLabel:
    return SampleLabel.of(box, teachable_reason(box.judgement.reason))


def _line(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def _waiting() -> IO[bytes]:
    return tempfile.TemporaryFile()
