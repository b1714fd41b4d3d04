"""What a language model answered, read into boxes; pure."""
