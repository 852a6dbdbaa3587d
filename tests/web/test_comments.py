from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollbook.domains.access.models import Role
from rollbook.domains.comments import actions as comments
from rollbook.domains.comments.models import Comment
from rollbook.domains.comments.rules import On
from rollbook.domains.journal.models import Status
from rollbook.screens import comments as screen
from rollbook.screens import journal
from rollbook.workflows import comment_written, lesson_marked
from tests.school import AT
from tests.web.browsing import filled, signed_in

HTMX = {"HX-Request": "true"}
KINDS = ("client", "group", "lesson", "cell")


@pytest.fixture(autouse=True)
def the_evening_of_the_lesson(time_machine):
    time_machine.move_to(AT + timedelta(hours=1), tick=False)


@pytest.fixture
def mara(school):
    return signed_in(school, "mara")


@pytest.fixture
def ivan(school):
    return school.clients()[0]


@pytest.fixture
def lesson(school):
    return school.lessons["chess"]


@pytest.fixture
def where(school, ivan, lesson):
    return {
        "client": f"/clients/{ivan.pk}/comments/", "group": f"/groups/{school.groups['chess'].pk}/comments/",
        "lesson": f"/lessons/{lesson.pk}/comments/", "cell": f"/lessons/{lesson.pk}/clients/{ivan.pk}/comments/",
    }


def say(school, on, text="Came without shoes", *, name="mara", asks=True):
    return comment_written.write(on=on, text=text, asks=asks, at=AT, by=school.actor(name))


# ---- the page of a thing


@pytest.mark.parametrize("kind", KINDS)
def test_a_plain_form_is_answered_by_the_page_anew(mara, where, kind):
    form = filled(mara.get(where[kind]), text="Please call @Anna", asks="on")
    answer = mara.post(where[kind], form)
    assert (answer.status_code, answer["Location"]) == (303, where[kind])
    assert "Please call @Anna" in mara.get(where[kind]).content.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_a_script_is_answered_by_the_block_alone_and_the_panel_has_a_head(mara, where, kind):
    answer = mara.post(where[kind], {"do": "write", "text": "Hello"}, headers=HTMX)
    told = answer.content.decode()
    assert answer.status_code == 200
    assert "Hello" in told
    assert told.count("<section") == 1
    assert "<html" not in told
    assert "<article" not in told
    assert "<article" in mara.get(where[kind], headers={**HTMX, "HX-Target": "panel"}).content.decode()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("", ""), (" \u200b \n", ""), ("x" * 10_000, "x" * 10_000), ("a\x00b", "a"), ("@boris", "@boris")],
)
def test_what_cannot_be_taken_is_said_at_the_field_and_kept(mara, where, typed, kept):
    for how in ({}, HTMX):
        answer = mara.post(where["cell"], {"do": "write", "text": typed, "asks": "on"}, headers=how)
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.content.decode()
        assert kept in answer.content.decode()
        assert "checked" in answer.content.decode()
    assert not Comment.objects.exists()


def test_what_people_type_is_shown_and_never_done(mara, school, where, ivan):
    say(school, On(client_id=ivan.pk), '<script>alert(1)</script>"><b onclick=x>{{ 7*7 }}')
    told = mara.get(where["client"]).content.decode()
    assert "<script>alert" not in told
    assert "<b onclick" not in told
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&gt;&lt;b onclick=x&gt;{{ 7*7 }}" in told


def test_resolved_reopened_and_taken_back_by_buttons(mara, school, where, ivan):
    pk = say(school, On(client_id=ivan.pk))
    for do, word in (("resolve", "Reopen"), ("reopen", "asks to be resolved"), ("take_back", "Nobody has said")):
        assert mara.post(where["client"], {"do": do, "comment": pk}).status_code == 303
        assert word in mara.get(where["client"]).content.decode()


