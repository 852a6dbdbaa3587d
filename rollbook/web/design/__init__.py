"""The components in all their states, to look at and to be checked by machines."""
