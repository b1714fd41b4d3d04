"""What a wall of cameras shows, over REST."""
