"""Cameras on pages."""
