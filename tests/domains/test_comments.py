from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from rollbook.domains.access.actor import operator
from rollbook.domains.access.models import User
from rollbook.domains.access.scoping import ScopedQuerySet
from rollbook.domains.comments import actions as comments
from rollbook.domains.comments import queries
from rollbook.domains.comments.actions import AsksForNothing, NotYours, Resolved
from rollbook.domains.comments.models import Comment, Mention
from rollbook.domains.comments.rules import Named, On, handles, mentioned
from rollbook.domains.history.models import Entry
from rollbook.domains.journal.actions import NotExpected
from rollbook.domains.journal.models import Mark, Status
from rollbook.domains.people.models import Employee
from rollbook.domains.schedule.models import Lesson, LessonTeacher, LessonType
from rollbook.foundation.errors import InvalidInput, NotAllowed, NotFound
from rollbook.foundation.versions import Stale
from rollbook.screens import comments as screen
from rollbook.workflows import comment_written, lesson_marked, timetable_changed
from tests.school import AT, DAY

COLLEAGUES = (
    Named(1, "Анна", "anna"), Named(2, "Анна Белл", "bell"), Named(3, "Алёна", "al.ena"),
    Named(4, "Иван Иванов", "ivan1"), Named(5, "Иван Иванов", "ivan2"),
)


# ---- whom a text calls


@pytest.mark.parametrize(
    ("text", "called", "unknown", "doubtful"),
    [
        ("", set(), (), ()),
        ("nobody", set(), (), ()),
        ("@Анна", {1}, (), ()),
        ("@анна, посмотри", {1}, (), ()),
        ("(@АННА)", {1}, (), ()),
        ("@anna.", {1}, (), ()),
        ("@Анна Белл", {2}, (), ()),  # the longest name that fits
        ("@Анна и @bell", {1, 2}, (), ()),
        ("@Алена", {3}, (), ()),  # ё as е
        ("@al.ena!", {3}, (), ()),
        ("line\n@Анна\n@Алёна", {1, 3}, (), ()),
        ("@Аннабель", set(), ("Аннабель",), ()),  # not the beginning of another word
        ("@anna.petrova", set(), ("anna.petrova",), ()),
        ("anna@example.org", set(), (), ()),  # an address is no mention
        ("a @ b, @", set(), (), ()),
        ("@@Анна", {1}, (), ()),
        ("@nobody and @nobody", set(), ("nobody",), ()),
        ("@Иван Иванов", set(), (), ("Иван Иванов",)),
        ("@ivan2", {5}, (), ()),
        ("@ivan1 @Анна @Анна", {1, 4}, (), ()),
        ("@İ" + "x" * 50, set(), ("İ" + "x" * 50,), ()),  # a capital that is two small letters
    ],
)
def test_whom_a_text_calls(text, called, unknown, doubtful):
    assert mentioned(text, COLLEAGUES) == (called, unknown, doubtful)


def test_what_to_type_for_each():
    assert handles(COLLEAGUES) == {1: "Анна", 2: "Анна Белл", 3: "Алёна", 4: "ivan1", 5: "ivan2"}


# ---- what is said, on what


@pytest.fixture
def mara(school):
    return school.actor("mara")


@pytest.fixture
def ivan(school):
    return school.clients()[0]


@pytest.fixture
def lesson(school):
    return school.lessons["chess"]


def say(on, by, text="Came without shoes", *, asks=False, at=AT):
    return comment_written.write(on=on, text=text, asks=asks, at=at, by=by)


def places(school, ivan, lesson):
    group = school.groups["chess"].pk
    return {
        "client": (On(client_id=ivan.pk), (None, ivan.pk), f"client:{ivan.pk}", ""),
        "group": (On(group_id=group), (group, None), f"group:{group}", ""),
        "lesson": (On(lesson_id=lesson.pk), (group, None), f"lesson:{lesson.pk}", f"group:{group}"),
        "mark": (
            On(client_id=ivan.pk, lesson_id=lesson.pk), (group, ivan.pk), f"lesson:{lesson.pk}", f"group:{group}",
        ),
    }


