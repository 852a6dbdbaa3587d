"""What the database says of what was acknowledged: there once, whole, and nothing besides."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from tests.faults.house import House
from tests.faults.load import Cell, Load


@dataclass
class Proof:
    acknowledged: int
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    halved: list[str] = field(default_factory=list)
    """Done without all of its effects."""
    asked_again: int = 0
    done_unheard: int = 0
    """Acts that were done though their answer never came; asked again they were not done twice."""

    def heard_again(self, done_at: float, asked_at: float) -> None:
        self.asked_again += 1
        self.done_unheard += done_at < asked_at


def prove(house: House, load: Load, since: int) -> Proof:
    """`since` is the last line of the history before the load."""
    proof = Proof(load.acknowledged)
    _prove_marks(house, load, since, proof)
    _prove_payments(house, load, since, proof)
    return proof


def _prove_marks(house: House, load: Load, since: int, proof: Proof) -> None:
    told: dict[Cell, list[tuple[str | None, float]]] = defaultdict(list)
    written = "SELECT subject, new, extract(epoch FROM at) FROM history_entry WHERE verb = 'lesson.marked' AND id > %s"
    for subject, new, at in house.all(f"{written} ORDER BY id", since):
        for client, status in new.items():
            told[Cell(int(subject.partition(":")[2]), int(client))].append((status, float(at)))
    stands = {
        Cell(lesson, client): (version, status, owed, charged)
        for lesson, client, version, status, owed, charged in house.all("""
            SELECT mark.lesson_id, mark.client_id, mark.version, mark.status,
                   CASE WHEN mark.status IS NULL THEN 0 ELSE round(mark.price * mark.share / 100, 2) END,
                   coalesce((SELECT -sum(entry.amount) FROM billing_ledgerentry entry WHERE entry.mark_id = mark.id), 0)
            FROM journal_mark mark
        """)
    }
    for work in load.works:
        for cell, wanted in work.marks.items():
            version, _ = work.began[cell]
            stood = [status for status, _ in told[cell]]
            _compare(f"{cell}", wanted, stood, proof)
            now_version, status, owed, charged = stands[cell]
            if stood and (now_version != version + len(stood) or status != stood[-1] or owed != charged):
                proof.halved.append(f"{cell}: {stands[cell]} after {stood[-1]} v{version + len(stood)}")
        for name, last in work.again.items():
            if not name.startswith("faults-"):
                lesson, client, version = map(int, name.split())
                cell = Cell(lesson, client)
                _, at = told[cell][version - work.began[cell][0] - 1]
                proof.heard_again(at, last)


def _compare(name: str, wanted: list[str | None], written: list[str | None], proof: Proof) -> None:
    if wanted == written:
        return
    if len(written) > len(wanted):
        proof.doubled.append(f"{name}: {written} for {wanted}")
    else:
        proof.lost.append(f"{name}: {written} of {wanted}")


def _prove_payments(house: House, load: Load, since: int, proof: Proof) -> None:
    booked = {
        key: told
        for key, *told in house.all("""
            SELECT payment.key, payment.id, payment.amount, count(entry.id), sum(entry.amount), min(entry.client_id),
                   extract(epoch FROM min(entry.made_at)), min(entry.id)
            FROM billing_payment payment LEFT JOIN billing_ledgerentry entry ON entry.payment_id = payment.id
            WHERE starts_with(payment.key, %s) GROUP BY payment.id
        """, load.keys)
    }
    written = defaultdict(int)
    for (entry,) in house.all(
        "SELECT (new->>'entry')::bigint FROM history_entry WHERE verb = 'payment.received' AND id > %s", since
    ):
        written[entry] += 1
    asked = {key: payment for work in load.works for key, payment in work.payments.items()}
    for key, payment in asked.items():
        if key not in booked:
            proof.lost.append(f"payment {key}")
            continue
        number, amount, entries, total, client, _, entry = booked[key]
        right = (payment.payment_id, Decimal(payment.amount), 1, Decimal(payment.amount), payment.client)
        if entries > 1 or written[entry] > 1:
            proof.doubled.append(f"payment {key}")
        elif (number, amount, entries, total, client) != right or written[entry] != 1:
            proof.halved.append(f"payment {key}: {booked[key]}")
    proof.doubled += [f"payment {key} that nobody was told of" for key in booked.keys() - asked.keys()]
    for work in load.works:
        for key, last in work.again.items():
            if key.startswith("faults-"):
                proof.heard_again(float(booked[key][5]), last)