@pytest.mark.parametrize(
    "data", [{}, {"do": "explode", "comment": 1}, {"do": "resolve"}, {"do": "resolve", "comment": "1; DROP"},
             {"do": "change", "text": "x"}],
)  # fmt: skip
def test_what_no_button_sends_is_refused(mara, where, data):
    assert mara.post(where["client"], data).status_code == 422
    assert mara.post("/comments/", data).status_code == 422


def test_a_stale_change_shows_both_and_saves_when_it_is_meant(mara, school, where, ivan):
    pk = say(school, On(client_id=ivan.pk), "First")
    comments.change(comment_id=pk, text="Second", asks=True, seen=1, at=AT, by=school.actor("mara"))
    data = {"do": "change", "comment": pk, "text": "Third", "asks": "on", "version": 1}
    answer = mara.post(where["client"], data, headers=HTMX)
    told = answer.content.decode()
    assert answer.status_code == 409
    assert "yours: Third, now: Second" in told
    assert 'name="version" value="2"' in told
    assert mara.post(where["client"], data | {"version": 2}).status_code == 303
    assert Comment.objects.get(pk=pk).text == "Third"


def test_who_only_looks_is_offered_nothing(school, where, ivan, lesson):
    say(school, On(client_id=ivan.pk), "Between us")
    nina = signed_in(school, "nina").get(where["client"]).content.decode()
    assert "Between us" in nina
    assert "<textarea" not in nina
    assert 'name="do"' not in nina


def test_a_cell_nobody_has_is_not_there(mara, school, lesson):
    [dan], [jan] = school.clients("dance"), school.clients("judo")
    answers = {
        mara.get(f"/lessons/{lesson.pk}/clients/{pk}/comments/").status_code for pk in (dan.pk, jan.pk, 999_999)
    }
    assert answers == {404}
    answers = {
        mara.post(f"/lessons/{lesson.pk}/clients/{pk}/comments/", {"do": "write", "text": "x"}).status_code
        for pk in (dan.pk, jan.pk, 999_999)
    }
    assert answers == {404}


# ---- the lists


def test_lists_of_what_is_open_and_of_what_mentions_one(mara, school, ivan):
    say(school, On(client_id=ivan.pk), "@Mara, call them", name="vera")
    say(school, On(client_id=ivan.pk), "Only told", asks=False)
    assert "Only told" not in mara.get("/comments/").content.decode()
    assert "Only told" in mara.get("/comments/?of=all").content.decode()
    new = '<span class="pill planned">new</span>'
    first, second = (mara.get("/comments/?of=mentions").content.decode() for _ in range(2))
    assert "@Mara, call them" in first
    assert (new in first, new in second) == (True, False)
    pk = Comment.objects.get(text__startswith="@Mara").pk
    answer = mara.post("/comments/?of=mentions", {"do": "resolve", "comment": pk})
    assert (answer.status_code, answer["Location"]) == (303, "/comments/?of=mentions")
    assert "Nothing waits" in mara.get("/comments/").content.decode()


def test_pages_go_on_where_the_last_one_ended(mara, school, ivan, monkeypatch):
    monkeypatch.setattr(screen, "PAGE", 2)
    for n in range(5):
        say(school, On(client_id=ivan.pk), f"number {n}")
    address, seen = "/comments/", []
    while address:
        told = mara.get(address).content.decode()
        seen += [n for n in reversed(range(5)) if f'<p class="lines">number {n}<' in told]
        address = told.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert seen == [4, 3, 2, 1, 0]


@pytest.mark.parametrize("after", ["nonsense", "WzEsMV0", "WyIyMDI2IiwxXQ", "WyJ4IiwxXQ"])
def test_a_key_that_makes_no_sense_is_the_first_page(mara, school, ivan, after):
    say(school, On(client_id=ivan.pk))
    assert "Came without shoes" in mara.get("/comments/", {"after": after}).content.decode()


def test_whoever_sees_no_comments_has_neither_list_nor_link(school):
    dina = signed_in(school, "dina")
    assert dina.get("/comments/").status_code == 403
    assert b'href="/comments/"' not in dina.get("/account/").content
    assert b'href="/comments/"' in signed_in(school, "mara").get("/account/").content


