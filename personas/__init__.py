"""What the money says about a person."""
