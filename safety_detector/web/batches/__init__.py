"""Batches over REST: many pictures together, from forms, zips and folders on the server."""
