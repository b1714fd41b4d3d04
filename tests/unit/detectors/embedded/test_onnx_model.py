import base64
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from safety_detector.detectors.embedded.onnx_model import BUNDLED_WEIGHTS, letterbox, load_model
from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.errors import WeightsInvalid

ROOT = Path(__file__).parents[4]

# Two tiny models made with the onnx package: Identity from x to y, and one with our names of
# input and outputs but without metadata.
FOREIGN = "CAg6NwoQCgF4EgF5IghJZGVudGl0eRIBZ1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEBE="
WITHOUT_METADATA = (
    "CAg6jQEKGwoFaW1hZ2USAWIiBENhc3QqCQoCdG8YAaABAgoUCgFiEgVib3hlcyIISWRlbnRpdHkKFQoBYhIGc2Nv"
    "cmVzIghJZGVudGl0eRIBZ1oTCgVpbWFnZRIKCggIAhIECgIIAWITCgVib3hlcxIKCggIARIECgIIAWIUCgZzY29y"
    "ZXMSCgoICAESBAoCCAFCBAoAEBE="
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a readable ONNX file"),
        (b"this is not protobuf" * 50, "not a readable ONNX file"),
        (BUNDLED_WEIGHTS.read_bytes()[:100_000], "not a readable ONNX file"),
        (base64.b64decode(FOREIGN), "not a model of ours: it takes ['x'] and gives ['y']"),
        (base64.b64decode(WITHOUT_METADATA), "metadata model_name"),
    ],
    ids=["empty", "garbage", "truncated", "foreign", "without metadata"],
)
def test_a_broken_or_foreign_file_is_refused_and_named(
    content: bytes, said: str, tmp_path: Path
) -> None:
    """Start-up says what is wrong with the weights instead of detecting nothing."""
    path = tmp_path / "weights.onnx"
    path.write_bytes(content)
    with pytest.raises(WeightsInvalid) as caught:
        load_model(path, threads=1)
    assert str(path) in caught.value.message
    assert said in caught.value.message


def field(number: int, content: bytes) -> bytes:
    """One field of bytes in the encoding of ONNX files (protobuf)."""
    prefix, rest = b"", len(content)
    while rest > 127:
        prefix, rest = prefix + bytes([rest & 127 | 128]), rest >> 7
    return bytes([number << 3 | 2]) + prefix + bytes([rest]) + content


METADATA = {
    "model_name": "safety-embedded",
    "version": "1",
    "classes": json.dumps(list(RawClass)),
    "input_size": "64",
    "thresholds": json.dumps(dict.fromkeys(RawClass, 0.5)),
    "overlaps": json.dumps({kind: {"suppress": 0.5, "average": 0.5} for kind in RawClass}),
    "overview": "null",
}


def with_metadata(**changed: str) -> bytes:
    """A tiny model of ours that says this of itself."""
    entries = [
        field(14, field(1, key.encode()) + field(2, value.encode()))
        for key, value in (METADATA | changed).items()
    ]
    return base64.b64decode(WITHOUT_METADATA) + b"".join(entries)


def test_a_file_whose_metadata_are_sound_is_loaded(tmp_path: Path) -> None:
    """What the hostile ones below are made of is none itself."""
    path = tmp_path / "weights.onnx"
    path.write_bytes(with_metadata())
    assert load_model(path, threads=1).facts.input_size == 64


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("overview", "[" * 200_000),
        ("thresholds", '{"a":' * 200_000),
        ("classes", "[" * 200_000),
        ("overlaps", "[" * 200_000),
        ("overview", '{"size": ' + "9" * 5000 + ', "least_share": 0.1}'),
        ("overview", '{"size": 320000000, "least_share": 0.1}'),
        ("input_size", "320000000"),
        ("input_size", "4128"),
        ("thresholds", '{"fire": NaN}'),
        ("version", "v" * 100_000),
    ],
    ids=lambda value: value[:24],
)
def test_hostile_metadata_are_refused_by_name(name: str, value: str, tmp_path: Path) -> None:
    """Neither JSON without end nor an input of terabytes comes as far as a traceback."""
    path = tmp_path / "weights.onnx"
    path.write_bytes(with_metadata(**{name: value}))
    with pytest.raises(WeightsInvalid, match=rf"its metadata {name}") as caught:
        load_model(path, threads=1)
    assert len(caught.value.message) < 1000


def test_the_runtime_does_not_report_to_its_maker(tmp_path: Path) -> None:
    """Nothing leaves the site: the runtime prepares no upload and keeps no device id."""
    program = (
        "from safety_detector.detectors.embedded.onnx_model import BUNDLED_WEIGHTS, load_model\n"
        "load_model(BUNDLED_WEIGHTS, threads=1)\n"
    )
    # Without the variable CI, which would keep the runtime quiet too.
    environment = {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=300)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_missing_weights_are_named(tmp_path: Path) -> None:
    """A mistyped path is said, not a traceback of the runtime."""
    with pytest.raises(WeightsInvalid, match=r"no weights at .*absent\.onnx"):
        load_model(tmp_path / "absent.onnx", threads=1)


def test_the_bundled_weights_say_what_they_are() -> None:
    """Every result can name the model and version that made it."""
    facts = load_model(BUNDLED_WEIGHTS, threads=1).facts
    assert facts.model_name == "safety-embedded"
    assert set(facts.classes) == set(RawClass)
    assert facts.input_size % 32 == 0
    assert all(0 < facts.threshold(kind) < 1 for kind in RawClass)


def test_the_bundled_weights_stay_small() -> None:
    """The wheel must not grow beyond what was promised."""
    assert BUNDLED_WEIGHTS.stat().st_size <= 25_000_000


@pytest.mark.parametrize(("width", "height"), [(800, 200), (200, 800), (416, 416), (3, 1)])
def test_letterboxing_keeps_the_shape_of_things(width: int, height: int) -> None:
    """Both axes are scaled alike, and no more grey is added than the network needs."""
    white = np.full((height, width, 3), 255, np.uint8)
    canvas, scale = letterbox(white, 416)
    lit = np.argwhere(canvas[:, :, 0] == 255).max(axis=0) + 1
    assert all(side % 32 == 0 for side in canvas.shape[:2])
    assert all(0 <= side - used < 32 for side, used in zip(canvas.shape[:2], lit, strict=True))
    assert lit.tolist() == [round(height * scale), round(width * scale)]
    assert max(lit) == 416
    assert (canvas[lit[0] :, :] == 114).all()
    assert (canvas[:, lit[1] :] == 114).all()
