"""The backend ``embedded``: our own detector on the CPU."""
