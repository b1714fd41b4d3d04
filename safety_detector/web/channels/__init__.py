"""Channels over REST: where people, or their systems, are told."""
