"""What people judged, as labelled pictures."""
