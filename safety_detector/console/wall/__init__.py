"""A tile a camera, for a screen on a wall."""
