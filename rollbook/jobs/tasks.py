"""Where procrastinate finds the jobs: each file of them is named here."""

from rollbook.jobs import house, letters, timetable, upkeep

__all__ = ["house", "letters", "timetable", "upkeep"]
