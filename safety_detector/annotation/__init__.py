"""Draws detections on their picture: an RGB array and detections in, a new RGB array or JPEG out.

May import ``images``, ``fonts``, ``domain`` and ``errors``.
"""
