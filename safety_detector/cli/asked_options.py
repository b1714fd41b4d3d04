"""``--threshold``, ``--tiling`` and ``--classes``: settings for one command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from safety_detector.detectors.qwen.tiles import MAX_QWEN_TILES
from safety_detector.detectors.thresholds import RawClassName, parse_labels, parse_thresholds
from safety_detector.detectors.tiling import MAX_TILES, parse_tiling
from safety_detector.errors import ConfigurationInvalid

if TYPE_CHECKING:
    # Loaded with Pydantic; the help of a command needs neither.
    from safety_detector.settings import Backend, Settings

_Text = TypeVar("_Text")
_Value = TypeVar("_Value")

ThresholdOption = Annotated[
    list[str] | None,
    typer.Option(
        "--threshold",
        help="Score from which a class counts, 0 to 1; may be repeated: --threshold fire=0.5 "
        "--threshold head_bare=0.6. Classes: fire, smoke, person, head_helmet, head_bare (people "
        "without helmet). Scores do not change with it. Backend embedded alone. Default: "
        "SAFETY_EMBEDDED_THRESHOLDS, else those of the weights.",
        metavar="CLASS=SCORE",
    ),
]
TilingOption = Annotated[
    str | None,
    typer.Option(
        help="Whether parts of a picture are looked at too, for small people: auto (only if its "
        "longer side is over 2,048 pixels; for backend qwen over 6.3 megapixels), off (such a "
        "picture is then inconclusive unless a hazard shows), or columns by rows, for example 3x2. "
        "With backend qwen each part is a request more, 16 at most. Default: "
        "SAFETY_EMBEDDED_TILING, else auto; SAFETY_QWEN_TILING, else off.",
        metavar="auto|off|CxR",
    ),
]
ClassesOption = Annotated[
    str | None,
    typer.Option(
        help="What is looked for, among fire, smoke, person, separated by commas. The verdict is "
        "about these alone: without person, clear says nothing of helmets. Default: "
        "SAFETY_CLASSES, else all three.",
        metavar="CLASSES",
    ),
]


@dataclass(frozen=True, slots=True)
class AskedOptions:
    """What the command line asks of the detector; None means that the settings decide."""

    thresholds: tuple[str, ...] = ()
    tiling: str | None = None
    classes: str | None = None

    @property
    def named(self) -> list[str]:
        """The options that were given, as they are written."""
        given: Mapping[str, object] = {
            "--threshold": self.thresholds,
            "--tiling": self.tiling is not None,
            "--classes": self.classes is not None,
        }
        return [name for name, value in given.items() if value]


def with_asked(settings: Settings, backend: Backend | None, asked: AskedOptions) -> Settings:
    """The settings with what the command line asks for in their place.

    A threshold takes the place of the same class's in the settings; the others stay.

    Raises:
        ConfigurationInvalid: a value cannot work, or the backend cannot do it.
    """
    is_qwen = (backend or settings.effective_backend) == "qwen"
    if is_qwen and asked.thresholds:
        raise ConfigurationInvalid("threshold-needs-embedded")
    changed: dict[str, object] = {}
    if asked.thresholds:
        thresholds = _read("--threshold", _parse_all, asked.thresholds)
        changed["embedded_thresholds"] = {**settings.embedded_thresholds, **thresholds}
    if asked.tiling is not None:
        most = MAX_QWEN_TILES if is_qwen else MAX_TILES
        tiling = _read("--tiling", lambda text: parse_tiling(text, most), asked.tiling)
        changed["qwen_tiling" if is_qwen else "embedded_tiling"] = str(tiling)
    if asked.classes is not None:
        changed["classes"] = _read("--classes", parse_labels, asked.classes)
    return settings.model_copy(update=changed)


def _parse_all(texts: tuple[str, ...]) -> dict[RawClassName, float]:
    if not all(text.strip() for text in texts):
        raise ValueError("it is empty; write class=score, like fire=0.5")
    return parse_thresholds(",".join(texts))


def _read(option: str, parse: Callable[[_Text], _Value], text: _Text) -> _Value:
    try:
        return parse(text)
    except ValueError as exc:
        raise ConfigurationInvalid("option-invalid", option=option, cause=exc) from exc
