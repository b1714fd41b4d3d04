"""One command that runs the whole service on this machine, watches its parts and stops them."""
