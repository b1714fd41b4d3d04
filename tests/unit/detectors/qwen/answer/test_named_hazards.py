"""A hazard named anywhere keeps a picture from being clear; a denied one does not."""

from __future__ import annotations

import json

import pytest

from safety_detector.detectors.qwen.answer.reader import AnswerStatus, read_answer, to_detections
from safety_detector.detectors.qwen.dialects import dialect_for_model
from safety_detector.domain.detections import DetectorRun
from safety_detector.domain.geometry import ImageSize
from safety_detector.domain.inspection import Verdict, decide_verdict

SIZE = ImageSize(700, 700)
DIALECT = dialect_for_model("Qwen/Qwen2.5-VL-7B-Instruct")
BOX = '"bbox_2d": [10, 10, 200, 200]'
DOG = f'[{{{BOX}, "label": "dog"}}]'
PERSON = f'[{{{BOX}, "label": "person", "sub_label": "helmet"}}]'
FIRE = f'[{{{BOX}, "label": "fire"}}]'


def verdict(text: str) -> Verdict:
    """The verdict of a picture about which the model says this."""
    reading = read_answer(text, finish_reason="stop")
    if reading.status is AnswerStatus.UNPARSEABLE:
        return Verdict.INCONCLUSIVE
    answer = to_detections(reading, DIALECT, SIZE, SIZE)
    run = DetectorRun("qwen", "m").with_reasons(answer.incomplete_reasons)
    return decide_verdict(answer.detections, [run])


@pytest.mark.parametrize("escaped", [True, False])
@pytest.mark.parametrize(
    "label",
    [
        *("煙", "煙霧", "濃煙", "火災", "著火", "未戴安全帽的工人", "頭部未戴安全帽"),
        *("fi\u200bre", "sm\u00adoke", "火\u200b焰", "ｆｉｒｅ", "f\u0456re", "🔥", "person🔥"),
    ],
)
def test_other_spellings_are_not_overlooked(label: str, escaped: bool) -> None:
    """Traditional Chinese, letters that cannot be seen, and lookalikes mean what they show."""
    item = {"bbox_2d": [10, 10, 200, 200], "label": label}
    assert verdict(json.dumps([item], ensure_ascii=escaped)) is not Verdict.CLEAR


@pytest.mark.parametrize("label", ["煙", "煙霧", "濃煙", "濃濃的黑煙", "smo\u200bke", "ｓｍｏｋｅ"])
def test_other_spellings_of_smoke_are_smoke(label: str) -> None:
    """They become a detection where all of the words are known."""
    text = json.dumps([{"bbox_2d": [10, 10, 200, 200], "label": label}])
    expected = Verdict.INCONCLUSIVE if "濃濃" in label else Verdict.HAZARD
    assert verdict(text) is expected


@pytest.mark.parametrize(
    "label",
    [
        *("inferno", "explosion", "flaming object", "combustion", "conflagration", "embers"),
        *("fumes", "haze", "sparks", "爆炸", "燒", "fuego", "incendie", "fumée", "дым", "пожар"),
    ],
)
def test_near_words_are_never_clear(label: str) -> None:
    """What may be a fire or smoke by another name makes the run incomplete."""
    assert verdict(json.dumps([{"bbox_2d": [1, 1, 200, 200], "label": label}])) is (
        Verdict.INCONCLUSIVE
    )


@pytest.mark.parametrize("label", ["november", "perfume", "flamingo", "rauchfang", "excavator"])
def test_words_that_only_sound_alike_are_foreign(label: str) -> None:
    """A word is near by its meaning."""
    assert verdict(json.dumps([{"bbox_2d": [1, 1, 200, 200], "label": label}])) is Verdict.CLEAR


