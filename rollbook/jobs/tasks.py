"""Where procrastinate finds the jobs: each file of them is named here."""

from rollbook.jobs import house, imports, letters, make_ups, timetable, upkeep

__all__ = ["house", "imports", "letters", "make_ups", "timetable", "upkeep"]
