"""A browser for each of the cast, and what a plain form of a page would send."""

from html.parser import HTMLParser

from django.test import Client


def signed_in(school, name):
    browser = Client()
    browser.force_login(school.users[name])
    return browser


def filled(answer, action="", /, **typed):
    """What the last form of the page that is sent to an address, its own if none is said, says, with what is typed over
    it."""
    reader = _Reader()
    reader.feed(answer.content.decode())
    said = reader.forms[action or answer.request["PATH_INFO"]]
    return said | {name: value if isinstance(value, list) else [value] for name, value in typed.items()}


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms = {}
        self.said = {}
        self.select = self.textarea = None

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        name, kind = told.get("name"), told.get("type")
        match tag:
            case "form":
                self.said = self.forms[told.get("action")] = {}
            case "select":
                self.select = name
                self.said[name] = [None]
            case "option" if self.select and ("selected" in told or self.said[self.select] == [None]):
                self.said[self.select] = [told["value"]]
            case "textarea":
                self.textarea = name
                self.said[name] = [""]
            case "input" if name and (kind not in {"checkbox", "radio"} or "checked" in told):
                self.said.setdefault(name, []).append(told.get("value", "on" if kind == "checkbox" else ""))

    def handle_data(self, data):
        if self.textarea:
            self.said[self.textarea][0] += data.lstrip("\n")

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.textarea = None
        if tag == "select":
            self.select = None
