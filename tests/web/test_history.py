import pytest
from django.utils.translation import override

from rollbook.domains.history.queries import Line
from rollbook.web.history import told
from tests.school import AT


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("2026-12-01", "01.12.2026"),
        ("2026-12-01T15:00:00+00:00", "01.12.2026"),
        ("2026-12-01 is her birthday", "2026-12-01 is her birthday"),
        ("2026-13-45", "2026-13-45"),
        ("2026-02-30T", "2026-02-30T"),
        ("٢٠٢٦-٠١-٠١", "٢٠٢٦-٠١-٠١"),
    ],
)
def test_only_a_day_is_written_as_one(kept, shown):
    line = Line(AT, "Mara", "web", "client.changed", "client:1", {"note": ""}, {"note": kept})
    with override("ru"):
        assert told(line).endswith(f": {shown}")
