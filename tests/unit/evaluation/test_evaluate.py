import json
from pathlib import Path

import numpy as np
import pytest

from safety_detector.detectors.embedded.detector import load_onnx_detector
from safety_detector.domain.geometry import ImageSize
from safety_detector.errors import AnnotationsInvalid
from safety_detector.evaluation.evaluate import evaluate
from safety_detector.evaluation.mistakes import rank_mistakes, save_mistakes
from safety_detector.evaluation.truth import read_labelled_pictures
from safety_detector.pictures.images import decode, encode_jpeg, read_header, size_of


@pytest.fixture
def labelled_set(tmp_path: Path) -> Path:
    """One grey picture in which a person is wrongly said to be."""
    images = tmp_path / "images"
    images.mkdir()
    (images / "grey.jpg").write_bytes(encode_jpeg(np.full((120, 160, 3), 128, np.uint8), 90))
    content = {
        "categories": [{"id": 1, "name": "person"}],
        "images": [{"id": 1, "file_name": "grey.jpg", "width": 160, "height": 120}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 50, 50]}],
    }
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps(content))
    return path


def test_an_evaluation_runs_from_files_to_figures(labelled_set: Path, tmp_path: Path) -> None:
    """The bundled detector is run, judged, and its mistake can be looked at."""
    heard: list[int] = []
    evaluation = evaluate(
        load_onnx_detector(threads=1),
        read_labelled_pictures(labelled_set),
        on_answer=lambda _, total: heard.append(total),
    )
    assert heard == [1]
    assert evaluation.figures["pictures"] == 1
    assert evaluation.figures["ms_per_picture"] > 0
    assert evaluation.figures["classes"]["person"]["recall"] == 0.0
    json.dumps(evaluation.figures)

    (path,) = save_mistakes(rank_mistakes(evaluation.answers, 5), tmp_path / "worst")
    data = path.read_bytes()
    drawn = decode(data, read_header(data))
    assert size_of(drawn) == ImageSize(160, 120)
    assert np.abs(drawn[10:62, 10:62].astype(int) - 128).max() > 60


def test_a_picture_of_another_size_than_annotated_is_refused(labelled_set: Path) -> None:
    """Boxes for a resized copy would be counted in the wrong place."""
    wrong = encode_jpeg(np.zeros((60, 80, 3), np.uint8), 90)
    (labelled_set.parent / "images" / "grey.jpg").write_bytes(wrong)
    with pytest.raises(AnnotationsInvalid, match=r"grey\.jpg has 80×60 pixels"):
        evaluate(load_onnx_detector(threads=1), read_labelled_pictures(labelled_set))
