"""The Python API: ``from safety_detector import detect``.

The functions do what the command ``safety-detector detect`` does, with the same settings
(``SAFETY_*`` variables and ``.env`` in the current folder, read at each call) and the same results.
"""

from __future__ import annotations

import io
import logging
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from ulid import ULID

from safety_detector.annotation.draw import annotate
from safety_detector.appearance.fonts import find_fonts
from safety_detector.documents.results import ResultDocument
from safety_detector.domain.detections import Detection, DetectorRun
from safety_detector.domain.hazards import LANGUAGES, Language
from safety_detector.domain.inspection import Inspection, Verdict, verdict_name
from safety_detector.errors import ConfigurationInvalid
from safety_detector.host.local_time import local_time_zone
from safety_detector.ingest.exif_time import taken_of
from safety_detector.ingest.fetching import is_url, read_source
from safety_detector.name_bytes import readable_text
from safety_detector.pictures.images import RgbImage
from safety_detector.pipeline import (
    InspectedPicture,
    inspect_picture,
    inspect_pixels,
    with_second_look,
)
from safety_detector.ports import Detector
from safety_detector.settings import Backend, Settings, load_settings, setting_warnings
from safety_detector.sources.names import display_name
from safety_detector.wiring import build_detector, fetch_policy

_log = logging.getLogger(__name__)

Picture: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | NDArray[np.uint8]
"""A path or http(s) URL, the bytes of a picture file, or pixels: ``uint8``, ``(H, W, 3)``, RGB."""


@dataclass(frozen=True, slots=True)
class PictureInspection:
    """What was found in one picture.

    In a notebook it shows itself as the annotated picture.

    Attributes:
        inspection: the outcome, as the command and the service have it.
        language: of labels on the picture, unless another is asked for.
    """

    inspection: Inspection
    language: Language
    _seen: InspectedPicture = field(repr=False)
    _fonts: Path = field(repr=False)
    _source: Path | None = field(repr=False)
    _names_in_document: bool = field(repr=False)

    @property
    def rgb(self) -> RgbImage:
        """The upright picture that all boxes refer to: ``uint8``, ``(H, W, 3)``, RGB."""
        return self._seen.rgb

    @property
    def verdict(self) -> Verdict:
        """``hazard``, ``inconclusive`` or ``clear``; equal to these strings."""
        return self._seen.verdict

    @property
    def detections(self) -> tuple[Detection, ...]:
        """What was found, the most urgent first; number 1 on the picture is the first."""
        return self._seen.detections

    @property
    def runs(self) -> tuple[DetectorRun, ...]:
        """The detector calls behind it."""
        return self._seen.runs

    @property
    def incomplete(self) -> bool:
        """Whether something may have been missed; ``document()["runs"]`` says why."""
        return self.inspection.incomplete

    def document(self) -> dict[str, Any]:
        """The result as JSON-ready data, the same as ``safety-detector detect --json`` prints."""
        language = self.language if self._names_in_document else None
        return ResultDocument.of(self.inspection, language).as_json()

    def annotated(self, lang: Language | None = None) -> RgbImage:
        """The picture with what was found drawn on it: ``uint8``, ``(H, W, 3)``, RGB.

        A small picture is enlarged by a whole factor, so that labels do not hide what they name.
        """
        language = _checked_language(lang) or self.language
        return annotate(self.rgb, self.detections, find_fonts(self._fonts), language)

    def annotated_jpeg(self, lang: Language | None = None) -> bytes:
        """The annotated picture as the bytes of a JPEG file."""
        language = _checked_language(lang) or self.language
        return self._seen.annotated_jpeg(find_fonts(self._fonts), language)

    def save_annotated(self, path: str | os.PathLike[str], lang: Language | None = None) -> Path:
        """Writes the annotated picture to a ``.jpg`` or ``.png`` file; missing folders are made.

        Returns the path.

        Raises:
            ConfigurationInvalid: the name has another ending, or is that of the picture itself.
            OSError: the file cannot be written.
        """
        target = Path(path)
        ending = target.suffix.lower()
        if ending not in (".jpg", ".jpeg", ".png"):
            raise ConfigurationInvalid("annotated-ending", path=target)
        if self._source is not None and target.exists() and target.samefile(self._source):
            raise ConfigurationInvalid("annotated-onto-itself", path=target)
        target.parent.mkdir(parents=True, exist_ok=True)
        if ending == ".png":
            stream = io.BytesIO()
            PIL.Image.fromarray(self.annotated(lang)).save(stream, "PNG")
            target.write_bytes(stream.getvalue())
        else:
            target.write_bytes(self.annotated_jpeg(lang))
        return target

    def __str__(self) -> str:
        separator = "；" if self.language == "zh" else "; "  # a hazard has commas inside
        found = separator.join(one.hazard.text(self.language) for one in self.detections)
        name = f"{self.inspection.picture.name}: {verdict_name(self.verdict, self.language)}"
        return f"{name} ({found})" if found else name

    def _repr_jpeg_(self) -> bytes:
        """What Jupyter shows."""
        return self.annotated_jpeg()


