from datetime import timedelta
from decimal import Decimal as D

from rollbook.domains.access.models import Role
from rollbook.domains.journal.models import Status
from rollbook.domains.people import actions as people
from rollbook.screens import client
from rollbook.workflows import lesson_cancelled, lesson_marked, payment_received
from tests.school import AT, DAY


def test_payments_and_what_was_noted_with_them_are_told_to_those_who_see_money(school):
    ivan, mara = school.clients()[0].pk, school.actor("mara")
    paid = payment_received.receive(
        client_id=ivan, amount=D(50), method="cash", on=DAY, note="The father owes 300 more", key="k" * 20, at=AT,
        by=mara,
    )
    payment_received.take_back(payment_id=paid, reason="It was 40", at=AT, by=mara)
    people.change_client(client_id=ivan, values={"note": "Allergic"}, seen=None, at=AT, by=mara)

    def told(*permissions):
        Role.objects.filter(name="Clerk").update(permissions=["client.see", "history.see", *permissions])
        return [line.verb for line in client.card(client_id=ivan, at=AT, by=school.actor("dina")).history]

    assert told() == ["client.changed"]
    assert told("money.see") == ["client.changed", "payment.taken_back", "payment.received"]


def test_what_is_due_counts_a_lesson_once_whether_it_is_to_come_or_marked_or_cancelled(school):
    """September 2026 has five Tuesdays, the first of them today: 5 x 12.50."""
    ivan, mara, today = school.clients()[0].pk, school.actor("mara"), school.lessons["chess"]
    later = [school.lesson(at=AT + timedelta(weeks=weeks)) for weeks in (1, 2)]

    def due():
        return client.card(client_id=ivan, at=AT, by=mara).due

    def mark(lesson, status):
        lesson_marked.mark(lesson_id=lesson.pk, marks={ivan: status}, seen=None, at=AT, by=mara)

    assert due() == D("62.50")
    mark(today, Status.PLANNED)
    assert due() == D("62.50")
    mark(today, Status.ATTENDED)
    assert due() == D("62.50")
    mark(today, Status.MISSED)
    assert due() == D("56.25")
    mark(later[0], Status.EXCUSED)
    lesson_cancelled.cancel(lesson_id=later[1].pk, reason="Snow", at=AT, by=mara)
    assert due() == D("31.25")
    payment_received.receive(
        client_id=ivan, amount=D("31.25"), method="cash", on=DAY, note="", key="ivan-september", at=AT, by=mara
    )
    assert due() == 0
