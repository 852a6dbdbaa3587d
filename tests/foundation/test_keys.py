from base64 import urlsafe_b64encode

import pytest

from rollbook.foundation.keys import Key


def carried(text):
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def test_a_key_is_read_as_it_was_written():
    key = Key("ёжик 7", 2**63 - 1)
    assert Key.read(str(key)) == key


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", '["a"]', '["a", 1, 2]', '["a", 0]', '["a", -1]', '["a", true]', '["a", "1"]', '["a", 1.0]', "[1, 1]",
        f'["a", {2**63}]', r'["\u0000", 1]', r'["\ud800", 1]', "[" * 5000, "{", "null", f'["a", {"9" * 5000}]',
    ],
)
def test_what_makes_no_sense_is_no_key(text):
    assert Key.read(carried(text)) is None


@pytest.mark.parametrize("text", ["%", "a", "ж", "=", "\ud800", "/w=="])
def test_what_was_not_written_here_is_no_key(text):
    assert Key.read(text) is None
