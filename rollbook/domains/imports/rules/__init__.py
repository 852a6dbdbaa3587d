"""How rows of foreign files become rows of ours: plain texts in, plain values out. It knows no domain: what the rows
are that a domain takes is handed in. Files of people have no mapping of their own: `kinds` declares those that there
are, `recognising` says which column is which, `usual` reads what people write."""

from rollbook.domains.imports.rules.checking import overlapping, twice
from rollbook.domains.imports.rules.drafting import Draft, Drafted, Known, Ref, drafted, resolved
from rollbook.domains.imports.rules.mapping import BadMapping, Mapped, Section, files_of, read_mapping
from rollbook.domains.imports.rules.values import (
    Origin,
    Problem,
    Row,
    Terms,
    birthday,
    choice,
    clock,
    day,
    email,
    flag,
    line,
    money,
    numbers,
    phone,
    plain,
    ref,
    refs,
    text,
    whole,
)

__all__ = [
    "BadMapping", "Draft", "Drafted", "Known", "Mapped", "Origin", "Problem", "Ref", "Row", "Section", "Terms",
    "birthday", "choice", "clock", "day", "drafted", "email", "files_of", "flag", "line", "money", "numbers",
    "overlapping", "phone", "plain", "read_mapping", "ref", "refs", "resolved", "text", "twice", "whole",
]
