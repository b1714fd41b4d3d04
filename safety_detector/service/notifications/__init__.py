"""Telling people, and their systems, what happened: channels, and an outbox for each message."""
