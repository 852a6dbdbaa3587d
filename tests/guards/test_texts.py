"""Whatever can be said is said in Russian and in Ukrainian, and no English is left on a page in these languages."""

import csv
import importlib
import pkgutil
import re
import shlex
from html import escape
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from zoneinfo import available_timezones

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po
from django.apps import apps
from django.core.cache import cache
from django.db import transaction
from django.test import Client, override_settings
from django.utils import translation
from django.utils.functional import Promise
from pypdf import PdfReader

import rollbook.domains
import rollbook.web
import rollbook.workflows
from rollbook.domains.access.models import User
from rollbook.foundation.errors import Declined
from rollbook.web.history import VERBS
from tests.guards.access.bodies import PASSWORD, SECRETS, Things
from tests.school import AT, found_school

ROOT = Path(__file__).parents[2]
LANGUAGES = ("ru", "uk")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|(?<!{){\w*}")


# Catalogues -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def said():
    """All that the sources say, as `make texts` finds it: context and one sentence, or its singular and plural."""
    marks = re.search(r"^KEYWORDS := (.*)", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]
    keywords = DEFAULT_KEYWORDS | parse_keywords([word for word in shlex.split(marks) if word != "-k"])
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT / "rollbook", methods, options, keywords)
    return {(context, sentence) for _file, _line, sentence, _comments, context in found}


def catalogue(language):
    with (ROOT / f"rollbook/locale/{language}/LC_MESSAGES/django.po").open("rb") as file:
        return read_po(file)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_holds_what_is_said_and_nothing_else(said, language):
    held = {(message.context, message.id) for message in catalogue(language) if message.id}
    assert said - held == set(), "make texts, then translate"
    assert held - said == set(), "make texts"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated_with_its_placeholders(language):
    wrong = [message.id for message in catalogue(language) if message.id and (message.fuzzy or not is_whole(message))]
    assert wrong == []


def is_whole(message):
    """Russian and Ukrainian count in three forms, each of which names all that the plural names."""
    told = message.string if message.pluralizable else (message.string,)
    source = message.id[-1] if message.pluralizable else message.id
    placeholders = sorted(PLACEHOLDER.findall(source))
    return len(told) == (3 if message.pluralizable else 1) and all(
        form.strip() and sorted(PLACEHOLDER.findall(form)) == placeholders for form in told
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("count", "form"), [(1, 0), (2, 1), (5, 2), (11, 2), (21, 0), (22, 1), (112, 2)])
def test_plurals_are_those_of_the_language(language, count, form):
    one_many = ("{count} client", "{count} clients")
    with translation.override(language):
        assert translation.ngettext(*one_many, count) == catalogue(language).get(one_many[0]).string[form]


def test_a_refusal_speaks_the_language_of_whoever_meets_it():
    """Not the one of the moment in which its module was read."""
    for package in (rollbook.domains, rollbook.workflows, rollbook.web):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    kinds = [Declined]
    for kind in kinds:
        kinds += kind.__subclasses__()
    assert [kind for kind in kinds if not isinstance(kind.sentence, Promise)] == []


# History --------------------------------------------------------------------------------------------------------------

# Written down, and not yet on a card that anybody can open.
ON_NO_CARD = {
    "invitation.revoked", "lesson_type.added", "lessons.made", "lessons.withdrawn", "role.added", "role.changed",
    "role.removed", "user.invited",
}  # fmt: skip


def test_every_act_that_is_written_down_has_words():
    recorded = re.compile(r'(?:verb=|_told\()"([a-z_]+\.[a-z_]+)"')
    verbs = {verb for file in (ROOT / "rollbook").rglob("*.py") for verb in recorded.findall(file.read_text())}
    assert verbs - VERBS.keys() - ON_NO_CARD == set()


# Pages ----------------------------------------------------------------------------------------------------------------

# What is written in Latin letters in every language.
NAMES = {
    "Rollbook": "the program", "English": "the language, to those who read it", "Telegram": "a messenger",
    "API": "so it is called", "QR": "so it is called", "RU": "a language", "UK": "a language", "EN": "a language",
    "Lock": "a passkey", "BEAC": "a bank that gives its name to a franc", "Excel": "a program",
    "CSV": "a form of files", "XLSX": "a form of files", "xlsx": "a form of files", "csv": "a form of files",
    "JSON": "a form of files", "PDF": "a form of files", "utf": "an encoding", "cp": "an encoding",
    "windows": "an encoding", "koi": "an encoding",
    # Reasons that somebody here has typed.
    "Wrong": "why a balance was corrected", "Brothers": "why money was moved", "Friends": "why one pays less",
}  # fmt: skip
# Codes of currencies and names of time zones are the world's own; addresses are nobody's language.
OF_THE_WORLD = re.compile(r"^[A-Z]{3}(?:, |$)|\S+@\S+|https?://\S+|^\w+(?:/[\w-]+)+$")
WORD = re.compile(r"[A-Za-z]{2,}")
SPOKEN = {"alt", "aria-label", "placeholder", "title"}
SILENT = {"script", "style", "kbd", "code"}
NOT_PAGES = (
    "/api/", "/live/", "/healthz", "/readyz", "/metrics", "/account/factors/codes/download/",
    "/account/factors/keys/login/", "/settings/imports/runs/<int:run_id>/errors/", "/design/",
)  # fmt: skip


