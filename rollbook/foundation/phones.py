"""Phones as people type them, kept as E.164."""

import re

import phonenumbers

# What was read lately, and is not taken apart again where it comes back: files are checked in several steps.
_LATELY = 10_000
# Some countries and islands have shorter ones; seven digits are kept, and their plus.
SHORTEST = 8
_read: dict[str, None] = {}


def parse_phone(text: str, *, region: str) -> str | None:
    """The phone as E.164 ("+380501234567"), read as in `region` (two letters) where it has no country code.

    None where it is no possible phone. A leading 8 is the trunk prefix where the region has it so. What follows
    "доб.", "ext." and the like is not part of an address and is refused, so that nothing is lost silently.
    """
    if text in _read:
        return text
    if not text.isascii() and re.search(r"[^\W\d_]", text):
        return None
    if re.search(r"[^\d\s+().\-‑–—/]", text) or any(char.isdigit() and not char.isascii() for char in text):
        return None
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_possible_number(number):
        return None
    found = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if len(found) < SHORTEST:
        return None
    if len(_read) >= _LATELY:
        _read.clear()
    _read[found] = None
    return found


def digits_sought(text: str) -> str | None:
    """The digits by which a phone is sought, from four on; None where the text is no part of a phone.

    A national trunk prefix (8 or 0) at the beginning of a long piece is left out, for E.164 has none.
    """
    if re.search(r"[^\d\s+().\-‑–—/]", text):
        return None
    digits = re.sub(r"[^0-9]", "", text)
    if len(digits) >= 10 and digits[0] in "80" and not text.strip().startswith("+"):
        digits = digits[1:]
    return digits if len(digits) >= 4 else None
