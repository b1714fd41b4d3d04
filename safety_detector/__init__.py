"""Calls out fire, smoke and missing safety helmets in pictures; the root holds only the version."""

__version__ = "0.1.0"
