"""From bytes to text, in the encodings that offices use."""

import re
from collections import Counter

from rollbook.foundation.tables.parts import N_, torn

ENCODINGS = ("utf-8", "utf-16", "windows-1251", "koi8-u", "cp866")
_OF_ONE_BYTE = ("windows-1251", "koi8-u", "cp866")
_SAMPLE = 64 * 1024
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_COMMON = Counter("оеаинтсрвліОЕАИНТСРВЛІ")
_BROKEN_CASE = re.compile("[а-яёіїєґ][А-ЯЁІЇЄҐ]")
_STRANGE = re.compile(r"[^\w\s.,;:!?()\"'«»№+\-–—/@&%*=#|\\’`<>\[\]{}°$€₽₴]")


def decoded(data: bytes, encoding: str = "") -> tuple[str, str]:
    """The text, and its encoding; without `encoding` the one that is recognised (`encoding_of`)."""
    found = encoding or encoding_of(data)
    try:
        return data.decode("utf-8-sig" if found == "utf-8" else found), found
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise torn(line, N_("This is no text in {encoding}."), field="encoding", encoding=found) from error


def encoding_of(data: bytes) -> str:
    """UTF-16 where its mark stands at the beginning, UTF-8 where it can be; else, of the old Cyrillic encodings, that
    in which the beginning reads most like words: common letters count for it, signs of drawings and capitals behind
    small letters against it."""
    if data.startswith(_WIDE):
        return "utf-16"
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        sample = data[:_SAMPLE]
        return max(_OF_ONE_BYTE, key=lambda name: _likeness(sample.decode(name, "replace")))
    return "utf-8"


def _likeness(text: str) -> int:
    common = sum(times for letter, times in Counter(text).items() if letter in _COMMON)
    return common - 3 * len(_BROKEN_CASE.findall(text)) - 3 * len(_STRANGE.findall(text))

