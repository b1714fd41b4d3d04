import importlib.util
import os
import re
from pathlib import Path

import pytest

from safety_detector.errors import ConfigurationInvalid
from safety_detector.message_texts.setting_meanings import IN_CHINESE
from safety_detector.settings import Settings, load_settings

DOCS = Path(__file__).parents[2] / "docs"


def test_every_setting_is_documented() -> None:
    """docs/settings.md is what docs/make_settings.py writes today."""
    spec = importlib.util.spec_from_file_location("make_settings", DOCS / "make_settings.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (DOCS / "settings.md").read_text(encoding="utf-8") == module.settings_page()


def test_every_setting_has_a_description() -> None:
    """``config`` and the page explain each one."""
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("KEEP_DAYS", "a month", "'a month' cannot be: a number is needed, for example 90"),
        ("KEEP_DAYS", "-1", "'-1' cannot be: it must be more than 0."),
        ("EMBEDDED_SLOTS", "1.5", "'1.5' cannot be: a whole number is needed"),
        ("LEASE", "long", "'long' cannot be: a number of seconds is needed, for example 30"),
        ("LEASE", "0", "'0' cannot be: it must be more than 0."),
        ("LANGUAGE", "fr", "'fr' cannot be: one of 'en', 'zh' is needed"),
    ],
)
def test_a_value_that_cannot_be_is_shown_with_what_can(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    """In words of ours, with the setting's name."""
    for other in [one for one in os.environ if one.startswith("SAFETY_")]:
        monkeypatch.delenv(other)
    monkeypatch.setenv(f"SAFETY_{name}", value)
    with pytest.raises(ConfigurationInvalid) as refused:
        load_settings()
    assert f"SAFETY_{name}: {says}" in str(refused.value)


def test_every_setting_is_explained_in_chinese() -> None:
    """A reader of Chinese gets what each does, and nothing that is no setting any more."""
    assert set(IN_CHINESE) == set(Settings.model_fields)
    assert all(re.search(r"[一-鿿]", text) for text in IN_CHINESE.values())
