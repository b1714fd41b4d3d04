"""Alembic's folder: each file in ``versions`` changes the tables from one version to the next."""
