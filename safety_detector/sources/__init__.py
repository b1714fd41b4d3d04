"""What pictures come out of: folders, archives, lists, videos.

A source offers pictures without reading them, and reads the ones that are wanted.
"""
