"""Signing in and one's own account: allauth's views in our templates, and the few of our own beside them."""
