"""Reports about what the service keeps: inspections, incidents."""
