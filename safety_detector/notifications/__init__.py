"""Sends what channels are told."""
