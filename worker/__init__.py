"""The Celery worker; it imports the library, never the reverse."""
