"""Incidents: what cameras' looks come to, kept and told."""
