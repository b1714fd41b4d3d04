"""Reports that a worker makes."""
