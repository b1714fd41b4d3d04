import json

import pytest

from .conftest import RunCommand

ANSWER = '```json\n[{"bbox_2d": [28, 56, 280, 560], "label": "火焰", "sub_label": "严重"}]\n```'


def test_an_answer_is_read_and_mapped_to_the_original(run_command: RunCommand) -> None:
    """Boxes in the sent picture's pixels become boxes on the upright original."""
    done = run_command(
        "parse", "--image-size", "2000x1000", "--sent-size", "1000x500", stdin=ANSWER.encode()
    )
    document = json.loads(done.out)
    assert done.code == 0
    assert document["status"] == "complete"
    assert document["boxes_read"] == [
        {"bbox": [28, 56, 280, 560], "label": "火焰", "sub_label": "严重"}
    ]
    (detection,) = document["detections"]
    assert detection["bbox_2d"] == [56, 112, 560, 1000]
    assert (detection["label"], detection["sub_label"]) == ("fire", "severe")


def test_without_a_size_boxes_are_read_but_not_mapped(run_command: RunCommand) -> None:
    """Nothing is guessed about a picture that nobody described."""
    document = json.loads(run_command("parse", stdin=ANSWER.encode()).out)
    assert document["detections"] is None
    assert len(document["boxes_read"]) == 1


def test_the_model_decides_how_boxes_are_read(run_command: RunCommand) -> None:
    """Qwen3-VL writes thousandths where Qwen2.5-VL writes pixels."""
    document = json.loads(
        run_command(
            "parse",
            "--image-size",
            "2000x1000",
            "--model",
            "Qwen/Qwen3-VL-8B",
            stdin=ANSWER.encode(),
        ).out
    )
    assert document["detections"][0]["bbox_2d"] == [56, 56, 560, 560]


def test_prose_is_unparseable_not_nothing(run_command: RunCommand) -> None:
    """A refusal is not an all-clear."""
    document = json.loads(
        run_command("parse", "--image-size", "64x64", stdin=b"I cannot help with that.").out
    )
    assert document["status"] == "unparseable"


@pytest.mark.parametrize(
    "arguments",
    [("--image-size", "big"), ("--image-size", "0x5"), ("--image-size", "9x9", "--model", "gpt")],
)
def test_wrong_sizes_and_models_are_wrong_usage(
    run_command: RunCommand, arguments: tuple[str, ...]
) -> None:
    """The message names what was wrong."""
    done = run_command("parse", *arguments, stdin=b"[]")
    assert done.code == 2
    assert arguments[-1] in done.err
