"""Whom a text mentions. Plain values in, plain values out."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

# Where a word begins: the address of somebody's e-mail is no mention.
_AT = re.compile(r"(?<![\w.+-])@(?=\w)")
_WORD = re.compile(r"[\w.+-]*[\w+-]")


class On(NamedTuple):
    """What something is said on: a client, a group or a lesson; both a lesson and a client are a cell."""

    client_id: int | None = None
    group_id: int | None = None
    lesson_id: int | None = None


class Named(NamedTuple):
    """A colleague, as a text may call them."""

    user_id: int
    name: str
    login: str


class Mentioned(NamedTuple):
    user_ids: frozenset[int]
    unknown: tuple[str, ...]
    """As they were typed: nobody is called so."""
    doubtful: tuple[str, ...]
    """Several are: only a login tells who is meant."""


def mentioned(text: str, colleagues: Collection[Named]) -> Mentioned:
    """Whom a text calls by "@Name Surname" or "@login", among these colleagues; the longest name that fits is meant."""
    known = _known(colleagues)
    longest = sorted(known, key=len, reverse=True)
    plain, found, unknown, doubtful = _plain(text), set(), [], []
    for begins in _beginnings(text):
        called = next((name for name in longest if _calls(plain, begins, name)), None)
        if called is None:
            word = _WORD.match(text, begins)
            unknown.append(word[0] if word else text[begins:])
        elif len(known[called]) > 1:
            doubtful.append(text[begins : begins + len(called)])
        else:
            found |= known[called]
    return Mentioned(frozenset(found), tuple(dict.fromkeys(unknown)), tuple(dict.fromkeys(doubtful)))


def handles(colleagues: Collection[Named]) -> dict[int, str]:
    """What to type after the "@" for each of them: the name, or the login where another one has the same name."""
    known = _known(colleagues)
    return {each.user_id: each.name if len(known[_plain(each.name)]) == 1 else each.login for each in colleagues}


def _known(colleagues: Iterable[Named]) -> Mapping[str, set[int]]:
    """By login, which is nobody else's, and by name."""
    known: dict[str, set[int]] = {}
    for each in colleagues:
        known.setdefault(_plain(each.name), set()).add(each.user_id)
    return known | {_plain(each.login): {each.user_id} for each in colleagues}


def _beginnings(text: str) -> Iterator[int]:
    return (match.end() for match in _AT.finditer(text))


def _calls(plain: str, begins: int, name: str) -> bool:
    """Whether the name stands there, as a whole: "@anna" is not the beginning of "@annabel"."""
    ends = begins + len(name)
    return plain.startswith(name, begins) and not re.match(r"[\w@]|[.+-]\w", plain[ends:])


def _plain(text: str) -> str:
    """Of the same length, so that a place in one is a place in the other: letter by letter, ё as е."""
    return "".join(small if len(small := char.lower()) == 1 else char for char in text).replace("ё", "е")