@pytest.mark.parametrize("kind", ["client", "group", "lesson", "mark"])
def test_it_hangs_on_one_thing_and_history_says_so(school, mara, ivan, lesson, kind):
    on, belongs, subject, within = places(school, ivan, lesson)[kind]
    with CaptureQueriesContext(connection) as statements:
        pk = say(on, mara, " Came\u200b  without \r\n shoes\n", asks=True)
    row = Comment.objects.get(pk=pk)
    assert (row.of_group_id, row.of_client_id) == belongs
    assert [name for name in ("client", "group", "lesson", "mark") if getattr(row, f"{name}_id")] == [kind]
    assert (row.text, row.asks, row.written_by_id, row.written_at) == ("Came without\nshoes", True, mara.user_id, AT)
    entry = Entry.objects.get(verb="comment.written")
    assert (entry.subject, entry.within, entry.new) == (subject, within, {"comment": pk, "asks": True})
    assert f"group:{school.groups['chess'].pk}" in str([q for q in statements if "pg_notify" in q["sql"]])


@pytest.mark.parametrize(
    "text", ["", "   \n ", "\u200b\u200d", "\x00", "a\x00b", "half \ud800", "x" * 2001, "x" * 10_000],
)
def test_what_says_nothing_or_too_much_is_refused(school, mara, ivan, text):
    with pytest.raises(InvalidInput) as refused:
        say(On(client_id=ivan.pk), mara, text)
    assert list(refused.value.fields) == ["text"]
    assert not Comment.objects.exists()


def test_exactly_one_thing(mara, ivan, lesson):
    for wrong in ({}, {"client_id": ivan.pk, "lesson_id": lesson.pk}):
        with pytest.raises(ValueError, match="unpack"):
            comments.write(**wrong, text="x", asks=False, at=AT, by=mara)
    with pytest.raises(IntegrityError), transaction.atomic():
        Comment.objects.create(client=ivan, lesson=lesson, text="x", written_at=AT)


def test_a_lesson_of_which_something_was_said_outlives_its_timetable(school, mara):
    chess = school.groups["chess"]
    ahead = school.lesson(at=AT + timedelta(days=14), slot=chess.slots.get(), room=chess.slots.get().room)
    say(On(lesson_id=ahead.pk), mara)
    kept = timetable_changed.withdraw(
        lessons=Lesson.objects.filter(pk=ahead.pk), under="group.edit", at=AT, by=school.actor("vera")
    )
    assert (kept, Lesson.objects.filter(pk=ahead.pk).exists()) == (0, True)


# ---- a cell in which nobody has marked


def test_an_empty_cell_gets_a_row_that_may_still_be_marked(school, mara, ivan, lesson):
    on = On(client_id=ivan.pk, lesson_id=lesson.pk)
    say(on, mara)
    say(on, mara)
    mark = Mark.objects.get(client=ivan, lesson=lesson)
    assert (mark.status, mark.version, mark.day, mark.share) == (None, 0, DAY, 0)
    # Whoever has the page of before open has seen version 0.
    lesson_marked.mark(
        lesson_id=lesson.pk, marks={ivan.pk: Status.ATTENDED}, seen={ivan.pk: 0}, at=AT, by=school.actor("anna")
    )
    say(on, mara)
    mark.refresh_from_db()
    assert (mark.status, mark.version, mark.comments.count()) == (Status.ATTENDED, 1, 3)


def test_only_who_is_expected_or_marked_has_a_cell(school, mara, lesson):
    [dan] = school.clients("dance")
    on = On(client_id=dan.pk, lesson_id=lesson.pk)
    with pytest.raises(NotExpected):
        say(on, mara)
    with pytest.raises(NotFound):
        screen.of_cell(lesson_id=lesson.pk, client_id=dan.pk, by=mara)
    Mark.objects.create(client=dan, lesson=lesson, kind="trial", status="planned", marked_at=AT, day=DAY)
    say(on, mara)
    assert screen.of_cell(lesson_id=lesson.pk, client_id=dan.pk, by=mara).client == "Dan"


