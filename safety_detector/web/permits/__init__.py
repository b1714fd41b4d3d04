"""Hot-work permits over REST."""
