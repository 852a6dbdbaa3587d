"""What the real servers answer, files and event stream included; asked by bare sockets, as no browser would."""

import json
import re
import socket
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest

from rollbook.operations.launch.programs import answers
from tests.guards.headers import EXPECTED, missing, policy_of


def asked(url, **headers):
    """Status and headers, whatever they are; nobody is led on."""
    try:
        with urllib.request.build_opener(Stay).open(urllib.request.Request(url, headers=headers), timeout=20) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def raw(site, request):
    """The status of what comes back for these bytes; 0 where the line is cut."""
    at = urlsplit(site)
    with socket.create_connection((at.hostname, at.port), timeout=20) as line:
        line.sendall(request)
        try:
            begin = line.recv(4096).decode("latin-1")
        except ConnectionResetError:
            return 0
    found = re.match(r"HTTP/1\.1 (\d+)", begin)
    return int(found[1]) if found else 0


def test_files_have_the_headers_too(site):
    page = urllib.request.urlopen(f"{site}/account/login/", timeout=20).read().decode()
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert len(files) >= 3
    for file in files:
        status, headers = asked(site + file)
        assert (status, missing(headers, kept=True)) == (200, [])
    for absent in ("/static/none.js", "/static/../rollbook/config/settings.py", "/none/"):
        status, headers = asked(site + absent)
        assert status == 404
        assert missing(headers) == []


def test_the_event_stream_has_them_too(site):
    at = urlsplit(site)
    live = f"http://{at.hostname}:{at.port + 1}"
    for address in ("/live/", "/live/?topics=group:1", "/nothing"):
        _status, headers = asked(live + address)
        assert {name: headers[name] for name in EXPECTED} == EXPECTED
        assert headers["Cache-Control"] == "no-store"
        assert policy_of(headers)["default-src"] == "'none'"


def test_no_server_tells_its_version(site):
    for address in ("/account/login/", "/none/", "/api/v1/groups/"):
        _status, headers = asked(site + address)
        assert not re.search(r"\d", headers.get("Server", ""))
        assert "X-Powered-By" not in headers


HOST = b"Host: 127.0.0.1\r\n"
POST = b"POST /account/login/ HTTP/1.1\r\n" + HOST + b"Content-Type: application/x-www-form-urlencoded\r\n"


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", {400}),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", {400}),
        (b"GET /account/login/ HTTP/1.1\r\n" + HOST + b"Host: evil.example\r\n\r\n", {200, 400}),
        (b"TRACE /account/login/ HTTP/1.1\r\n" + HOST + b"\r\n", {405}),
        (b"PURGE /groups/ HTTP/1.1\r\n" + HOST + b"\r\n", {403, 405}),
        (b"GET /account/login/ HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 1_000_000 + b"\r\n\r\n", {0, 400, 431}),
        (b"GET /account/login/ HTTP/1.1\r\n" + HOST + b"X: a\r\n" * 2_000 + b"\r\n", {0, 400, 431}),
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", {0, 400, 404, 414}),
        (b"GET /account/login/ HTTP/1.1\r\n" + HOST + b"Bad Header: x\r\n\r\n", {400}),
        (POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\na=1", {400}),
        (POST + b"Content-Length: -1\r\n\r\n", {400}),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", {0, 400}),
    ],
    ids=range(12),
)  # fmt: skip
def test_what_is_no_decent_request_ends_at_the_door_and_the_house_stands(site, said, answered):
    assert raw(site, said) in answered
    assert answers(urlsplit(site).port)


def test_two_requests_in_one_are_not_taken_for_one(site):
    """Length and chunks at once: one answer, a refusal, and the line is cut."""
    smuggled = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
    said = (
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: " + str(len(smuggled) + 5).encode()
        + b"\r\n\r\n0\r\n\r\n" + smuggled
    )
    at = urlsplit(site)
    with socket.create_connection((at.hostname, at.port), timeout=5) as line:
        line.sendall(said)
        line.settimeout(5)
        came = b""
        try:
            while chunk := line.recv(65536):
                came += chunk
        except (TimeoutError, ConnectionResetError):
            pass
    assert re.findall(rb"HTTP/1\.1 (\d+)", came) in ([b"400"], [b"403"])


def test_after_signing_out_the_way_back_shows_nobody(page, context, sign_in, cast):
    """Pages are not kept: what the button "back" finds is asked for again."""
    sign_in(context, "mara")
    client = cast.clients()[0]
    page.goto(f"/clients/{client.pk}/")
    assert client.name in page.content()
    page.locator("[popovertarget=user-menu]").click()
    page.locator('form[action="/account/logout/"] button').click()
    page.wait_for_url("**/account/login/**")
    page.go_back()
    assert page.locator("input[type=password]").is_visible()
    assert client.name not in page.content()


def test_the_policy_holds_against_a_page_that_breaks_it(page, context, sign_in):
    """What would have to happen for a stored script to run: here it is put into the page by hand, and does not."""
    sign_in(context, "vera")
    page.goto("/clients/")
    told = page.evaluate(
        """() => new Promise((resolve) => {
          const told = [];
          document.addEventListener("securitypolicyviolation", (event) => {
            told.push(event.effectiveDirective);
            if (told.length >= 3) resolve(JSON.stringify(told.sort()));
          });
          document.body.insertAdjacentHTML("beforeend",
            `<img src="/none.png" onerror="window.broken = 1"><b style="color: red">x</b>`);
          const script = document.createElement("script");
          script.textContent = "window.broken = 2";
          document.body.append(script);
          setTimeout(() => resolve(JSON.stringify(told.sort())), 3000);
        })"""
    )
    assert json.loads(told) == ["script-src-attr", "script-src-elem", "style-src-attr"]
    assert page.evaluate("window.broken") is None


@pytest.fixture
def tolerated():
    return ["policy violated", "violates the following Content Security Policy", "status of 404"]
