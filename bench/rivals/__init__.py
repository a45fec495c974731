"""How a competent engineer would write it without our layout."""
