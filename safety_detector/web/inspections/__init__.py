"""Inspections over REST: submitting pictures, reading what came of them."""
