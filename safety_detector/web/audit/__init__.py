"""The audit log over REST: who did what."""
