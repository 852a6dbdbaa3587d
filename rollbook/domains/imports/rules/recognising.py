"""Which column of a file is which: by its heading, then by what stands in it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

from rollbook.domains.imports.rules.kinds import KINDS, Column, FileKind
from rollbook.domains.imports.rules.usual import Habits
from rollbook.domains.imports.rules.values import Unfit
from rollbook.foundation.texts import clean_line

# Per cent: a heading that is known word for word; one that only contains what is known; looks alone.
EXACT, CONTAINED, LOOKS = 100, 60, 50
_READABLE = 0.8
_NO_WORDS = re.compile(r"[^\w№]+|_")


class Guess(NamedTuple):
    """A declared column, and how certain it is in per cent."""

    column: str
    certainty: int


class Recognised(NamedTuple):
    """What a file is: its kind, all kinds with their certainty, and by column of the file which it is."""

    kind: str
    kinds: tuple[tuple[str, int], ...]
    columns: Mapping[str, Guess]


def plain_heading(told: str) -> str:
    """Small letters, ё as е, words and single blanks."""
    letters = clean_line(told).lower().replace("ё", "е").replace("'", "").replace("’", "").replace("`", "")
    return " ".join(_NO_WORDS.sub(" ", letters).split())


def fingerprint(columns: Iterable[str]) -> str:
    """The same for the same headings in the same order, however they are written."""
    return blake2b("\n".join(map(plain_heading, columns)).encode(), digest_size=16).hexdigest()


def recognised(columns: Sequence[str], rows: Sequence[Sequence[str]], *, habits: Habits, kind: str = "") -> Recognised:
    """The likeliest reading of a file of which these are the first rows; with `kind` as a file of that kind."""
    samples = {
        column: [row[place].strip() for row in rows if row[place].strip()] for place, column in enumerate(columns)
    }
    found = {name: _of_kind(samples, told, habits) for name, told in KINDS.items()}
    kinds = sorted(
        ((name, _fitness(KINDS[name], guesses, len(columns))) for name, guesses in found.items()),
        key=lambda pair: (-pair[1], -sum(column.required for column in KINDS[pair[0]].columns)),
    )
    chosen = kind or kinds[0][0]
    return Recognised(chosen, tuple(kinds), found[chosen])


def unmet(kind: FileKind, chosen: Iterable[str]) -> list[tuple[str, ...]]:
    """What is still missing among the chosen columns: of each of these sets one."""
    have = set(chosen)
    needs = [*((column.name,) for column in kind.columns if column.required), *kind.needs]
    return [need for need in needs if not have & set(need)]


def _fitness(kind: FileKind, guesses: Mapping[str, Guess], columns: int) -> int:
    """How much of the file this kind explains, in per cent."""
    whole = sum(guess.certainty for guess in guesses.values()) / max(columns, 1)
    return round(whole if not unmet(kind, (guess.column for guess in guesses.values())) else whole / 3)


def _of_kind(samples: Mapping[str, Sequence[str]], kind: FileKind, habits: Habits) -> dict[str, Guess]:
    pairs = [
        (_certainty(heading, texts, column, habits), -place, name, column.name)
        for name, texts in samples.items()
        for heading in (plain_heading(name),)
        for place, column in enumerate(kind.columns)
    ]
    found = _best(pair for pair in pairs if pair[0] >= CONTAINED // 2)
    return found | _by_looks(samples, kind, found, habits)


def _best(pairs: Iterable[tuple[int, int, str, str]]) -> dict[str, Guess]:
    """The most certain pairs first; each column of either side once."""
    found: dict[str, Guess] = {}
    taken: set[str] = set()
    for certainty, _, name, column in sorted(pairs, key=lambda pair: (-pair[0], -pair[1])):
        if name not in found and column not in taken:
            found[name] = Guess(column, certainty)
            taken.add(column)
    return found


def _certainty(heading: str, texts: Sequence[str], column: Column, habits: Habits) -> int:
    if not heading or _begins(heading.split(), column.avoid):
        return 0
    by_heading = max(_likeness(heading, hint) for hint in column.hints)
    if by_heading and column.reading.shape and texts and _readable(texts, column, habits) < _READABLE / 2:
        return by_heading // 3
    return by_heading


def _likeness(heading: str, hint: str) -> int:
    if heading == hint:
        return EXACT
    words, sought = heading.split(), hint.split()
    if len(hint) < 3 or not all(any(_same(word, part) for word in words) for part in sought):
        return 0
    return CONTAINED + 30 * len(sought) // max(len(words), len(sought))


def _same(word: str, sought: str) -> bool:
    """The same word in another case: one ending apart."""
    stem = sought[: max(len(sought) - 2, 4)]
    return word == sought or (len(sought) > 3 and word.startswith(stem) and abs(len(word) - len(sought)) <= 3)


def _begins(words: Iterable[str], beginnings: Sequence[str]) -> bool:
    return any(
        word == begin if begin.isdigit() else word.startswith(begin) for word in words for begin in beginnings
    )


def _readable(texts: Sequence[str], column: Column, habits: Habits) -> float:
    """The share of texts that this column can read."""
    read = 0
    for text in texts:
        try:
            column.reading.read(text, habits)
            read += 1
        except Unfit:
            continue
    return read / len(texts)


def _by_looks(
    samples: Mapping[str, Sequence[str]], kind: FileKind, found: Mapping[str, Guess], habits: Habits
) -> dict[str, Guess]:
    """Columns with strange headings that can only be one thing: the sole one of its shape still wanted."""
    free = {name: texts for name, texts in samples.items() if name not in found and texts}
    taken = {guess.column for guess in found.values()}
    guesses: dict[str, Guess] = {}
    for column in kind.columns:
        if column.name in taken or column.reading.shape not in {"phone", "email", "day", "sum"}:
            continue
        like = [name for name, texts in free.items() if name not in guesses and _looks(texts, column, habits)]
        if like and (len(like) == 1 or column.reading.shape in {"phone", "email"}):
            guesses[like[0]] = Guess(column.name, LOOKS)
    return guesses


def _looks(texts: Sequence[str], column: Column, habits: Habits) -> bool:
    shape = column.reading.shape
    if shape == "email":
        return sum("@" in text for text in texts) / len(texts) >= _READABLE
    if shape == "day" and any(text.isdigit() for text in texts):
        return False
    if shape == "phone" and min(len(re.sub(r"\D", "", text)) for text in texts) < 7:
        return False
    return _readable(texts, column, habits) >= _READABLE
