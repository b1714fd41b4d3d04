"""The words of pages: what templates say is there, and what is there is said."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from safety_detector.console.rendering import zone_name
from safety_detector.console.words import Words
from safety_detector.host.local_time import local_time_zone
from safety_detector.message_texts.catalogue import PHRASES
from safety_detector.message_texts.phrase import LANGUAGES, Language
from tests.console_names import named_codes

CONSOLE = Path(__file__).parents[3] / "safety_detector" / "console"
TEMPLATES = sorted((CONSOLE / "templates").glob("*.html"))
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_message_of_a_template_is_there(path: Path) -> None:
    """A page never fails for a word that nobody wrote."""
    said = re.findall(r"\bt\(\s*[\"']([a-z0-9-]+)[\"']\s*[,)]", path.read_text(encoding="utf-8"))
    assert [code for code in said if code not in PHRASES] == []


def test_every_name_that_pages_put_together_is_there() -> None:
    """States, acts, hazards and changes have names in both languages."""
    assert sorted(named_codes() - set(PHRASES)) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_words_of_their_own(path: Path) -> None:
    """What stands between tags is a message; else the other language would never get it."""
    text = path.read_text(encoding="utf-8")
    names = r"{% block (main_class|body) %}.*?{% endblock %}"
    shown = (r"<kbd>.*?</kbd>", r"<code>.*?</code>")
    # What macros are made of that stand in a tag elsewhere: attributes, and parts of addresses.
    parts = (r'[a-z-]+="[^"]*"', r"/[a-z/]+\?", r"&amp;")
    for left_out in (names, r"{#.*?#}", r"{%.*?%}", r"{{.*?}}", *shown, r"<[^>]*>", *parts):
        text = re.sub(left_out, " ", text, flags=re.DOTALL)
    words = set(re.findall(r"[A-Za-z]{2,}|[一-鿿]+", text)) - {"English", "中文", "fps"}
    assert words == set()


@pytest.mark.parametrize(
    ("age", "en", "zh"),
    [
        (timedelta(seconds=-3), "0 s ago", "0 秒前"),
        (timedelta(seconds=59), "59 s ago", "59 秒前"),
        (timedelta(seconds=60), "1 min ago", "1 分钟前"),
        (timedelta(minutes=119), "119 min ago", "119 分钟前"),
        (timedelta(hours=47), "47 h ago", "47 小时前"),
        (timedelta(days=9), "9 d ago", "9 天前"),
    ],
)
def test_ages_are_told_in_one_unit(age: timedelta, en: str, zh: str) -> None:
    """A person sees at a glance how old something is; a clock that is ahead shows no minus."""
    assert Words("en", UTC, NOW).age(NOW - age) == en
    assert Words("zh", UTC, NOW).age(NOW - age) == zh


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_of_another_version_stands_for_itself(language: Language) -> None:
    """A database that a newer program wrote does not break a page."""
    assert Words(language, UTC, NOW).name("state", "levitating") == "state-levitating"


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        (UTC, "UTC"),
        (ZoneInfo("Asia/Shanghai"), "Asia/Shanghai"),
        (timezone(timedelta(hours=5, minutes=30)), "UTC+05:30"),
    ],
)
def test_a_time_zone_has_a_name_that_people_know(zone: tzinfo, name: str) -> None:
    """Its own, or else its offset: also where it comes from a rule or a file."""
    assert zone_name(datetime(2026, 11, 30, tzinfo=zone)) == name


def test_a_time_zone_that_is_a_rule_is_called_by_its_offset(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Which has no name of its own."""
    monkeypatch.setenv("TZ", "CST-8")
    assert zone_name(datetime(2026, 11, 30, tzinfo=local_time_zone())) == "UTC+08:00"
