"""The pictures that weights are checked on before they are installed; see ``README.md``."""

from __future__ import annotations

from pathlib import Path

from safety_detector.evaluation.truth import LabelledPicture, read_labelled_pictures


def read_check_set() -> tuple[LabelledPicture, ...]:
    """The pictures with what is in them.

    Raises:
        AnnotationsInvalid: the program's own files are damaged.
    """
    return read_labelled_pictures(Path(__file__).with_name("annotations.json"))
