"""What is to be done at the moment."""
