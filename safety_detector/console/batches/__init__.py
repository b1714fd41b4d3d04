"""Batches: starting one of a folder, how far each is, its results as files."""
