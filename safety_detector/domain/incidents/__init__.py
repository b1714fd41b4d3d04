"""What looks at a camera's scene become: incidents, and what changed about them."""
