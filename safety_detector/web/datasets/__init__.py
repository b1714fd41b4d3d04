"""Labelled sets of what people judged."""