def test_who_comes_on_other_weekdays_has_no_cell_but_who_pauses_has(school, mara, ivan, lesson):
    [kai] = school.enrol("Kai", weekdays=[5])
    with pytest.raises(NotExpected):
        say(On(client_id=kai.pk, lesson_id=lesson.pk), mara)
    ivan.freezes.create(since=DAY, until=DAY + timedelta(days=3))
    say(On(client_id=ivan.pk, lesson_id=lesson.pk), mara)


# ---- mentions


def new_for(school, name):
    found = screen.listed(of="mentions", at=AT, by=school.actor(name))
    return [(said.text, said.is_new) for said in found.comments]


def test_who_is_called_finds_it_new_until_they_have_looked(school, mara, ivan):
    say(On(client_id=ivan.pk), mara, "@Anna, @oleg: please call")
    assert new_for(school, "vera") == []
    assert new_for(school, "anna") == [("@Anna, @oleg: please call", True)]
    assert new_for(school, "anna") == [("@Anna, @oleg: please call", False)]
    assert new_for(school, "oleg") == [("@Anna, @oleg: please call", True)]


@pytest.mark.parametrize(
    "name", ["Boris", "boris", "Kira", "nobody", "Dina"],
    ids=["teaches elsewhere", "by login", "another branch", "nobody", "without rights"],
)
def test_who_does_not_see_it_is_called_by_nobody(school, mara, ivan, name):
    with pytest.raises(InvalidInput) as refused:
        say(On(client_id=ivan.pk), mara, f"@{name}, see here")
    assert f"@{name}" in refused.value.fields["text"].split()[3]
    assert not Comment.objects.exists()


def test_what_is_hidden_and_what_is_absent_is_refused_alike(school, mara, ivan):
    said = []
    for name in ("Boris", "Nemo"):
        with pytest.raises(InvalidInput) as refused:
            say(On(client_id=ivan.pk), mara, f"@{name}")
        said.append(refused.value.fields["text"].replace(name, "X"))
    assert said[0] == said[1]


def test_of_two_who_are_called_alike_the_login_tells(school, mara, ivan):
    User.objects.filter(username__in=["oleg", "anna"]).update(name="Pat Moss")
    with pytest.raises(InvalidInput) as refused:
        say(On(client_id=ivan.pk), mara, "@Pat Moss, see here")
    assert "login" in refused.value.fields["text"]
    pk = say(On(client_id=ivan.pk), mara, "@oleg")
    assert list(Mention.objects.filter(comment=pk).values_list("user__username", flat=True)) == ["oleg"]


def test_oneself_and_who_is_disabled(school, mara, ivan):
    assert not Mention.objects.filter(comment=say(On(client_id=ivan.pk), mara, "@Mara knows")).exists()
    User.objects.filter(username="anna").update(is_active=False)
    with pytest.raises(InvalidInput):
        say(On(client_id=ivan.pk), mara, "@Anna")


def test_other_words_call_others(school, mara, ivan):
    pk = say(On(client_id=ivan.pk), mara, "@Anna")
    comments.change(comment_id=pk, text="@Oleg", asks=False, seen=1, at=AT, by=mara)
    assert [new_for(school, name) for name in ("anna", "oleg")] == [[], [("@Oleg", True)]]


def test_who_sees_it_is_who_the_scope_says(school, ivan, lesson):
    """What is answered from the row's side and from each person's side is the same."""
    things = {
        "client": On(client_id=ivan.pk), "group": On(group_id=school.groups["chess"].pk),
        "lesson": On(lesson_id=lesson.pk), "mark": On(client_id=ivan.pk, lesson_id=lesson.pk),
        "judo": On(group_id=school.groups["judo"].pk),
    }
    for on in things.values():
        pk = say(on, school.actor("vera"))
        told = {each.login for each in queries.who_sees(on=on, by=school.actor("vera")).colleagues}
        actors = {name: school.actor(name) for name in school.users}
        rows = Comment.objects.filter(pk=pk)
        assert told == {n for n, by in actors.items() if rows.reached_by(by, by.holding("comment.see")).exists()}
        may = {n for n, by in actors.items() if queries.who_sees(on=on, by=by).may_write}
        assert may == {n for n, by in actors.items() if rows.reached_by(by, by.holding("comment.write")).exists()}


