"""What to say, and the life of a saying."""
