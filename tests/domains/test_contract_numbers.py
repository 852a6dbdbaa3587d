import pytest

from rollbook.domains.billing.rules import next_numbers


@pytest.mark.parametrize(
    ("latest", "following"),
    [
        ("", "1"), ("17", "18"), ("17/2026", "18/2026"), ("A-099", "A-100"), ("2026-17", "2026-18"),
        ("17/2025", "18/2026"), ("ДГ №9 от 2026", "ДГ №10 от 2026"), ("first", "1"), ("2026", "1"),
    ],
)
def test_numbers_go_on_as_they_have_begun(latest, following):
    assert next_numbers(latest, year=2026)[0] == following
