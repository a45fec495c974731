"""The formats of the one language of our pages."""
