import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pypdf
import pytest

from .conftest import RunCommand


def documents(out: str) -> list[dict[str, Any]]:
    """The JSON documents of JSON Lines output."""
    return [json.loads(line) for line in out.splitlines()]


def test_a_picture_gives_one_result_line(run_command: RunCommand, plain_picture: Path) -> None:
    """Without a terminal stdout is JSON Lines and nothing else."""
    done = run_command("detect", plain_picture)
    assert done.code == 0
    (result,) = documents(done.out)
    assert result["status"] == "completed"
    assert result["image"]["name"] == "plain.jpg"
    assert result["image"]["width"] == 160
    assert result["runs"][0]["backend"] == "embedded"


def test_a_bad_picture_in_a_list_fails_alone(
    run_command: RunCommand, plain_picture: Path, tmp_path: Path
) -> None:
    """The others are done, the bad one says why, and the exit code is 3."""
    bad = tmp_path / "notes.jpg"
    bad.write_text("remember the milk")
    done = run_command("detect", bad, plain_picture, tmp_path / "missing.jpg", tmp_path)
    results = documents(done.out)
    assert done.code == 3
    assert [result["status"] for result in results] == ["failed", "completed", "failed", "failed"]
    assert [result["verdict"] for result in results if result["status"] == "failed"] == [
        "inconclusive"
    ] * 3
    codes = [result["error"]["code"] for result in results if result["error"]]
    assert codes == ["not-a-picture", "picture-unreadable", "picture-unreadable"]


def test_annotated_pictures_and_report_are_written(
    run_command: RunCommand, plain_picture: Path, tmp_path: Path
) -> None:
    """One command gives pictures to look at and a PDF to hand over, folders made on the way."""
    done = run_command(
        "detect", plain_picture, "--annotated", tmp_path / "a" / "b",
        "--pdf", tmp_path / "c" / "report.pdf", "--lang", "zh",
    )  # fmt: skip
    assert done.code == 0, done.err
    (result,) = documents(done.out)
    annotated = Path(result["links"]["annotated"])
    with PIL.Image.open(annotated) as picture:
        assert picture.size == (160, 120)
    text = "".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / "c/report.pdf").pages)
    assert "plain.jpg" in text
    assert re.search(r"[\u4e00-\u9fff]", text)


def test_pictures_of_the_same_name_do_not_overwrite_each_other(
    run_command: RunCommand, plain_picture: Path, tmp_path: Path
) -> None:
    """Two cameras both call their picture snapshot.jpg; the originals stay as they are."""
    first, second = tmp_path / "one" / "x.jpg", tmp_path / "two" / "x.jpg"
    for path in (first, second):
        path.parent.mkdir()
        path.write_bytes(plain_picture.read_bytes())
    done = run_command("detect", first, second, "--annotated", first.parent)
    paths = [Path(result["links"]["annotated"]) for result in documents(done.out)]
    assert len(set(paths)) == 2
    assert all(path.is_file() for path in paths)
    assert first.read_bytes() == plain_picture.read_bytes()


def test_a_name_from_outside_cannot_leave_the_folder_or_speak_to_the_terminal(
    run_command: RunCommand, plain_picture: Path, tmp_path: Path
) -> None:
    """Escape sequences and odd bytes in file names stay data."""
    hostile = tmp_path / "\x1b[2Jevil[red]\udcff.jpg"
    hostile.write_bytes(plain_picture.read_bytes())
    done = run_command(
        "detect", hostile, "--annotated", tmp_path / "out", "--pdf", tmp_path / "r.pdf"
    )
    assert done.code == 0, done.err
    (result,) = documents(done.out)
    assert "\x1b" not in Path(result["links"]["annotated"]).name
    assert [path.suffix for path in (tmp_path / "out").iterdir()] == [".jpg"]


def test_chinese_names_are_added_when_asked_for(
    run_command: RunCommand, hazardous_picture: Path
) -> None:
    """``--lang`` adds names for people beside the stable ones."""
    (result,) = documents(run_command("detect", hazardous_picture, "--lang", "zh").out)
    (first, *_) = result["detections"]
    assert re.fullmatch(r"[\u4e00-\u9fff]+", first["label_text"])
    assert re.fullmatch(r"[\u4e00-\u9fff]+", first["sub_label_text"])


def test_hazards_can_decide_the_exit_code(
    run_command: RunCommand, hazardous_picture: Path, plain_picture: Path
) -> None:
    """Scripts ask with --fail-on-hazard; without it a hazard is a result like any other."""
    assert run_command("detect", hazardous_picture).code == 0
    assert run_command("detect", plain_picture, hazardous_picture, "--fail-on-hazard").code == 1
    assert run_command("detect", plain_picture, "--fail-on-hazard").code == 0


def test_an_impossible_report_is_refused_before_any_work(
    run_command: RunCommand, plain_picture: Path, tmp_path: Path
) -> None:
    """Nobody waits for a thousand pictures to learn that the report cannot be written."""
    done = run_command("detect", plain_picture, "--pdf", tmp_path)
    assert done.code == 2
    assert done.out == ""
    assert "is a folder" in done.err


def test_limits_come_from_the_settings(
    run_command: RunCommand, plain_picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A site may allow more or less than we do."""
    monkeypatch.setenv("SAFETY_MAX_PICTURE_PIXELS", "100")
    done = run_command("detect", plain_picture)
    assert done.code == 3
    assert "limit is 100" in done.out


def test_a_url_that_leads_inside_is_refused_with_the_setting_that_allows_it(
    run_command: RunCommand,
) -> None:
    """A URL fails alone, like a bad file."""
    done = run_command("detect", "http://127.0.0.1:9/x.jpg")
    assert done.code == 3
    assert "SAFETY_FETCH_ALLOW" in done.out


def test_a_malformed_url_fails_alone(run_command: RunCommand, plain_picture: Path) -> None:
    """The rest of the list goes on, and the exit code does not say that hazards were found."""
    done = run_command("detect", "http://[x", plain_picture)
    assert done.code == 3
    assert [one["status"] for one in documents(done.out)] == ["failed", "completed"]


def test_enormous_pictures_are_inspected_too(run_command: RunCommand, tmp_path: Path) -> None:
    """A 20-megapixel picture is nothing special."""
    path = tmp_path / "large.jpg"
    pixels = np.random.default_rng(3).integers(0, 255, (40, 50), dtype=np.uint8)
    PIL.Image.fromarray(pixels).resize((5000, 4000)).save(path, quality=30)
    (result,) = documents(run_command("detect", path).out)
    assert result["status"] == "completed"
    assert result["image"]["width"] == 5000


def test_the_password_of_a_camera_stands_in_no_result(run_command: RunCommand) -> None:
    """Results are shown to many; the rest of the address leads to the picture."""
    done = run_command("detect", "http://viewer:hunter2@127.0.0.1:9/x.jpg?channel=1", "--json")
    assert json.loads(done.out)["links"]["original"] == "http://127.0.0.1:9/x.jpg?channel=1"
    assert "hunter2" not in done.out + done.err
