"""Many pictures from a folder, zip, list or video into one output folder, resumable at any point.

``results.jsonl`` is the only record: each picture's line is written when its result is there, and
every other file is built from those lines.  May import ``pipeline`` and what stands below it.
"""
