"""Holds over REST: inspections that are kept, whatever retention says."""
