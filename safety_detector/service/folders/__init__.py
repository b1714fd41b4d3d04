"""Folders on the server that are read into batches."""
