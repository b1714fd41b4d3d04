"""Videos, as their frames."""
