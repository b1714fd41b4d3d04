"""One module a version; the names begin with the order."""
