"""People, their consent, their money records."""
