"""Writes a set for fine-tuning, picture by picture, and reads it back before it is whole."""

from __future__ import annotations

import json
import tempfile
from typing import IO

from safety_detector.datasets.content import PictureContent
from safety_detector.datasets.finetuning.companions import (
    FineTuningProgram,
    SetFacts,
    companion_files,
)
from safety_detector.datasets.finetuning.drafting import FineTuningOptions, draft_samples
from safety_detector.datasets.finetuning.reading_back import (
    LABELS_FILE,
    SAMPLE_FILES,
    ReadBack,
    compare,
)
from safety_detector.datasets.finetuning.samples import SampleRecord
from safety_detector.datasets.labelled import LabelledPicture, Side
from safety_detector.datasets.writing import DatasetFiles
from safety_detector.detectors.qwen.detector import JPEG_QUALITY
from safety_detector.domain.geometry import Box
from safety_detector.message_texts.reason import Reason
from safety_detector.pictures.images import RgbImage, encode_jpeg, resize, size_of


class FineTuningWriter:
    """Writes conversations about judged pictures, with the pictures as the service sends them.

    Samples wait in temporary files until the last one, as a zip takes one file after the other.

    Args:
        files: where the set goes.
        program: that the set is for.
        options: how pictures are asked about.
    """

    def __init__(
        self, files: DatasetFiles, program: FineTuningProgram, options: FineTuningOptions
    ) -> None:
        self._files = files
        self._program = program
        self._options = options
        self._samples = {side: _waiting() for side in Side}
        self._records = {side: _waiting() for side in Side}
        self._counts = dict.fromkeys(Side, 0)

    def refusal(self, picture: LabelledPicture) -> Reason | None:
        """Why a picture gives no sample."""
        drafts = draft_samples(picture, Side.TRAIN, picture.group, self._options)
        if drafts.samples:
            return None
        return drafts.not_whole or Reason.of("sample-not-complete")

    def add(
        self, picture: LabelledPicture, side: Side, group: str, content: PictureContent
    ) -> Reason | None:
        """Writes the samples about a picture, and what they show.

        Returns:
            Why there is none; then nothing of it is written.

        Raises:
            PictureRefused: the picture cannot be decoded.
        """
        drafts = draft_samples(picture, side, group, self._options)
        if not drafts.samples:
            return drafts.not_whole or Reason.of("sample-not-complete")
        rgb = content.rgb()
        if size_of(rgb) != picture.size:
            return Reason.of("sample-size-differs", actual=size_of(rgb), stated=picture.size)
        shown: set[str] = set()
        for draft in drafts.samples:
            file = draft.conversation.picture
            if file not in shown:
                shown.add(file)
                sent = resize(_part(rgb, draft.region), draft.sent)
                self._files.write(file, encode_jpeg(sent, JPEG_QUALITY))
            self._samples[side].write(_line(draft.conversation.as_messages()))
            self._records[side].write(_line(draft.record.model_dump(mode="json")))
            self._counts[side] += 1
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
        for name, text in companion_files(self._program, facts).items():
            self._files.write(name, text.encode())

    def close(self) -> None:
        """Removes the temporary files."""
        for file in (*self._samples.values(), *self._records.values()):
            file.close()


def _part(rgb: RgbImage, region: Box) -> RgbImage:
    x1, y1, x2, y2 = (int(side) for side in region.xyxy)
    return rgb[y1:y2, x1:x2]


def _line(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def _waiting() -> IO[bytes]:
    return tempfile.TemporaryFile()
