"""Programmes, groups and who belongs to them, from date to date; who pauses. Lessons are not here: see schedule."""