def test_what_one_reaches_is_asked_quickly_and_is_what_the_scope_says(school, mara, ivan, lesson):
    """For all of the cast, a substitute and one who answers for a client among them, and each right."""
    vera = school.actor("vera")
    [jan], [dan] = school.clients("judo"), school.clients("dance")
    ivan.enrolments.create(group=school.groups["judo"], since=DAY)
    later = school.lesson(at=AT + timedelta(days=1))
    boris = Employee.objects.get(user__username="boris")
    LessonTeacher.objects.create(lesson=later, employee=boris, during=(AT, AT), counts=True)
    type(dan).objects.filter(pk=dan.pk).update(responsible=boris)
    alone = Lesson.objects.create(
        branch=school.branches["south"], lesson_type=LessonType.objects.get(code="individual"), day=DAY,
        starts_at=AT + timedelta(hours=3), ends_at=AT + timedelta(hours=4),
    )
    for on in [
        *(On(group_id=group.pk) for group in school.groups.values()),
        *(On(client_id=client.pk) for client in (ivan, jan, dan)),
        *(On(lesson_id=each.pk) for each in (*school.lessons.values(), later, alone)),
        On(client_id=ivan.pk, lesson_id=lesson.pk), On(client_id=ivan.pk, lesson_id=later.pk),
        On(client_id=ivan.pk, lesson_id=school.lessons["judo"].pk),
        On(client_id=jan.pk, lesson_id=school.lessons["judo"].pk),
    ]:
        say(on, vera)
    different = set()
    for name in school.users:
        by = school.actor(name)
        for permission in ("comment.see", "comment.write", "journal.correct"):
            rows, grants = Comment.objects.all(), by.holding(permission)
            told = set(rows.reached_by(by, grants).values_list("pk", flat=True))
            assert told == set(ScopedQuerySet.reached_by(rows, by, grants).values_list("pk", flat=True)), name
            different.add(frozenset(told))
    assert len(different) > 6


# ---- done, not done after all, taken back


