"""What addresses and queries name."""
