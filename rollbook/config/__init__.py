"""Wiring, no logic."""
