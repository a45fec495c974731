"""How dates read on our pages: unambiguous, year first."""
