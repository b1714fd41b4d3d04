"""Zips of pictures."""
