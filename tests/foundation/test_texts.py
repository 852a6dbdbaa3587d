import unicodedata

import pytest

from rollbook.foundation.texts import clean_line, clean_text, sought


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Anna", "Anna"),
        ("  Анна   Мария ", "Анна Мария"),
        ("Анна\u00a0Мария", "Анна Мария"),
        ("Анна\nМария", "Анна Мария"),
        ("\u200b", ""),
        (" \u200b\u2060\ufeff ", ""),
        ("\u202eannA", "annA"),
        ("a\u2066b\u2069c", "abc"),
        (unicodedata.normalize("NFD", "Йёлка"), "Йёлка"),
        ("a\x00b", "ab"),
        ("a\ud800b", "ab"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("{{7*7}} ${7*7} {% load %}", "{{7*7}} ${7*7} {% load %}"),
        ("O’Neil-Łoś 🎈", "O’Neil-Łoś 🎈"),
        ("", ""),
    ],
)
def test_a_line_is_kept_without_what_cannot_be_seen(typed, kept):
    assert clean_line(typed) == kept


def test_a_text_keeps_its_lines_and_loses_blank_ones_at_its_ends():
    assert clean_text("\r\n  one \r\n\r\n two\u200b\r\n\n") == "one\n\ntwo"


def test_the_words_of_a_search_are_small_and_without_yo():
    assert sought("  Ёлкина  ДАРЬЯ ") == ["елкина", "дарья"]
