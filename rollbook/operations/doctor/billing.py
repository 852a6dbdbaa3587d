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
        _("The entries of a payment sum up to it, or to nothing where it was taken back."),
        """
        SELECT 'payment:' || payment.id FROM billing_payment payment
        LEFT JOIN billing_ledgerentry entry ON entry.payment_id = payment.id
        GROUP BY payment.id, payment.amount
        HAVING coalesce(sum(entry.amount), -1) NOT IN (payment.amount, 0)
        """,
    ),
    Promise(
        "confirmed_is_paid",
        _("The payment of an announced one that was confirmed is of the same client."),
        """
        SELECT 'announced:' || announced.id FROM billing_announcedpayment announced
        WHERE payment_id IS NOT NULL AND NOT EXISTS (
          SELECT FROM billing_ledgerentry entry
          WHERE entry.payment_id = announced.payment_id AND entry.client_id = announced.client_id
            AND entry.kind = 'payment')
        """,
    ),
)
