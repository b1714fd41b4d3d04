"""Model servers that are away while a batch runs."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from safety_detector.batch.outages import Patience
from safety_detector.batch.run import News
from safety_detector.domain.detections import DetectorOutcome
from safety_detector.errors import AnswerUnreadable, ModelFault, ModelUnreachable
from safety_detector.pictures.images import RgbImage
from tests import batch_stand
from tests.batch_stand import PixelDetector
from tests.pictures import jpeg


class TroubledDetector(PixelDetector):
    """Fails as told."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False

    def detect(self, rgb: RgbImage, attempt: int = 1, *, urgent: bool = False) -> DetectorOutcome:
        """An answer, if the model is there."""
        outcome = super().detect(rgb, attempt)
        if self.away:
            raise ModelUnreachable("nobody at http://model")
        return outcome


class PassingTime(threading.Event):
    """Whoever waits for it finds that the time is over."""

    def wait(self, timeout: float | None = None) -> bool:
        """Not set, at once."""
        return False


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of 12 pictures."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number:02}.jpg").write_bytes(jpeg(number))
    return folder


def test_a_batch_waits_for_its_model_and_says_so(source: Path, tmp_path: Path) -> None:
    """No picture fails for an outage."""
    detector, reasons = TroubledDetector(), []
    detector.on_call = lambda calls: setattr(detector, "away", calls == 5)

    def tell(news: News) -> None:
        if news.progress and news.progress.waiting_reason:
            reasons.append(str(news.progress.waiting_reason))

    ended = batch_stand.run(source, tmp_path / "out", detector, tell=tell, workers=1)
    assert ended.summary["pictures"]["completed"] == 12
    assert "nobody at http://model" in reasons[0]


def test_a_long_outage_ends_the_run_which_goes_on_later(source: Path, tmp_path: Path) -> None:
    """What was done is in the journal."""
    detector = TroubledDetector()
    detector.on_call = lambda calls: setattr(detector, "away", calls > 5)
    with pytest.raises(ModelUnreachable):
        batch_stand.run(source, tmp_path / "out", detector, patience=timedelta(seconds=0.1))
    done = batch_stand.results(tmp_path / "out")
    assert {one["status"] for one in done.values()} == {"completed"}
    healthy = PixelDetector()
    assert batch_stand.run(source, tmp_path / "out", healthy).is_complete
    assert healthy.calls == 12 - len(done)


def test_a_stop_is_heard_while_the_model_is_away(source: Path, tmp_path: Path) -> None:
    """Nobody has to wait for the outage to end."""
    detector, stop = TroubledDetector(), threading.Event()
    detector.away = True

    def tell(news: News) -> None:
        if news.progress and news.progress.waiting_reason:
            stop.set()

    ended = batch_stand.run(source, tmp_path / "out", detector, stop=stop, tell=tell)
    assert ended.summary["pictures"]["pending"] == 12
    assert batch_stand.results(tmp_path / "out") == {}


def test_an_unreadable_answer_gets_a_second_look(source: Path, tmp_path: Path) -> None:
    """And is a failure of that picture if it stays so, never an empty result."""

    class Mumbling(PixelDetector):
        def detect(
            self, rgb: RgbImage, attempt: int = 1, *, urgent: bool = False
        ) -> DetectorOutcome:
            outcome = super().detect(rgb, attempt)
            if rgb.shape[1] == 80 or (self.calls % 3 == 0 and attempt == 1):
                raise AnswerUnreadable("mumble")
            return outcome

    (source / "05.jpg").write_bytes(jpeg(5, width=80))
    ended = batch_stand.run(source, tmp_path / "out", Mumbling())
    assert ended.summary["pictures"]["completed"] == 11
    assert batch_stand.errors(tmp_path / "out") == {"05.jpg": "answer-unreadable"}


def test_a_picture_that_brings_down_its_servers_is_at_fault_in_the_end() -> None:
    """Six times are enough; an outage between two of them is none of them."""
    broke = [ModelUnreachable("cut") for _ in range(6)]
    for one in broke:
        one.server_broke_down = True
    script = [ModelUnreachable("nobody at http://model"), *broke]
    patience = Patience(timedelta(minutes=5), PassingTime())

    def bring_down() -> None:
        raise script.pop(0)

    with pytest.raises(ModelFault, match="broke off before"):
        patience.ask(bring_down)
    assert script == []
