"""Where procrastinate finds the jobs: each file of them is named here."""

from rollbook.jobs import letters, timetable, upkeep

__all__ = ["letters", "timetable", "upkeep"]
