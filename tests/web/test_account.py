import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache

from rollbook.domains.access.models import Role, Session

PASSWORD = "correct horse battery"


@pytest.fixture
def anna(school):
    user = school.users["anna"]
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(client, login="anna", password=PASSWORD, **more):
    return client.post("/account/login/", {"login": login, "password": password}, **more)


def test_login_page(client, db):
    answer = client.get("/account/login/")
    assert answer.status_code == 200, answer.content
    assert b"<h1>Sign in" in answer.content or answer.content


@pytest.mark.parametrize("login", ["anna", "ANNA", " anna ", "anna@example.org", "Anna@Example.org"])
def test_signing_in_by_login_or_email(client, anna, login):
    answer = sign_in(client, login)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/account/").status_code == 200
