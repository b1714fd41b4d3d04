"""Inspections as they change, as server-sent events."""
