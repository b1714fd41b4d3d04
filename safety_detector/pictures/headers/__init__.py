"""What a picture's header says, read from its bytes within bounds before any decoder sees them."""
