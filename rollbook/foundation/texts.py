"""Names and words as people type them."""

import re
import unicodedata

# What no text may hold, however it came in: a database keeps no NUL, and half a character is none.
UNFIT = re.compile("[\x00\ud800-\udfff]")

# Direction controls change how a name looks, and nothing else; zero-width ones cannot be seen at all. Joiners stay out
# of names, too: no language of this program needs them there.
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}


def clean_line(text: str) -> str:
    """One line as it is kept: NFC, without what cannot be seen, single blanks, trimmed. May come out empty."""
    if text.isprintable():  # Then there is nothing in it that cannot be seen, and no blank but the plain one.
        return unicodedata.normalize("NFC", " ".join(text.split()))
    seen = (" " if char.isspace() else char for char in text)
    kept = "".join(char for char in seen if unicodedata.category(char) not in _UNSEEN)
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def clean_text(text: str) -> str:
    """Several lines as they are kept: each as `clean_line` has it, no blank ones at either end."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(clean_line(line) for line in lines).strip("\n")


def sought(text: str) -> list[str]:
    """The words of a search, as columns named `search` hold them: small letters, ё as е."""
    return clean_line(text).lower().replace("ё", "е").split()


def pattern(text: str, *, anywhere: bool = True) -> str:
    """What LIKE fits to a text that holds this one, or begins with it."""
    escaped = text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%" if anywhere else f"{escaped}%"
