"""Finds fire, smoke and missing safety helmets in pictures.

>>> from safety_detector import detect
>>> detect("gate3.jpg").verdict  # doctest: +SKIP
<Verdict.CLEAR: 'clear'>

What stands in ``__all__`` is for programs of yours, and stays; see ``docs/python.md``.  Importing
the package loads nothing else: those names are looked up when they are first used.
"""

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from safety_detector.errors import SafetyDetectorError
    from safety_detector.python_api import PictureInspection, detect

__all__ = ["PictureInspection", "SafetyDetectorError", "__version__", "detect"]

if not TYPE_CHECKING:
    _HOMES = {
        "PictureInspection": "python_api",
        "SafetyDetectorError": "errors",
        "detect": "python_api",
    }

    def __getattr__(name):
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

    def __dir__():
        return sorted({*globals(), *_HOMES})
