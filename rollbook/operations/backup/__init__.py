"""Backups: made, proven, restored. One file holds database and files as they stood at one moment, and what was counted.

A file is believed only when all of it came back: `prove` and `restore` compare every table with what was counted when
the file was made, before anything that lives is touched.
"""

from rollbook.operations.backup.archive import Manifest
from rollbook.operations.backup.making import Made, back_up, newest
from rollbook.operations.backup.restoring import Proof, Restored, Standing, prove, restore, standing
from rollbook.operations.backup.unkept import NotConfirmed, NotTried, Unkept

__all__ = [
    "Made", "Manifest", "NotConfirmed", "NotTried", "Proof", "Restored", "Standing", "Unkept", "back_up", "newest",
    "prove", "restore", "standing",
]  # fmt: skip
