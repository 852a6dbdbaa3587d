"""What every page has in common: who asks, in which language, and what is said when something cannot be done."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError, connection
from django.http import HttpResponse
from django.test import Client, override_settings
from psycopg.errors import ReadOnlySqlTransaction

from rollbook.domains.history.models import Entry
from rollbook.web import pages

TEMPLATES = Path(pages.__file__).parent / "templates"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')


@pytest.fixture
def anna(school):
    return school.users["anna"]


@pytest.fixture
def visitor(anna):
    visitor = Client()
    visitor.force_login(anna)
    return visitor


def body(answer):
    """All but the token, which is another one each time."""
    return TOKEN.sub("", answer.content.decode())


# ---- language and theme


@pytest.mark.parametrize(
    ("asked", "language"), [("uk,en;q=0.5", "uk"), ("en-GB", "en"), ("de", "ru"), ("x" * 5000, "ru"), ("\x00", "ru")]
)
def test_a_stranger_is_spoken_to_in_the_language_of_the_browser(db, asked, language):
    answer = Client().get("/design/", headers={"accept-language": asked})
    assert f'<html lang="{language}"' in answer.content.decode()
    assert answer["Content-Language"] == language
    assert "Accept-Language" in answer["Vary"]


def test_whoever_is_known_is_spoken_to_in_their_own(visitor, anna):
    anna.language = "uk"
    anna.save()
    answer = visitor.get("/design/", headers={"accept-language": "en"})
    assert '<html lang="uk"' in answer.content.decode()


def test_a_language_is_chosen_and_written_down(visitor, anna):
    here = {"referer": "http://testserver/clients/"}
    answer = visitor.post("/preferences/language/", {"language": "uk"}, headers=here)
    assert (answer.status_code, answer["Location"]) == (303, "http://testserver/clients/")
    anna.refresh_from_db()
    assert anna.language == "uk"
    assert Entry.objects.filter(verb="user.changed", subject=f"user:{anna.pk}").exists()


def test_a_stranger_keeps_the_choice_in_a_cookie(db):
    stranger = Client()
    stranger.post("/preferences/language/", {"language": "en"})
    stranger.post("/preferences/theme/", {"theme": "dark"})
    assert '<html lang="en" data-theme="dark">' in stranger.get("/design/").content.decode()


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_one_is_led_back_within_the_site_only(visitor, back):
    assert visitor.post("/preferences/theme/", {"theme": "dark"}, headers={"referer": back})["Location"] == "/"


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        ("language", {"language": "xx"}),
        ("language", {"language": "ru\x00"}),
        ("language", {}),
        ("theme", {"theme": "pink"}),
    ],
)
def test_a_choice_that_is_none_is_refused(visitor, anna, address, wrong):
    assert visitor.post(f"/preferences/{address}/", wrong).status_code == 422
    anna.refresh_from_db()
    assert (anna.language, anna.theme) == ("en", "")


def test_a_cookie_that_makes_no_sense_says_nothing(db):
    stranger = Client()
    stranger.cookies["theme"] = '"><script>'
    stranger.cookies[settings.LANGUAGE_COOKIE_NAME] = "../../etc"
    assert '<html lang="ru">' in stranger.get("/design/").content.decode()


# ---- what cannot be done


def test_what_may_not_be_known_of_looks_like_what_is_not_there(visitor, school):
    [jan] = school.clients("judo")
    hidden, absent = (visitor.get(f"/clients/{number}/") for number in (jan.pk, 999_999_999))
    assert hidden.status_code == absent.status_code == 404
    assert body(hidden) == body(absent)


def test_an_unknown_address_says_the_same(visitor):
    unknown, absent = (visitor.get(address, headers={"hx-request": "true"}) for address in ("/no/", "/clients/999999/"))
    assert unknown.status_code == absent.status_code == 404
    assert unknown.content == absent.content
    assert unknown["HX-Retarget"] == "#refusal"


def test_a_refusal_answers_htmx_with_its_part_and_a_browser_with_the_page(visitor):
    part, page = (visitor.get("/no/", headers=headers).content.decode() for headers in ({"hx-request": "true"}, {}))
    assert "<html" not in part
    assert "<html" in page
    assert part.strip() in page


def test_a_stranger_signs_in_first_and_comes_back(db):
    answer = Client().get("/clients/?q=anna&after=")
    assert answer.status_code == 303
    assert answer["Location"] == "/account/login/?next=/clients/%3Fq%3Danna%26after%3D"


def test_a_stranger_on_an_open_page_is_sent_there_too(db):
    answer = Client().get("/clients/", headers={"hx-request": "true"})
    assert answer.status_code == 401
    assert answer["HX-Redirect"].startswith("/account/login/")


def test_a_form_of_elsewhere_is_refused(anna):
    visitor = Client(enforce_csrf_checks=True)
    visitor.force_login(anna)
    answer = visitor.post("/preferences/theme/", {"theme": "dark"})
    assert answer.status_code == 403
    assert "data-panels" in answer.content.decode()


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100)
def test_too_much_is_refused_as_too_large(visitor):
    much = "theme=" + "x" * 200
    assert visitor.post("/preferences/theme/", much, "application/x-www-form-urlencoded").status_code == 413


@override_settings(DATA_UPLOAD_MAX_NUMBER_FIELDS=3)
def test_what_is_no_request_is_refused(visitor):
    many = "&".join(f"a{n}=1" for n in range(9))
    assert visitor.post("/preferences/theme/", many, "application/x-www-form-urlencoded").status_code == 400


def test_a_host_of_elsewhere_is_refused_without_asking_who_it_is(db):
    answer = Client().get("/design/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "Traceback" not in answer.content.decode()


def test_what_breaks_says_so_and_shows_nothing_of_it(visitor, monkeypatch):
    monkeypatch.setattr("rollbook.web.home.views.see_other", lambda request: 1 // 0)
    visitor.raise_request_exception = False
    answer = visitor.get("/")
    assert answer.status_code == 500
    assert "ZeroDivisionError" not in answer.content.decode()


@pytest.mark.parametrize("error", [OperationalError("cut off"), InterfaceError("closed")], ids=str)
def test_without_the_database_it_is_said_to_come_back_later(visitor, monkeypatch, error):
    def falls(request):
        raise error

    monkeypatch.setattr("rollbook.web.home.views.see_other", falls)
    visitor.raise_request_exception = False
    answer = visitor.get("/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert "<html" in answer.content.decode()

    part = visitor.get("/", headers={"hx-request": "true"})
    assert (part.status_code, part["HX-Retarget"]) == (503, "#refusal")
    assert "<html" not in part.content.decode()


def test_of_a_standby_that_was_taken_for_the_primary_the_same_is_said(visitor, monkeypatch):
    def falls(request):
        raise InternalError("cannot execute INSERT") from ReadOnlySqlTransaction("cannot execute INSERT")

    monkeypatch.setattr("rollbook.web.home.views.see_other", falls)
    visitor.raise_request_exception = False
    assert visitor.get("/").status_code == 503


def test_a_question_that_takes_too_long_is_told_to_be_made_smaller(visitor, monkeypatch):
    def falls(request):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 20")
            cursor.execute("SELECT pg_sleep(5)")

    monkeypatch.setattr("rollbook.web.home.views.see_other", falls)
    visitor.raise_request_exception = False
    answer = visitor.get("/", headers={"accept-language": "en"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert "ask for less" in answer.content.decode()


# ---- what pages are made of


def test_the_first_page_is_that_of_the_first_section(visitor):
    assert visitor.get("/")["Location"] == "/groups/"


def test_a_stranger_sees_no_sections(db):
    assert '<nav class="rail"' not in Client().get("/design/").content.decode()


def test_the_gallery_shows_every_component(visitor):
    names = set(re.findall(r"{% macro ([a-z]\w*)", (TEMPLATES / "ui.html").read_text()))
    shown = set(re.findall(r"ui\.(\w+)", (TEMPLATES / "design" / "gallery.html").read_text()))
    used_by_others = {name for name in names if re.search(rf"(?<![\w.])_?{name}\(", _calls())}
    assert names - shown - used_by_others == set()
    assert visitor.get("/design/").status_code == 200


def _calls():
    """What components ask of each other."""
    return re.sub(r"{% macro .*?%}", "", (TEMPLATES / "ui.html").read_text())


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_template_has_no_script_and_no_style_of_its_own(path):
    text = path.read_text()
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:|hx-on|hx-vals=.js:", text)
    assert not re.search(r"<script(?![^>]*( src=| type=\"application/json\"))", text)


def test_keywords_become_attributes():
    given = {"hx_post": '/x/"', "checked": True, "disabled": False, "title": None, "class_": "a", "data_n": 0}
    assert pages.attributes(given) == ' hx-post="/x/&#34;" checked class="a" data-n="0"'


def test_an_answer_tells_the_rest_of_the_page():
    answer = pages.toast(pages.tell(HttpResponse(), "ledger-changed"), "Отмечено", undo="/x/")
    assert json.loads(answer["HX-Trigger"]) == {"ledger-changed": {}, "toast": {"text": "Отмечено", "undo": "/x/"}}
    assert answer["HX-Trigger"].isascii()
