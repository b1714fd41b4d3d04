"""The formats of labelled sets, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from safety_detector.datasets.coco import CocoDataset
from safety_detector.datasets.writing import DatasetFiles, DatasetWriter
from safety_detector.datasets.yolo import YoloDataset


class DatasetFormat(StrEnum):
    """What a set can be exported as."""

    COCO = "coco"
    YOLO = "yolo"


@dataclass(frozen=True, slots=True)
class FormatOptions:
    """What a writer needs to know besides the pictures.

    Attributes:
        licence: of pictures of which their submitter said nothing.
        more: what one format alone asks for, by name.
    """

    licence: str
    more: Mapping[str, str] = field(default_factory=dict)


_MAKERS: Mapping[DatasetFormat, Callable[[DatasetFiles, FormatOptions], DatasetWriter]] = {
    DatasetFormat.COCO: lambda files, options: CocoDataset(files, options.licence),
    DatasetFormat.YOLO: lambda files, _options: YoloDataset(files),
}


def open_writer(
    wanted: DatasetFormat, files: DatasetFiles, options: FormatOptions
) -> DatasetWriter:
    """A writer of the format; close it."""
    return _MAKERS[wanted](files, options)
