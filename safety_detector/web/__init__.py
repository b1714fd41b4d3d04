"""The REST API: untrusted requests come in, inspections, pictures, events and problems go out.

``app.create_app`` builds it from plain collaborators.  It stands on ``service``, ``ingest`` and
``report``; nothing below imports it.
"""
