"""Addresses as people write them, and bounds of what other servers answer."""
