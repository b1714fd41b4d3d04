"""Detectors: an upright RGB picture goes in, detections with their run's provenance come out.

Each adapter keeps its vendor's names and exceptions to itself.  May import ``ports``, ``images``,
``domain`` and ``errors``, and nothing above them.
"""