def detect(
    picture: Picture,
    *,
    backend: Backend | None = None,
    lang: Language | None = None,
    thresholds: Mapping[str, float] | str | None = None,
    tiling: str | None = None,
    classes: Sequence[str] | str | None = None,
    name: str | None = None,
) -> PictureInspection:
    """Finds fire, smoke and people with and without helmets in one picture.

    >>> found = detect("gate3.jpg")  # doctest: +SKIP
    >>> found.verdict  # doctest: +SKIP
    <Verdict.HAZARD: 'hazard'>

    The detector is loaded at the first call and kept for further ones with the same settings.
    Several threads may call at the same time.

    Args:
        picture: a path or an http(s) URL, the bytes of a picture file, or pixels as an array of
            shape ``(height, width, 3)``, ``uint8``, in the order red, green, blue.  OpenCV's
            pictures have blue first: ``detect(bgr[..., ::-1])``.
        backend: ``embedded`` or ``qwen``; None as for the command.
        lang: ``en`` or ``zh``: adds names to the document, and is the language of labels.
        thresholds: scores from which classes count, ``{"fire": 0.5}`` or ``"fire=0.5"``.
        tiling: ``auto``, ``off``, or columns and rows like ``3x2``.
        classes: what is looked for, among ``fire``, ``smoke``, ``person``.
        name: stands in the result; None for the file's name.

    Raises:
        PictureRefused: there is no such file, or it is no picture that can be inspected.
        AddressRefused, FetchFailed: the URL may not be fetched, or did not deliver a picture.
        DetectorError: there is no result; a failure never becomes an empty one.
        ConfigurationInvalid: an option or setting cannot work.
        TypeError, ValueError: the array is of another kind or shape.
    """
    settings = _settings(
        {
            "backend": backend,
            "embedded_thresholds": thresholds,
            "embedded_tiling": tiling,
            "classes": classes
            if classes is None or isinstance(classes, str)
            else ",".join(classes),
        }
    )
    language = _checked_language(lang)
    pixels, data, source = _read(picture, settings)
    shown = readable_text(name) if name else display_name(source) if source else "picture"
    limits = fetch_policy(settings).limits
    received_at = datetime.now(UTC)
    with _detectors.use(settings) as detector:
        seen = with_second_look(
            lambda attempt: (
                inspect_picture(data, shown, detector, limits, attempt)
                if pixels is None
                else inspect_pixels(pixels, shown, detector, limits, attempt)
            )
        )
    taken = taken_of(data, received_at, local_time_zone())
    links = {"original": readable_text(source)} if source else {}
    return PictureInspection(
        seen.as_inspection(str(ULID()), received_at, taken, links),
        language or settings.language,
        _seen=seen,
        _fonts=(settings.data_dir / "fonts").absolute(),
        _source=Path(source).absolute() if source and not is_url(source) else None,
        _names_in_document=language is not None,
    )


