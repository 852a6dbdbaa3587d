"""Every sum explains itself."""

from django.utils.translation import gettext_noop as _

from rollbook.operations.doctor.promise import Promise

# What stands charged for each mark, and what should: its share of its price, rounded half up, once (spec 05).
_CHARGED = """
  SELECT mark_id, sum(amount) AS amount FROM billing_ledgerentry WHERE mark_id IS NOT NULL GROUP BY mark_id
"""

PROMISES = (
    Promise(
        "stored_balance",
        _("A stored balance is the sum of the entries, and counts them."),
        """
        SELECT 'client:' || coalesce(account.client_id, summed.client_id)
        FROM billing_account account
        FULL JOIN (
          SELECT client_id, sum(amount) AS balance, count(*) AS entries FROM billing_ledgerentry GROUP BY client_id
        ) summed USING (client_id)
        WHERE (account.balance, account.entries) IS DISTINCT FROM (summed.balance, summed.entries)
        """,
    ),
    Promise(
        "charged_as_marked",
        _("What stands charged is what the marks say; a cancelled lesson and a mark taken back cost nothing."),
        f"""
        SELECT 'mark:' || coalesce(mark.id, charged.mark_id)
        FROM journal_mark mark
        JOIN schedule_lesson lesson ON lesson.id = mark.lesson_id
        FULL JOIN ({_CHARGED}) charged ON charged.mark_id = mark.id
        WHERE coalesce(charged.amount, 0) <> CASE
          WHEN mark.status IS NULL OR lesson.cancelled_at IS NOT NULL THEN 0
          ELSE -round(mark.price * mark.share / 100, 2)
        END
        """,  # noqa: S608
    ),
    Promise(
        "charged_to_whom_it_is",
        _("A charge is booked on the client whose mark it is for."),
        """
        SELECT 'entry:' || entry.id FROM billing_ledgerentry entry
        JOIN journal_mark mark ON mark.id = entry.mark_id WHERE mark.client_id <> entry.client_id
        """,
    ),
    Promise(
        "reversals",
        _("A reversal takes back one entry, whole."),
        """
        SELECT 'entry:' || reversal.id FROM billing_ledgerentry reversal
        JOIN billing_ledgerentry entry ON entry.id = reversal.reverses_id
        WHERE reversal.amount <> -entry.amount OR reversal.client_id <> entry.client_id OR entry.kind = 'reversal'
        """,
    ),
    Promise(
        "payments_are_booked",
        _("The entries of a payment sum up to it, those of a refund to as much below zero; or to nothing, taken back."),
        """
        SELECT 'payment:' || payment.id FROM billing_payment payment
        LEFT JOIN billing_ledgerentry entry ON entry.payment_id = payment.id
        GROUP BY payment.id, payment.amount, payment.is_refund
        HAVING sum(entry.amount) IS NULL
          OR sum(entry.amount) NOT IN (CASE WHEN payment.is_refund THEN -payment.amount ELSE payment.amount END, 0)
        """,
    ),
    Promise(
        "transfers_cancel_out",
        _("A transfer takes its sum from one client and gives it to another, or was taken back on both sides."),
        """
        SELECT 'transfer:' || transfer.id FROM billing_transfer transfer
        LEFT JOIN billing_ledgerentry entry ON entry.transfer_id = transfer.id AND entry.kind = 'transfer'
        LEFT JOIN billing_ledgerentry gone ON gone.reverses_id = entry.id
        GROUP BY transfer.id, transfer.amount
        HAVING count(DISTINCT entry.client_id) <> 2 OR count(gone.id) NOT IN (0, 2)
          OR (min(entry.amount), max(entry.amount)) IS DISTINCT FROM (-transfer.amount, transfer.amount)
        """,
    ),
    Promise(
        "discounts_within_charges",
        _("The discounts for a charge are not more than the charge, and go with it."),
        """
        SELECT 'entry:' || charge.id FROM billing_ledgerentry discount
        JOIN billing_ledgerentry charge ON charge.id = discount.discounts_id
        LEFT JOIN billing_ledgerentry gone ON gone.reverses_id = discount.id
        LEFT JOIN billing_ledgerentry undone ON undone.reverses_id = charge.id
        WHERE gone.id IS NULL
        GROUP BY charge.id, charge.amount, charge.client_id, undone.id
        HAVING sum(discount.amount) > -charge.amount OR undone.id IS NOT NULL
          OR bool_or(discount.client_id <> charge.client_id)
        """,
    ),
)
