"""Reports over REST that a worker makes."""
