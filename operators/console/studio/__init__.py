"""The studio of rules: edited, tried on everybody, published, rolled back, with the cases they must honour."""
