"""What the product talks about: boxes, hazards, detections, inspections; standard library only."""
