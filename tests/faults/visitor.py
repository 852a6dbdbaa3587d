"""A browser without a window: cookies, forms, and any of the servers."""

from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from tests.faults.house import House


class Visitor:
    def __init__(self) -> None:
        self.cookies = CookieJar()
        self.opener = build_opener(HTTPCookieProcessor(self.cookies))

    def get(self, port: int, path: str) -> tuple[int, str]:
        return self._asked(Request(f"http://127.0.0.1:{port}{path}"))

    def post(self, port: int, path: str, **told: str) -> tuple[int, str]:
        token = next((cookie.value for cookie in self.cookies if cookie.name == "csrftoken"), "") or ""
        body = urlencode(told | {"csrfmiddlewaretoken": token}).encode()
        return self._asked(Request(f"http://127.0.0.1:{port}{path}", body))

    def _asked(self, request: Request) -> tuple[int, str]:
        try:
            with self.opener.open(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    @property
    def session(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies)


def signed_in(house: House, port: int) -> Visitor:
    """The owner, by a link."""
    secret = house.rollbook("signinlink").strip().rstrip("/").rpartition("/")[2]
    visitor = Visitor()
    visitor.get(port, f"/account/link/{secret}/")
    visitor.post(port, "/account/link/", secret=secret)
    return visitor
