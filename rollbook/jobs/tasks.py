"""Where procrastinate finds the jobs: each file of them is named here."""

from rollbook.jobs import letters

__all__ = ["letters"]