class Reader(HTMLParser):
    """All that a page says to whoever sees or hears it."""

    def __init__(self, html):
        super().__init__()
        self.open, self.texts = [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.texts += [value for name, value in attributes if value and (name in SPOKEN or is_said_by_script(name))]
        if tag in SILENT:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in self.open:
            self.open.remove(tag)

    def handle_data(self, text):
        if not self.open and text.strip():
            self.texts.append(text.strip())


def is_said_by_script(name):
    return name.startswith(("data-text-", "data-confirm")) or name in {
        "data-label", "data-marked", "data-saved", "data-unsaved",
    }  # fmt: skip


def english(html, known):
    """The words in Latin letters that are no names."""
    zones = {name.replace("_", " ") for name in available_timezones()}
    texts = [OF_THE_WORLD.sub("", text) for text in Reader(html).texts if text not in zones]
    return {word: text for text in texts for word in WORD.findall(text) if word not in known}


def names_of_the_school():
    columns = {"name", "source", "first_name", "last_name", "username", "by_name"}
    return {
        word
        for model in apps.get_models()
        if model.__module__.startswith("rollbook.")
        for column in columns & {field.name for field in model._meta.concrete_fields}
        for name in model._base_manager.values_list(column, flat=True)
        for word in WORD.findall(name)
    }


def routes(method):
    with (ROOT / "tests/guards/access/routes.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["method"] == method]
    return [(row["route"], row["of"]) for row in rows if not row["route"].startswith(NOT_PAGES)]


@pytest.fixture(scope="module")
def things(django_db_setup, django_db_blocker):
    cheap = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with django_db_blocker.unblock(), cheap, time_machine.travel(AT, tick=False), transaction.atomic():
        things = Things(found_school())
        owner, holder = things.school.users["vera"], things.school.users["olha"]
        TOTP.activate(owner, generate_totp_secret())
        RecoveryCodes.activate(owner)
        key = Authenticator.objects.create(user=holder, type="webauthn", data={"name": "Lock", "credential": {}})
        things.rows["passkey", "chess"] = key.pk
        yield things
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def known(things):
    return names_of_the_school() | NAMES.keys()


@pytest.fixture(scope="module", params=LANGUAGES)
def browsers(things, request):
    """In the language: of the owner, of an administrator without a second factor, and of somebody with a passkey, who
    all have just proved to be it; and a stranger's."""
    User.objects.update(language=request.param)
    people = ("vera", "mara", "olha")
    browsers = {name: Client(headers={"accept-language": request.param}) for name in (*people, "stranger")}
    for name in people:
        browsers[name].force_login(things.school.users[name])
        assert browsers[name].post("/account/reauthenticate/", {"password": PASSWORD}).status_code == 302
    return browsers


def address(things, route, kind):
    for said, secret in SECRETS.items():
        route = route.replace(said, secret)
    words = {"user_id": "user", "grant_id": "grant"}
    return re.sub(r"<int:(\w+)>", lambda name: str(things.id(words.get(name[1], kind), "chess")), route)


@pytest.mark.parametrize(("route", "kind"), routes("GET"), ids=[route for route, _kind in routes("GET")])
def test_no_english_is_left_on_a_page(things, browsers, known, route, kind):
    for name in ["olha"] if kind == "passkey" else ["vera", "mara", "stranger"]:
        answer = browsers[name].get(address(things, route, kind))
        assert english(words_of(answer), known) == {}


def words_of(answer):
    """Of a page, or of what is printed."""
    if answer["Content-Type"] != "application/pdf":
        return answer.content.decode()
    return escape(" ".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages))


def test_no_english_is_left_between_password_and_code(browsers, known):
    cache.clear()
    with transaction.atomic():
        answer = browsers["stranger"].post("/account/login/", {"login": "vera", "password": PASSWORD}, follow=True)
        assert answer.request["PATH_INFO"] == "/account/factors/authenticate/"
        assert english(answer.content.decode(), known) == {}
        answer = browsers["stranger"].post("/account/factors/authenticate/", {"code": "000000"})
        assert english(answer.content.decode(), known) == {}
        transaction.set_rollback(True)


@pytest.mark.parametrize(("route", "kind"), routes("POST"), ids=[route for route, _kind in routes("POST")])
def test_no_english_is_left_in_a_refusal(things, browsers, known, route, kind):
    """What a form says where nothing, or nonsense, was typed."""
    for typed in ({}, NONSENSE):
        cache.clear()
        with transaction.atomic():
            answer = browsers["olha" if kind == "passkey" else "vera"].post(address(things, route, kind), typed)
            transaction.set_rollback(True)
        assert english(answer.content.decode(), known) == {}


# For every field of every form something that it refuses.
NONSENSE = dict.fromkeys(
    (
        "name", "first_name", "last_name", "contact_first_name", "email", "phone", "telegram", "note", "birth_date",
        "since", "until", "first", "last", "on", "amount", "price", "method", "kinship", "language", "branch_id",
        "branch", "programme_id", "responsible_id", "employee_id", "role_id", "reach", "branch_ids", "state", "minimum",
        "capacity", "minutes", "min_age", "max_age", "time_zone", "opens", "closes", "currency", "phone_region",
        "mark_edit_days", "make_up_days", "pricing", "missed_share", "reason", "login", "password", "password1",
        "password2", "oldpassword", "username", "code", "permissions", "version", "client", "weekdays", "theme",
    ),
    "@" * 3000,
)  # fmt: skip
