"""The service itself: how it stands, with which settings, for whom; what was done."""