@pytest.mark.parametrize(
    "text",
    [
        f"{DOG} There is also a big fire on the left.",
        f"Big fire on the left.\n```json\n{DOG}\n```",
        f"{DOG} No smoke, but a big fire on the left.",
        f"{DOG} No fire, smoke is rising.",
        f"{DOG} There is fire and smoke is not visible.",
        f"{DOG} There is no doubt that a fire burns.",
        f"{DOG} I cannot determine whether there is smoke.",
        f"{DOG} Fire: yes",
        f"{DOG} 左侧还有一处明火。",
        f"{DOG} 没有烟雾，但有火焰。",
        f"{DOG} 没有烟雾，有火焰。",
        f'{DOG[:-1]}, "fire"]',
        f'{DOG[:-1]}, [10, 10, 200, 200, "fire"]]',
        f'[{{{BOX}, "label": "dog", "label": "fire"}}]',
        "[{'bbox_2d': [10, 10, 200, 200], 'label': 'dog', 'label': 'fire'}]",
        f'[{{{BOX}, "label": "dog", "class": "smoke"}}]',
        f'[{{{BOX}, "label": "dog", "description": "fire"}}]',
        f'[{{{BOX}, "label": "dog", "tags": ["smoke"]}}]',
        f'{{"objects": {DOG}, "fire": true}}',
        f'{{"objects": {DOG}, "note": "\\u706b\\u7130"}}',
        f'{{"objects": {FIRE}, "objects": []}}',
        f'{{"objects": [], "objects": {FIRE}}}',
        "Result: a big fire on the left: []",
        "检测结果：左侧有明火：[]",
        f"{PERSON} Another worker has no helmet.",
        f"{PERSON} 另有一名工人未戴安全帽。",
        f'{PERSON[:-2]}, "sub_label": "no_helmet"}}]',
        f'{PERSON[:-1]}, "no_helmet"]',
    ],
)
def test_a_hazard_named_outside_of_a_box_is_never_clear(text: str) -> None:
    """In prose, in a list, under a repeated or foreign key: the picture is not clear."""
    assert verdict(text) is not Verdict.CLEAR


@pytest.mark.parametrize("answer", [DOG, PERSON])
@pytest.mark.parametrize(
    "prose",
    [
        *("There is no fire in the picture.", "no smoke detected", "No fire or smoke is visible."),
        *("I do not see any fire, smoke or people without helmets.", "Fire was not detected."),
        *("Neither fire nor smoke is present.", "Fire: none\nSmoke: none", "It is not on fire."),
        *("No fire, smoke, or person is visible.", "There isn't any fire.", "no fire/smoke"),
        *("The scene is free of smoke.", "No `fire` found.", 'No "fire" found.'),
        *("The dog is asleep; there is no evidence of an active fire.", "smoke is not visible"),
        *("A fire extinguisher hangs on the wall.", "没有发现火焰", "沒有發現火焰", "未见烟雾。"),
        *(
            "未检测到火焰和烟雾。",
            "图中没有火焰、烟雾。",
            "没有烟雾，也没有火焰。",
            "火焰：无，烟雾：无",
        ),
        *("Here are the detected fire, smoke and person objects:", "墙上有灭火器。"),
        "以下是图片中火焰、烟雾和人员的检测结果：",
    ],
)
def test_a_denied_hazard_leaves_the_picture_clear(answer: str, prose: str) -> None:
    """Ordinary replies say what is not there, or repeat what was asked for."""
    assert verdict(f"{answer}\n{prose}") is Verdict.CLEAR
    assert verdict(f"{prose}\n```json\n{answer}\n```") is Verdict.CLEAR


def test_denials_in_fields_leave_the_picture_clear() -> None:
    """Fields that say "no" name nothing."""
    fields = '"fire": false, "smoke": [], "has_smoke": null, "fire_count": 0, "note": "no fire"'
    assert verdict(f'{{"objects": {DOG}, {fields}}}') is Verdict.CLEAR


def test_what_stands_in_a_box_may_be_described_too() -> None:
    """Prose about what was found makes nothing incomplete."""
    text = f"{FIRE} There is a fire on the left."
    answer = to_detections(read_answer(text, finish_reason="stop"), DIALECT, SIZE, SIZE)
    assert answer.incomplete_reasons == ()
