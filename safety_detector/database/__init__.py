"""The record of everything: tables, sessions and migrations, on SQLite or PostgreSQL."""
