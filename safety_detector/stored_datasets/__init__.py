"""Labelled sets of what is stored: planned, and written picture by picture."""
