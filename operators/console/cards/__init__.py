"""The cards of the institution: found, read, written, and tried on a person."""
