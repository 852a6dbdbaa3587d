"""Where procrastinate finds the jobs: each file of them is named here."""

from rollbook.jobs import churn, house, imports, letters, make_ups, subscriptions, timetable, upkeep

__all__ = ["churn", "house", "imports", "letters", "make_ups", "subscriptions", "timetable", "upkeep"]
