import importlib.util
from pathlib import Path

from safety_detector.settings import Settings

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
