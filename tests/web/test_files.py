"""Files come in only where they are expected, and go out only to be saved."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import include, path
from django.views.decorators.http import require_POST

from rollbook.config.urls import handler400  # noqa: F401 (asked for by Django)
from rollbook.web.files import AROUND_A_FILE, download, paper, takes_file
from tests.guards.headers import missing
from tests.web.browsing import signed_in

MOST = 200_000
MUCH = AROUND_A_FILE + 50_000


@takes_file(MOST)
@require_POST
def take(request):
    return HttpResponse(request.FILES["file"].size)


def print_it(request):
    return paper(b"%PDF-1.3", name="Квитанция 5")


urlpatterns = [path("take/", take), path("print/", print_it), path("", include("rollbook.config.urls"))]
here = override_settings(ROOT_URLCONF="tests.web.test_files", DATA_UPLOAD_MAX_MEMORY_SIZE=1000)


def sent(browser, address, size, name="list.csv"):
    return browser.post(address, {"file": SimpleUploadedFile(name, b"x" * size)})


@here
@pytest.mark.parametrize(
    ("who", "address", "size", "status"),
    [
        ("mara", "/take/", MOST, 200),
        ("mara", "/take/", MOST + AROUND_A_FILE, 413),
        ("mara", "/preferences/theme/", MUCH, 413),
        ("mara", "/groups/", MUCH, 405),
        (None, "/take/", MUCH, 413),
        (None, "/account/login/", MUCH, 413),
        (None, "/account/login/", 10, 422),
    ],
)
def test_a_file_is_read_where_it_is_expected(school, who, address, size, status):
    browser = signed_in(school, who) if who else Client()
    assert sent(browser, address, size).status_code == status


@pytest.mark.parametrize("name", ["итог.csv", "a\r\nX: 1.html", "../x.svg", "CON"])
def test_what_is_given_away_is_saved_and_runs_nowhere(name):
    answer = download(b"<script>alert(1)</script>", name=name)
    assert answer["Content-Disposition"].startswith("attachment; filename")
    assert "\n" not in answer["Content-Disposition"]
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(("saved", "how"), [(False, "inline"), (True, "attachment")])
@pytest.mark.parametrize("name", ["Квитанция 5", "Квитанция 5.pdf", "a\r\nX: 1/Квитанция 5"])
def test_a_paper_is_shown_or_saved_under_its_name(name, saved, how):
    answer = paper(b"%PDF-1.3", name=name, saved=saved)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == (
        f"{how}; filename*=utf-8''%D0%9A%D0%B2%D0%B8%D1%82%D0%B0%D0%BD%D1%86%D0%B8%D1%8F%205.pdf"
    )


@here
def test_a_paper_is_told_of_as_any_page_and_kept_by_nobody(school):
    answer = signed_in(school, "mara").get("/print/")
    assert answer.content == b"%PDF-1.3"
    assert not missing(answer.headers)
