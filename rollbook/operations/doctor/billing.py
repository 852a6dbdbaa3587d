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
          WHEN mark.status IS NULL OR mark.prepaid OR lesson.cancelled_at IS NOT NULL THEN 0
          ELSE -round(mark.price * mark.share / 100, 2)
        END
        """,  # noqa: S608
    ),
    Promise(
        "burned_as_it_lapsed",
        _("What burned, or came back, is what lapsed unused; once."),
        """
        SELECT 'mark:' || mark.id
        FROM journal_mark mark
        JOIN schedule_lesson lesson ON lesson.id = mark.lesson_id
        LEFT JOIN billing_coveredmark covered ON covered.mark_id = mark.id
        FULL JOIN (
          SELECT lapse_of_id, sum(amount) AS amount FROM billing_ledgerentry
          WHERE lapse_of_id IS NOT NULL GROUP BY lapse_of_id
        ) lapsed ON lapsed.lapse_of_id = mark.id
        WHERE (lapsed.amount IS NOT NULL OR mark.lapsed_on IS NOT NULL) AND coalesce(lapsed.amount, 0) <> CASE
          WHEN mark.status IS NULL OR mark.lapsed_on IS NULL OR mark.uses_lesson OR lesson.cancelled_at IS NOT NULL
            OR covered.uses IS FALSE OR mark.prepaid AND covered.mark_id IS NULL THEN 0
          WHEN mark.prepaid THEN round(mark.price * (100 - mark.lapse_share) / 100, 2)
          ELSE -round(mark.price * mark.lapse_share / 100, 2)
        END
        """,
    ),
    Promise(
        "lessons_used",
        _("The lessons used of a subscription are those of its marks, and no more than were sold."),
        """
        SELECT 'subscription:' || subscription.id FROM billing_subscription subscription
        LEFT JOIN (
          SELECT subscription_id, count(*) AS used FROM billing_coveredmark WHERE uses GROUP BY subscription_id
        ) counted ON counted.subscription_id = subscription.id
        WHERE subscription.used <> coalesce(counted.used, 0)
           OR subscription.used + subscription.frozen > subscription.lessons
        """,
    ),
    Promise(
        "covered_by_their_own",
        _("A subscription stands for marks of its client that count, and for those alone that use up a lesson."),
        """
        SELECT 'mark:' || mark.id FROM billing_coveredmark covered
        JOIN billing_subscription subscription ON subscription.id = covered.subscription_id
        JOIN journal_mark mark ON mark.id = covered.mark_id
        JOIN schedule_lesson lesson ON lesson.id = mark.lesson_id
        WHERE mark.client_id <> subscription.client_id
           OR mark.prepaid <> (subscription.charged = 'start') AND mark.status IS NOT NULL
           OR covered.uses <> (mark.uses_lesson AND mark.status IS NOT NULL AND lesson.cancelled_at IS NULL)
              AND mark.lapsed_on IS NULL AND mark.worked_off_on IS NULL
        """,
    ),
    Promise(
        "all_lessons_cost_all",
        _("When all lessons of a subscription are used, they have cost what it was sold for."),
        """
        SELECT 'subscription:' || subscription.id FROM billing_subscription subscription
        JOIN (
          SELECT covered.subscription_id, count(*) AS used, sum(mark.price) AS spent
          FROM billing_coveredmark covered JOIN journal_mark mark ON mark.id = covered.mark_id
          WHERE covered.uses GROUP BY covered.subscription_id
          -- A visit costs what the lesson that it works off would have, and so does one that lapsed.
          HAVING count(mark.makes_up_id) = 0 AND bool_and(mark.uses_lesson)
        ) used ON used.subscription_id = subscription.id
        WHERE used.used = subscription.lessons AND used.spent <> subscription.amount
        """,
    ),
    Promise(
        "charged_at_the_start",
        _("What is written off at the start is charged as it was sold, no more, and nothing of what was taken back."),
        """
        SELECT 'subscription:' || subscription.id FROM billing_subscription subscription
        LEFT JOIN (
          SELECT subscription_id, -sum(amount) AS sum FROM billing_ledgerentry
          WHERE instalment IS NOT NULL GROUP BY subscription_id
        ) entries ON entries.subscription_id = subscription.id
        WHERE coalesce(entries.sum, 0) <> 0
              AND (subscription.taken_back_at IS NOT NULL OR subscription.charged <> 'start'
                   OR entries.sum > subscription.amount - subscription.frozen * subscription.unit)
           OR subscription.charged = 'start' AND subscription.taken_back_at IS NULL
              AND subscription.since + make_interval(months => subscription.instalments - 1) < now() - interval '2 days'
              AND coalesce(entries.sum, 0) <> subscription.amount - subscription.frozen * subscription.unit
        """,
    ),
    Promise(
        "discounts_add_up",
        _("The price of a subscription less its discounts, and rounded up, is what it was sold for."),
        """
        SELECT 'subscription:' || subscription.id FROM billing_subscription subscription
        LEFT JOIN (
          SELECT subscription_id, sum(sum) AS sum FROM billing_subscriptiondiscount GROUP BY subscription_id
        ) given ON given.subscription_id = subscription.id
        WHERE subscription.price - coalesce(given.sum, 0) + coalesce((subscription.reckoning->>'rounded')::numeric, 0)
              <> subscription.amount
        """,
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
    Promise(
        "closed_months_stand",
        _("Nothing was booked in a month after it was closed."),
        # Whoever was about to book is waited for, and wrote down the moment at which they began: hence the minute.
        """
        SELECT 'entry:' || entry.id FROM schedule_closedmonth closed
        JOIN billing_ledgerentry entry ON entry.branch_id = closed.branch_id
         AND entry.day >= closed.month AND entry.day < (closed.month + interval '1 month')::date
        WHERE entry.made_at > closed.closed_at + interval '1 minute'
        """,
    ),
    Promise(
        "booked_after_what_they_concern",
        _("What concerns a closed month is booked on the first day of a later one."),
        """
        SELECT 'entry:' || id FROM billing_ledgerentry
        WHERE about IS NOT NULL AND (about >= day OR extract(day FROM day) <> 1)
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
