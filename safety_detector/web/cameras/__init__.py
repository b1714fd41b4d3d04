"""Cameras over REST, and the frames that they push."""