def _settings(given: Mapping[str, object]) -> Settings:
    """The settings with the options in their place; a threshold in that of the same class."""
    given = {key: value for key, value in given.items() if value is not None}
    for sentence in setting_warnings():
        _warn_once(sentence)
    settings = load_settings(given)
    if settings.effective_backend == "qwen":
        if "embedded_thresholds" in given:
            raise ConfigurationInvalid("option-needs-embedded", option="thresholds")
        if "embedded_tiling" in given:
            given["qwen_tiling"] = given.pop("embedded_tiling")
            settings = load_settings(given)
    if "embedded_thresholds" in given:
        others = {key: value for key, value in given.items() if key != "embedded_thresholds"}
        usual = load_settings(others).embedded_thresholds
        thresholds = {**usual, **settings.embedded_thresholds}
        settings = load_settings({**others, "embedded_thresholds": thresholds})
    return settings


@cache
def _warn_once(sentence: str) -> None:
    _log.warning(sentence)


def _checked_language(lang: Language | None) -> Language | None:
    if lang is not None and lang not in LANGUAGES:
        raise ConfigurationInvalid("unknown-language", language=lang, known=", ".join(LANGUAGES))
    return lang


def _read(picture: Picture, settings: Settings) -> tuple[RgbImage | None, bytes, str]:
    """Pixels or the bytes of a file, and the path or URL that they come from, empty if none."""
    if isinstance(picture, np.ndarray):
        return _checked_pixels(picture), b"", ""
    if isinstance(picture, bytes | bytearray | memoryview):
        return None, bytes(picture), ""
    if not isinstance(picture, str | os.PathLike):
        raise TypeError(
            f"a picture is a path, bytes or an array, not {type(picture).__name__}; of a Pillow "
            'image take numpy.asarray(image.convert("RGB"))'
        )
    source = os.fsdecode(picture)
    # Fetching has an event loop of its own, which a notebook's thread already has.
    with ThreadPoolExecutor(1) as thread:
        return None, thread.submit(read_source, source, fetch_policy(settings)).result(), source


def _checked_pixels(pixels: NDArray[np.uint8]) -> RgbImage:
    """A copy, which the caller's next frame does not overwrite.

    Raises:
        TypeError, ValueError: it is no RGB picture.
    """
    if pixels.dtype != np.uint8:
        raise TypeError(
            f"the array is {pixels.dtype}, not uint8; values from 0 to 1 become that by "
            "(array * 255).round().astype(numpy.uint8)"
        )
    if pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ValueError(
            f"the array has the shape {pixels.shape}, not (height, width, 3); of a grey picture "
            "take numpy.stack([grey] * 3, axis=-1), of one with transparency array[..., :3]"
        )
    if not pixels.size:
        raise ValueError(f"the array of shape {pixels.shape} has no pixels")
    return np.array(pixels, order="C", copy=True)


class _Detectors:
    """Detectors that were used lately, each for the settings that it was built by."""

    # A search for thresholds would else keep the weights as often as it has steps.
    _MOST = 4

    @dataclass(eq=False, slots=True)
    class _Kept:
        settings: Settings
        detector: Detector
        users: int = 0

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: list[_Detectors._Kept] = []
        self._inherited: list[_Detectors._Kept] = []

    @contextmanager
    def use(self, settings: Settings) -> Iterator[Detector]:
        """The detector for these settings, built if need be; it stays open while it is used."""
        with self._lock:
            kept = self._find(settings)
            kept.users += 1
        try:
            yield kept.detector
        finally:
            with self._lock:
                kept.users -= 1
                self._close_what_is_too_much()

    def begin_anew(self) -> None:
        """In a forked process: it has the detectors' memory, but not their threads.

        What it inherited is kept, since giving it back would wait for those.
        """
        self._lock = threading.Lock()
        self._inherited, self._kept = self._kept, []

    def _find(self, settings: Settings) -> _Kept:
        for index, kept in enumerate(self._kept):
            if kept.settings == settings:
                self._kept.append(self._kept.pop(index))
                return kept
        self._kept.append(self._Kept(settings, build_detector(settings)))
        return self._kept[-1]

    def _close_what_is_too_much(self) -> None:
        for kept in self._kept[: max(len(self._kept) - self._MOST, 0)]:
            if not kept.users:
                self._kept.remove(kept)
                kept.detector.close()


_detectors = _Detectors()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_detectors.begin_anew)
