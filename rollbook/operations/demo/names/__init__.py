"""What people, places and things of the demo are called, in each language. All of it is invented."""

from rollbook.operations.demo.names.en import NAMES as _EN
from rollbook.operations.demo.names.ru import NAMES as _RU
from rollbook.operations.demo.names.uk import NAMES as _UK
from rollbook.operations.demo.names.words import Names

NAMES = {"ru": _RU, "uk": _UK, "en": _EN}

__all__ = ["NAMES", "Names"]
