"""Folders on the server into batches.

In come the folders that the operator allows, and claims of ``service.folder_claims``; out go their
pictures, to that same module.  May import ``batch`` for names, ``service`` and what lies below.
"""
