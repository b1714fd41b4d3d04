"""Telling pages that something has changed."""
