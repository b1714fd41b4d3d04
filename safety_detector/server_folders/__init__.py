"""Folders on the server into batches.

In come the folders that the operator allows, and their jobs; out go their pictures, to
``service.folders.jobs``.  May import ``batch`` for names, ``service`` and what lies below.
"""