# ---- the corners of the journal


def sheet(school, name="mara"):
    return journal.sheet(group_id=school.groups["chess"].pk, at=AT, by=school.actor(name))


def corners(shown):
    return {row.name: [square.comment for square in row.squares] for row in shown.rows}


def test_corners_say_where_something_is_said(school, ivan, lesson):
    later = school.lesson(at=AT + timedelta(days=7))
    cell, told = On(client_id=ivan.pk, lesson_id=lesson.pk), On(client_id=ivan.pk, lesson_id=later.pk)
    pk = say(school, cell)
    say(school, told, asks=False)
    say(school, On(lesson_id=later.pk), asks=False)
    shown = sheet(school)
    assert corners(shown) == {"Ivan": ["ask", "note"], "Olga": ["", ""]}
    assert [column.comment for column in shown.columns] == ["", "note"]
    assert (shown.head.open_comments, [row.comment for row in shown.rows]) == (1, ["", ""])
    say(school, On(client_id=ivan.pk))
    say(school, On(group_id=school.groups["chess"].pk))
    say(school, cell, asks=False)
    comments.resolve(comment_id=pk, at=AT, by=school.actor("mara"))
    shown = sheet(school)
    assert corners(shown)["Ivan"] == ["note", "note"]
    assert (shown.head.open_comments, [row.comment for row in shown.rows]) == (2, ["ask", ""])
    comments.take_back(comment_id=pk, at=AT, by=school.actor("mara"))
    assert corners(sheet(school))["Ivan"] == ["note", "note"]


def test_the_head_says_as_many_as_the_feed_has(school, ivan, lesson):
    [former] = school.enrol("Former", until=AT.date())
    for on in (On(client_id=former.pk), On(client_id=ivan.pk), On(lesson_id=lesson.pk)):
        say(school, on)
    feed = screen.of_group(
        group_id=school.groups["chess"].pk, only_open=True, at=AT, by=school.actor("mara")
    )
    assert sheet(school).head.open_comments == len(feed.comments) == 2


def test_whoever_sees_no_comments_sees_no_corners_and_asks_for_none(school, ivan, lesson):
    say(school, On(client_id=ivan.pk, lesson_id=lesson.pk))
    Role.objects.filter(code="teacher").update(permissions=["journal.see"])
    shown = sheet(school, "anna")
    assert shown.head.open_comments is None
    assert not any(corners(shown)["Ivan"])
    with CaptureQueriesContext(connection) as captured:
        sheet(school, "anna")
    assert "comments_comment" not in str(captured.captured_queries)


def test_the_journal_shows_corners_in_words_too(mara, school, ivan, lesson):
    lesson_marked.mark(
        lesson_id=lesson.pk, marks={ivan.pk: Status.ATTENDED}, seen=None, at=AT, by=school.actor("mara")
    )
    say(school, On(client_id=ivan.pk, lesson_id=lesson.pk))
    say(school, On(client_id=ivan.pk))
    told = mara.get(f"/groups/{school.groups['chess'].pk}/?month=2026-09").content.decode()
    assert 'aria-label="was there, with a comment that asks to be resolved"' in told
    assert told.count('<i class="note ask"></i>') == 2  # one of them is the legend's
    chess = school.groups["chess"].pk
    assert f'href="/groups/{chess}/comments/?open=1" data-panel="comments={chess}">2</a>' in told


def test_a_journal_asks_one_statement_more_whatever_is_said(school, mara, ivan, lesson):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            sheet(school)
        return [query["sql"] for query in captured.captured_queries]

    few = statements()
    for _ in range(10):
        say(school, On(client_id=ivan.pk, lesson_id=lesson.pk))
        say(school, On(client_id=ivan.pk))
    many = statements()
    assert len(many) == len(few)
    assert sum("comments_comment" in sql for sql in many) == 1
