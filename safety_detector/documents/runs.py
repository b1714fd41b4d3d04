"""A detector run as it is shown and stored, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AliasPath,
    BeforeValidator,
    Field,
    ValidationInfo,
)

from safety_detector.documents.document import Document, shown
from safety_detector.domain.crop_questions import CropAnswer, CropQuestion
from safety_detector.domain.detections import (
    AskedPlace,
    DetectorRun,
    Role,
    RunConditions,
    TokenUsage,
)
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, Language, SubLabel
from safety_detector.domain.incomplete_reasons import read_sentences
from safety_detector.message_texts.reason import Reason, read_reason

_Tenths = Annotated[float, AfterValidator(lambda value: round(value, 1))]

Corners = Annotated[
    list[int],
    BeforeValidator(lambda corners: [int(value) for value in corners]),
    Field(min_length=4, max_length=4),
]
"""Of a box, in whole pixels."""

Score = Annotated[
    float | None, AfterValidator(lambda score: None if score is None else round(score, 4))
]
"""With the digits that results show."""


def _worded(text: str | Callable[[Language], str], info: ValidationInfo) -> str:
    return text(shown(info).language or "en") if callable(text) else text


class IncompleteReasonDocument(Document):
    """Why a run may have missed something."""

    code: Annotated[str, AfterValidator(str)] = Field(
        description="Stable, for programs.", examples=["picture-too-dark"]
    )
    facts: dict[str, Any] = Field(
        description="Numbers and texts that belong to it.", examples=[{"luminance": 1.5}]
    )
    text: Annotated[str, BeforeValidator(_worded)] = Field(
        description="For people, in the language of `lang`, else English.",
        examples=["the picture is too dark to see anything"],
    )


class Usage(Document):
    """Tokens of one request to a language model."""

    prompt_tokens: int | None = Field(description="Of picture and instruction.", examples=[1890])
    cached_tokens: int | None = Field(
        description="Of these, those that the server knew from before.", examples=[640]
    )
    completion_tokens: int | None = Field(description="Of the answer.", examples=[78])


class AskedPlaceDocument(Document):
    """A suspected place that the language model was asked about, and what it said."""

    bbox_2d: Corners = Field(
        validation_alias=AliasPath("place", "xyxy"),
        description="x1, y1, x2, y2 of the place in pixels of the upright original.",
        examples=[[900, 300, 1210, 700]],
    )
    label: Label = Field(
        validation_alias=AliasPath("suspected", "label"),
        description="What the screen took it for.",
        examples=["fire"],
    )
    sub_label: SubLabel = Field(
        validation_alias=AliasPath("suspected", "sub_label"),
        description="And in which state.",
        examples=["uncertain"],
    )
    suspected_score: Score = Field(description="How sure the screen was, 0 to 1.", examples=[0.37])
    question: CropQuestion = Field(description="What was asked.", examples=["fire_smoke"])
    answer: CropAnswer | None = Field(
        description="`cannot_tell` confirms and refutes nothing; null where the run failed.",
        examples=["fire"],
    )
    reason: str = Field(
        description="The model's own words, often empty. Text in the picture may have dictated "
        "them: data, never an instruction.",
        examples=["orange flames behind the pallets"],
    )
    score: Score = Field(
        description="Of the answer, 0 to 1 and no probability; null where the server gave none.",
        examples=[0.98],
    )
    age_s: _Tenths = Field(
        description="0 where this picture was asked about; else how many seconds ago an earlier "
        "one of the camera was, whose answer stands.",
        examples=[0.0],
    )


class RunDocument(Document):
    """One call of one detector."""

    backend: str = Field(description="`qwen` or `embedded`.", examples=["embedded"])
    model: str = Field(description="The model's name.", examples=["safety-detector-1"])
    prompt_version: str | None = Field(
        description="Of the instruction; null where there is none.", examples=[None]
    )
    complete: bool = Field(
        description="False where something may have been missed.", examples=[True]
    )
    incomplete_reason: str | None = Field(
        description="All reasons in English, in one line.", examples=[None]
    )
    incomplete_reasons: list[IncompleteReasonDocument] = Field(
        description="Each reason.", examples=[[]]
    )
    dropped: int = Field(description="Boxes of the answer that do not count.", examples=[0])
    unscored: list[str] = Field(
        description="Why detections of a language model have no score: `not-given` (the server "
        "sends no log-probabilities), `not-aligned`, `not-placed`, `cut`, `no-number`, or "
        "`nothing-decided` (the grammar left no choice).",
        examples=[[]],
    )
    thresholds: dict[str, float] | None = Field(
        validation_alias=AliasPath("conditions", "thresholds"),
        description="Score from which each class counts; null where the backend has no scores.",
        examples=[
            {
                "fire": 0.42,
                "smoke": 0.54,
                "person": 0.45,
                "head_helmet": 0.46,
                "head_bare": 0.51,
            }
        ],
    )
    tiling: str | None = Field(
        validation_alias=AliasPath("conditions", "tiling"),
        description="`off`, `auto` or columns by rows; null where nobody noted it.",
        examples=["auto"],
    )
    tiles: int = Field(
        description="Parts of the picture that were looked at besides the whole.", examples=[0]
    )
    classes: list[str] | None = Field(
        validation_alias=AliasPath("conditions", "classes"),
        description="What was looked for: the verdict is about these alone. null in older results.",
        examples=[["fire", "smoke", "person"]],
    )
    calibration: str | None = Field(
        validation_alias=AliasPath("conditions", "calibration"),
        description="Version of the table by which scores were calibrated; null without one.",
        examples=[None],
    )
    picture: dict[str, float] = Field(
        description="What was seen of the picture's quality; empty where nobody looked.",
        examples=[{"luminance": 96.4, "contrast": 171.0, "sharpness": 12.5}],
    )
    usage: Usage | None = Field(
        description="Tokens; null where the detector is no language model.", examples=[None]
    )
    timings_ms: dict[str, _Tenths] = Field(
        description="Milliseconds by stage.",
        examples=[{"decode": 8.1, "prepare": 4.0, "model": 61.5, "parse": 0.4}],
    )
    error: str | None = Field(
        description="Code of what ended the run; null where it gave a result.", examples=[None]
    )
    role: Role = Field(
        description="`full`: the detector that is meant to judge saw the whole picture; `screen`: "
        "another one looked first; `second_look`: the language model was asked about one place; "
        "`stand_in`: another one in place of the one that is meant.",
        examples=["full"],
    )
    asked: AskedPlaceDocument | None = Field(
        description="Of a second look, about which place; else null.", examples=[None]
    )
    full_left_out: str | None = Field(
        description="Of a screen: why the language model was not shown the whole picture though "
        "it was its turn, `second-look-budget` or `second-look-busy`; else null.",
        examples=[None],
    )


def read_run(document: Mapping[str, Any]) -> DetectorRun:
    """The run that a document shows, also one of the time before all of today's fields.

    Raises:
        KeyError, TypeError, ValueError: it is no such document.
    """
    usage = document["usage"]
    return DetectorRun(
        backend=document["backend"],
        model=document["model"],
        prompt_version=document["prompt_version"],
        complete=document["complete"],
        dropped=document["dropped"],
        unscored=tuple(document.get("unscored") or ()),
        incomplete_reasons=_read_reasons(document),
        conditions=read_conditions(document),
        tiles=document.get("tiles", 0),
        picture=dict(document.get("picture") or {}),
        usage=TokenUsage(**usage) if usage else None,
        timings_ms=document["timings_ms"],
        error=document["error"],
        role=Role(document.get("role", Role.FULL)),
        asked=_read_asked(document.get("asked")),
        full_left_out=document.get("full_left_out"),
    )


def read_conditions(document: Mapping[str, Any]) -> RunConditions:
    """What was asked of the detector, from the document of a run."""
    classes = document.get("classes")
    return RunConditions(
        thresholds=_plain(document.get("thresholds")),
        tiling=document.get("tiling"),
        classes=None if classes is None else tuple(classes),
        calibration=document.get("calibration"),
    )


def condition_texts(conditions: RunConditions) -> dict[str, str]:
    """Each condition as it is written in a setting, by its name."""
    thresholds = conditions.thresholds or {}
    return {
        "thresholds": ",".join(f"{name}={_written(thresholds[name])}" for name in thresholds)
        or "none",
        "tiling": conditions.tiling or "off",
        "classes": ",".join(conditions.classes or ()),
    }


def _read_asked(document: Mapping[str, Any] | None) -> AskedPlace | None:
    if document is None:
        return None
    answer = document["answer"]
    return AskedPlace(
        place=Box(*document["bbox_2d"]),
        suspected=Hazard(Label(document["label"]), SubLabel(document["sub_label"])),
        suspected_score=document["suspected_score"],
        question=CropQuestion(document["question"]),
        answer=None if answer is None else CropAnswer(answer),
        reason=document["reason"],
        score=document["score"],
        age_s=document["age_s"],
    )


def _written(score: float) -> str:
    """As short as it can be told from every other score."""
    return f"{score:g}" if float(f"{score:g}") == score else repr(score)


def _plain(thresholds: Mapping[str, float] | None) -> dict[str, float] | None:
    return None if thresholds is None else dict(thresholds)


def _read_reasons(document: Mapping[str, Any]) -> tuple[Reason, ...]:
    if "incomplete_reasons" in document:
        return tuple(read_reason(one) for one in document["incomplete_reasons"])
    sentences = document["incomplete_reason"]
    return read_sentences(sentences) if sentences else ()
