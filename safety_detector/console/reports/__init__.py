"""Reports: ordering, how they stand, their files."""
