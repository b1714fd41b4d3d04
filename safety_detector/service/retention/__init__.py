"""What goes when it is old, or more than there is room for, and what must not go."""
