"""One command that runs broker, workers and API on this machine, watches them and stops them."""
