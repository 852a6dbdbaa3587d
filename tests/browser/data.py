"""What the site of the browser tests is filled with."""

from tests.school import School, found_school


def fill() -> School:
    return found_school()
