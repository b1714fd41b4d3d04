"""The formats of labelled sets, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from safety_detector.datasets.coco import CocoDataset
from safety_detector.datasets.finetuning.companions import FineTuningProgram
from safety_detector.datasets.finetuning.drafting import FineTuningOptions
from safety_detector.datasets.finetuning.writer import FineTuningWriter
from safety_detector.datasets.writing import DatasetFiles, DatasetWriter
from safety_detector.datasets.yolo import YoloDataset


class DatasetFormat(StrEnum):
    """What a set can be exported as."""

    COCO = "coco"
    YOLO = "yolo"
    LLAMA_FACTORY = "llama-factory"
    MS_SWIFT = "ms-swift"


@dataclass(frozen=True, slots=True)
class FormatOptions:
    """What a writer needs to know besides the pictures.

    Attributes:
        licence: of pictures of which their submitter said nothing.
        fine_tuning: how a language model is asked; for sets that it learns from.
    """

    licence: str
    fine_tuning: FineTuningOptions | None = None


_MAKERS: Mapping[DatasetFormat, Callable[[DatasetFiles, FormatOptions], DatasetWriter]] = {
    DatasetFormat.COCO: lambda files, options: CocoDataset(files, options.licence),
    DatasetFormat.YOLO: lambda files, _options: YoloDataset(files),
    DatasetFormat.LLAMA_FACTORY: lambda files, options: FineTuningWriter(
        files, FineTuningProgram.LLAMA_FACTORY, _asked(options)
    ),
    DatasetFormat.MS_SWIFT: lambda files, options: FineTuningWriter(
        files, FineTuningProgram.MS_SWIFT, _asked(options)
    ),
}

FINE_TUNING_FORMATS = frozenset({DatasetFormat.LLAMA_FACTORY, DatasetFormat.MS_SWIFT})
"""Those from which a language model learns: they need to know how it is asked."""


def open_writer(
    wanted: DatasetFormat, files: DatasetFiles, options: FormatOptions
) -> DatasetWriter:
    """A writer of the format; close it."""
    return _MAKERS[wanted](files, options)


def _asked(options: FormatOptions) -> FineTuningOptions:
    if options.fine_tuning is None:
        raise ValueError("a set for fine-tuning needs to know how the model is asked")
    return options.fine_tuning
