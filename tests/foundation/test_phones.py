import pytest

from rollbook.foundation.phones import digits_sought, parse_phone


@pytest.mark.parametrize(
    ("text", "region", "kept"),
    [
        ("+380501234567", "UA", "+380501234567"),
        ("050 123 45 67", "UA", "+380501234567"),
        ("(050) 123-45-67", "UA", "+380501234567"),
        ("380501234567", "UA", "+380501234567"),
        ("8 (912) 345-67-89", "RU", "+79123456789"),
        ("+7 912 345‑67‑89", "RU", "+79123456789"),
        ("7 912 345 67 89", "RU", "+79123456789"),
        ("912 345 67 89", "RU", "+79123456789"),
        ("+49 30 901820", "UA", "+4930901820"),
        ("8 (999) 123-45-67 доб. 5", "RU", None),
        ("+7 912 345-67-89 ext. 5", "RU", None),
        ("0501234567, 0671234567", "UA", None),
        ("0501234567 0671234567", "UA", None),
        ("+7999", "RU", None),
        ("112", "UA", None),
        ("+49 12", "DE", None),
        ("1234", "AT", None),
        ("=1+1", "UA", None),
        ("٠٥٠١٢٣٤٥٦٧", "UA", None),
        ("０５０１２３４５６７", "UA", None),
        ("phone", "UA", None),
        ("7.9E+10", "RU", None),
        ("1" * 40, "UA", None),
        ("+", "UA", None),
        ("", "UA", None),
        ("050\x001234567", "UA", None),
        ("1-800-FLOWERS", "US", None),
    ],
)
def test_a_phone_is_kept_as_e164_or_refused(text, region, kept):
    assert parse_phone(text, region=region) == kept


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("4567", "4567"), ("123-45-67", "1234567"), ("8 912 345-67-89", "9123456789"), ("050 123 45 67", "501234567"),
        ("+380 50 123", "38050123"), ("123", None), ("Anna", None), ("", None), ("5 Anna 1234", None),
    ],
)  # fmt: skip
def test_a_phone_is_sought_by_four_digits_or_more(text, digits):
    assert digits_sought(text) == digits
