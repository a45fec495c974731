"""How personas of the former product are brought over, checked, and taken back."""
