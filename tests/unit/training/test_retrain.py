import json
import tomllib
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training has its own requirements")
pytest.importorskip("pydantic_settings", reason="retraining needs the program's packages, too")

from safety_detector.evaluation.acceptance import Change, Comparison, Question  # noqa: E402
from safety_detector.pictures.images import encode_jpeg  # noqa: E402
from training import retrain  # noqa: E402
from training.batches import Batch  # noqa: E402
from training.model import Detector  # noqa: E402
from training.retrain import Candidate, NotEnough, Retrainer, read_part  # noqa: E402

CONFIG = tomllib.loads(Path(retrain.__file__).with_name("retrain.toml").read_text())


def comparison(after: int) -> Comparison:
    """Forty questions of one kind, each of its own day, of which twenty were answered rightly."""
    change = Change(Question.BARE, 40, 20, after, (), ())
    return Comparison((change,), max(after - 20, 0), max(20 - after, 0))


GAINS, BY_CHANCE, SAME, LOSES = map(comparison, (30, 23, 20, 19))


@pytest.mark.parametrize(
    ("site", "check", "may_replace"),
    [
        (GAINS, SAME, True),
        (GAINS, GAINS, True),
        (SAME, SAME, False),
        (BY_CHANCE, SAME, False),
        (LOSES, SAME, False),
        (GAINS, LOSES, False),
        (GAINS, None, False),
    ],
)
def test_only_what_surely_gains_on_the_site_and_loses_nowhere_is_kept(
    site: Comparison, check: Comparison | None, may_replace: bool
) -> None:
    """A gain does not make up for a loss elsewhere, and one by chance is no reason to change."""
    assert Candidate(Path("x.onnx"), 0.5, None, site, check, tries=6).may_replace is may_replace


def test_retraining_changes_nothing_but_pyramid_and_scores() -> None:
    """What a site's few pictures cannot teach is not touched, and the rest is drawn back."""
    torch.manual_seed(1)
    beginning = {name: value.clone() for name, value in Detector().state_dict().items()}
    trainer = Retrainer(CONFIG, 60.0, beginning)
    trainer.train_mode()
    trainer.spent_s = 30.0
    count = 2
    batch = Batch(
        pixels=torch.randint(0, 256, (count, 3, 64, 64), dtype=torch.uint8),
        boxes=torch.tensor([[[8.0, 8.0, 40.0, 40.0]]] * count),
        classes=torch.tensor([[0]] * count),
        learns_background=torch.ones(count, 5, dtype=torch.bool),
        ignored_boxes=torch.zeros(count, 1, 4),
        ignored_classes=torch.full((count, 1), -1),
        picture_target=torch.tensor([[1.0, 0.0]] * count),
    )
    trainer.step(batch)
    stepped = {name: value.clone() for name, value in trainer.network.state_dict().items()}
    changed = {name for name, value in stepped.items() if not torch.equal(value, beginning[name])}
    assert changed
    kept = ("backbone", "picture_head", ".side", "running_")
    assert [name for name in changed if any(part in name for part in kept)] == []

    bias = trainer.network.box_heads[0].score.bias
    with torch.no_grad():
        bias += 1.0
    away = (bias - beginning["box_heads.0.score.bias"]).norm()
    trainer.pull_back()
    assert (bias - beginning["box_heads.0.score.bias"]).norm() < away


@pytest.mark.parametrize("budget_s", [0.0, -4.2, float("nan"), float("inf")])
def test_a_budget_that_leaves_no_time_is_none(budget_s: float) -> None:
    """Learning does not begin without an end to work towards."""
    with pytest.raises(ValueError, match="no time to learn"):
        Retrainer(CONFIG, budget_s, Detector().state_dict())


@pytest.mark.parametrize("spent_s", [-1.0, 0.0, 1e-9, 35.9, 60.0, 1e9])
def test_at_every_moment_of_the_clock_there_is_a_next_batch(spent_s: float) -> None:
    """Whatever a step took, the schedule has a size and a learning rate."""
    trainer = Retrainer(CONFIG, 60.0, Detector().state_dict())
    trainer.spent_s = spent_s
    assert trainer.size_now() in {256, 320, 384, 448}
    assert 0 < trainer.learning_rate_now() <= CONFIG["schedule"]["learning_rate"]


@pytest.mark.parametrize("minutes", ["0", "-1", "nan", "inf"])
def test_minutes_that_are_no_budget_are_refused(
    minutes: str, export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before any picture is asked."""
    out = tmp_path / "out"
    assert run(monkeypatch, "--dataset", export, "--out", out, "--budget-minutes", minutes) == 2
    assert not out.exists()


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """An export with forty pictures to learn from whose validation part asks nothing."""
    images = tmp_path / "export" / "images"
    images.mkdir(parents=True)
    (images / "a.jpg").write_bytes(encode_jpeg(np.full((60, 80, 3), 90, np.uint8), 90))
    for side, count, labelled in (("train", 40, [1, 2, 3]), ("validation", 2, [])):
        content = {
            "info": {"description": "safety-detector"},
            "categories": [
                {"id": 1, "name": "fire"},
                {"id": 2, "name": "smoke"},
                {"id": 3, "name": "person"},
            ],
            "images": [
                {"id": n, "file_name": "a.jpg", "width": 80, "height": 60, "labelled": labelled}
                for n in range(count)
            ],
            "annotations": [],
        }
        (tmp_path / "export" / f"{side}.json").write_text(json.dumps(content))
    return tmp_path / "export"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    """The command; its exit code."""
    monkeypatch.setattr("sys.argv", ["retrain", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        retrain.main()
    return int(ended.value.code or 0)


def test_a_validation_part_that_asks_nothing_is_refused_before_anything_is_learnt(
    export: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Weights that nothing was held against are not made."""
    out = tmp_path / "out"
    assert run(monkeypatch, "--dataset", export, "--out", out) == 2
    assert "asks nothing" in capsys.readouterr().err
    assert list(out.iterdir()) == []


def test_too_few_pictures_are_refused(
    export: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The message says how many there are and how many are needed."""
    (export / "train.json").write_text((export / "validation.json").read_text())
    assert run(monkeypatch, "--dataset", export, "--out", tmp_path / "out") == 2
    assert "2 pictures to learn from; 40" in capsys.readouterr().err


def test_a_folder_that_is_no_export_is_told_what_is_missing(tmp_path: Path) -> None:
    """Which command writes it stands in the message."""
    with pytest.raises(NotEnough, match=r"train\.json is missing.*dataset export"):
        read_part(tmp_path, "train")


def test_an_export_that_contradicts_itself_is_refused(
    export: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A picture that is gone is named."""
    (export / "images" / "a.jpg").unlink()
    assert run(monkeypatch, "--dataset", export, "--out", tmp_path / "out") == 2
    assert "a.jpg is missing" in capsys.readouterr().err


def test_earlier_results_are_not_written_over(
    export: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Weights that somebody made yesterday stay."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "retrained.onnx").write_bytes(b"yesterday")
    assert run(monkeypatch, "--dataset", export, "--out", tmp_path / "out") == 2
    assert "not empty" in capsys.readouterr().err
