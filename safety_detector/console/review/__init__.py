"""Judging one incident after the other."""
