"""Incidents on pages."""