def test_resolved_and_reopened(school, mara, ivan):
    pk = say(On(client_id=ivan.pk), mara, asks=True)
    anna = school.actor("anna")
    assert [comments.resolve(comment_id=pk, at=AT, by=anna) for _ in range(2)] == [True, False]
    row = Comment.objects.get(pk=pk)
    assert (row.resolved_at, row.resolved_by_id, row.version) == (AT, anna.user_id, 2)
    assert [comments.reopen(comment_id=pk, at=AT, by=mara) for _ in range(2)] == [True, False]
    row.refresh_from_db()
    assert (row.resolved_at, row.resolved_by_id) == (None, None)
    verbs = list(Entry.objects.filter(verb__startswith="comment.").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["comment.written", "comment.resolved", "comment.reopened"]


def test_what_asks_for_nothing_cannot_be_resolved(mara, ivan):
    pk = say(On(client_id=ivan.pk), mara)
    with pytest.raises(AsksForNothing):
        comments.resolve(comment_id=pk, at=AT, by=mara)


def test_only_its_author_changes_it_and_not_once_it_is_resolved(school, mara, ivan):
    pk = say(On(client_id=ivan.pk), mara, asks=True)
    told = {"comment_id": pk, "text": "Other words", "asks": True, "seen": 1, "at": AT}
    with pytest.raises(NotYours):
        comments.change(**told, by=school.actor("vera"))
    comments.change(**told, by=mara)
    entry = Entry.objects.get(verb="comment.changed")
    assert (entry.old, entry.new) == ({"text": "Came without shoes"}, {"comment": pk, "text": "Other words"})
    comments.resolve(comment_id=pk, at=AT, by=mara)
    with pytest.raises(Resolved):
        comments.change(**told | {"text": "Others still", "seen": 3}, by=mara)


def test_a_stale_change_is_told_both(mara, ivan):
    pk = say(On(client_id=ivan.pk), mara, "First")
    told = {"comment_id": pk, "asks": False, "at": AT, "by": mara}
    comments.change(**told, text="Second", seen=1)
    with pytest.raises(Stale) as stale:
        comments.change(**told, text="Third", seen=1)
    [pair] = stale.value.values
    assert (pair["yours"], pair["theirs"], pair["version"]) == ("Third", "Second", 2)


def test_what_an_operator_wrote_nobody_changes(school, ivan):
    pk = say(On(client_id=ivan.pk), operator("a job"))
    with pytest.raises(NotYours):
        comments.change(comment_id=pk, text="x", asks=False, seen=None, at=AT, by=operator("a job"))


def test_taken_back_by_its_author_or_by_whoever_corrects_the_journal(school, ivan, lesson):
    anna, oleg, olha = (school.actor(name) for name in ("anna", "oleg", "olha"))
    mine, theirs, third = (say(On(lesson_id=lesson.pk), anna, text, asks=True) for text in "abc")
    assert [comments.take_back(comment_id=mine, at=AT, by=anna) for _ in range(2)] == [True, False]
    assert comments.take_back(comment_id=theirs, at=AT, by=oleg)
    with pytest.raises(NotAllowed):
        comments.take_back(comment_id=third, at=AT, by=olha)
    assert [said.text for said in screen.of_lesson(lesson_id=lesson.pk, by=anna).comments] == ["c"]
    for act in (comments.resolve, comments.reopen):
        with pytest.raises(NotFound):
            act(comment_id=mine, at=AT, by=anna)


# ---- who reads what


def texts(feed):
    return [said.text for said in feed.comments]


def test_a_feed_has_what_hangs_on_the_group_and_on_who_is_in_it_today(school, mara, ivan, lesson):
    chess, [dan] = school.groups["chess"].pk, school.clients("dance")
    [former] = school.enrol("Former", until=DAY)
    for n, on in enumerate([
        On(group_id=chess), On(lesson_id=lesson.pk), On(client_id=ivan.pk, lesson_id=lesson.pk), On(client_id=ivan.pk),
        On(client_id=dan.pk), On(client_id=former.pk), On(group_id=school.groups["dance"].pk),
    ]):
        say(on, mara, str(n), asks=n % 2 == 0, at=AT + timedelta(minutes=n))
    assert texts(screen.of_group(group_id=chess, at=AT, by=mara)) == ["3", "2", "1", "0"]
    assert texts(screen.of_group(group_id=chess, only_open=True, at=AT, by=mara)) == ["2", "0"]
    assert texts(screen.of_client(client_id=ivan.pk, by=mara)) == ["3", "2"]
    assert texts(screen.of_lesson(lesson_id=lesson.pk, by=mara)) == ["2", "1"]
    assert texts(screen.of_cell(lesson_id=lesson.pk, client_id=ivan.pk, by=mara)) == ["2"]
    assert texts(screen.listed(of="all", at=AT, by=mara)) == ["6", "5", "4", "3", "2", "1", "0"]
    assert texts(screen.listed(of="open", at=AT, by=mara)) == ["6", "4", "2", "0"]
    north, south = (school.branches[name].pk for name in ("north", "south"))
    assert len(screen.listed(of="all", branch_id=north, at=AT, by=school.actor("vera")).comments) == 7
    assert texts(screen.listed(of="all", branch_id=south, at=AT, by=school.actor("vera"))) == []


def test_a_teacher_reads_their_own_groups_alone(school, mara, ivan, lesson):
    judo, [jan] = school.groups["judo"].pk, school.clients("judo")
    vera, anna = school.actor("vera"), school.actor("anna")
    for on in (On(group_id=judo), On(client_id=jan.pk), On(lesson_id=school.lessons["judo"].pk)):
        say(on, vera, "of judo", asks=True)
    say(On(client_id=ivan.pk), mara, "of chess", asks=True)
    assert texts(screen.listed(of="open", at=AT, by=anna)) == ["of chess"]
    for read in (
        lambda: screen.of_group(group_id=judo, at=AT, by=anna), lambda: screen.of_client(client_id=jan.pk, by=anna),
        lambda: screen.of_lesson(lesson_id=school.lessons["judo"].pk, by=anna),
        lambda: say(On(group_id=judo), anna), lambda: say(On(client_id=jan.pk), anna),
    ):
        with pytest.raises(NotFound):
            read()


def test_of_a_client_in_two_groups_a_teacher_reads_the_cells_of_their_own(school, mara, ivan):
    judo = school.groups["judo"]
    ivan.enrolments.create(group=judo, since=DAY)
    say(On(client_id=ivan.pk), mara, "on the client")
    say(On(client_id=ivan.pk, lesson_id=school.lessons["chess"].pk), mara, "in chess")
    say(On(client_id=ivan.pk, lesson_id=school.lessons["judo"].pk), school.actor("vera"), "in judo")
    assert texts(screen.of_client(client_id=ivan.pk, by=school.actor("anna"))) == ["in chess", "on the client"]
    assert texts(screen.of_client(client_id=ivan.pk, by=school.actor("boris"))) == ["in judo", "on the client"]


def test_a_substitute_reads_the_group_whose_lesson_they_teach_and_writes_there(school, mara, ivan):
    boris, lesson = school.actor("boris"), school.lesson(at=AT + timedelta(days=1))
    with pytest.raises(NotFound):
        screen.of_lesson(lesson_id=lesson.pk, by=boris)
    LessonTeacher.objects.create(
        lesson=lesson, employee=Employee.objects.get(user=boris.user_id), during=(AT, AT), counts=True
    )
    say(On(lesson_id=lesson.pk), mara, "for the substitute")
    say(On(client_id=ivan.pk, lesson_id=lesson.pk), boris, "from the substitute")
    assert texts(screen.of_lesson(lesson_id=lesson.pk, by=boris)) == ["from the substitute", "for the substitute"]
    # They see whom they teach, and read nothing that is said of the client for those who teach them always.
    say(On(client_id=ivan.pk), mara, "@Anna, between us")
    feed = screen.of_client(client_id=ivan.pk, by=boris)
    assert (texts(feed), feed.may_write, feed.colleagues) == (["from the substitute"], False, ())
    with pytest.raises(NotAllowed):
        say(On(client_id=ivan.pk), boris)


def test_an_individual_lesson_has_comments_of_its_own(school, mara, ivan):
    alone = Lesson.objects.create(
        branch=school.branches["north"], lesson_type=LessonType.objects.get(code="individual"), day=DAY,
        starts_at=AT + timedelta(hours=3), ends_at=AT + timedelta(hours=4),
    )
    Mark.objects.create(client=ivan, lesson=alone, kind="one_off", status="planned", marked_at=AT, day=DAY)
    say(On(lesson_id=alone.pk), mara, "alone")
    say(On(client_id=ivan.pk, lesson_id=alone.pk), mara, "the cell")
    feed = screen.of_lesson(lesson_id=alone.pk, by=mara)
    assert (texts(feed), feed.group_id, feed.comments[0].client) == (["the cell", "alone"], None, "Ivan")
    assert texts(screen.of_client(client_id=ivan.pk, by=mara)) == ["the cell"]
    with pytest.raises(NotFound):
        screen.of_lesson(lesson_id=alone.pk, by=school.actor("anna"))


def test_a_feed_of_a_thousand_goes_on_where_the_page_ended(school, mara):
    chess = school.groups["chess"]
    Comment.objects.bulk_create(
        Comment(group=chess, of_group=chess, text=str(n), written_at=AT + timedelta(minutes=n // 3))
        for n in range(1000)
    )
    met, after = [], None
    while True:
        feed = screen.of_group(group_id=chess.pk, after=after, at=AT, by=mara)
        met += texts(feed)
        if len(met) == screen.PAGE:  # somebody writes while one reads
            say(On(group_id=chess.pk), mara, "newest", at=AT + timedelta(days=1))
        if not (after := feed.next):
            break
    assert met == [str(n) for n in reversed(range(1000))]


def test_statements_do_not_grow_with_what_is_said(school, mara, ivan, lesson):
    on = On(client_id=ivan.pk, lesson_id=lesson.pk)

    def statements():
        with CaptureQueriesContext(connection) as captured:
            screen.of_group(group_id=school.groups["chess"].pk, at=AT, by=mara)
        return len(captured)

    say(on, mara)
    few = statements()
    for _ in range(20):
        say(on, mara, "@Anna")
    assert statements() == few <= 12
