"""Labelled sets of what people judged: the labelled picture, the split, and each format's writer.

Comes in: pictures with their labels, and their pixels.  Goes out: files.  Knows neither database
nor service.
"""
