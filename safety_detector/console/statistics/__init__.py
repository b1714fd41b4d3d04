"""Statistics of incidents: numbers, charts and tables."""
