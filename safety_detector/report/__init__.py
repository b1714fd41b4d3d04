"""The PDF that a safety manager signs: inspections and their pictures in, PDF files out.

``contents`` says what a report tells, in Chinese or English; ``pdf`` sets it on pages.  May import
``images``, ``fonts``, ``domain`` and ``errors``; only this package imports ReportLab.
"""
