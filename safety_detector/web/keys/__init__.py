"""API keys as they are shown; they are made by the command line alone."""
