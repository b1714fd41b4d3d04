"""Receivers of what vendors' cameras push by themselves, and what came lately."""
