"""Tariffs of all kinds, subscriptions, and what else a ledger says. What is used of a subscription, and that nothing is
charged, burned or moved twice, nor booked in a closed month, is kept by triggers, whoever writes."""

import uuid

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

KEPT = """
CREATE OR REPLACE FUNCTION billing_ledger_added() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO billing_account AS account (client_id, balance, entries)
  SELECT client_id, sum(amount), count(*) FROM added GROUP BY client_id ORDER BY client_id
  ON CONFLICT (client_id) DO UPDATE
  SET balance = account.balance + excluded.balance, entries = account.entries + excluded.entries;

  IF EXISTS (
    SELECT FROM added JOIN billing_ledgerentry entry ON entry.id = added.reverses_id
    WHERE entry.kind = 'reversal'
       OR (added.amount, added.client_id, added.mark_id, added.payment_id, added.lapse_of_id, added.subscription_id,
           added.instalment, added.transfer_id)
          IS DISTINCT FROM
          (-entry.amount, entry.client_id, entry.mark_id, entry.payment_id, entry.lapse_of_id, entry.subscription_id,
           entry.instalment, entry.transfer_id)
  ) THEN
    RAISE EXCEPTION 'A reversal takes back exactly one entry, whole.' USING ERRCODE = 'check_violation';
  END IF;

  IF EXISTS (
    SELECT FROM billing_ledgerentry entry
    WHERE entry.mark_id IN (SELECT mark_id FROM added WHERE kind = 'charge')
    GROUP BY entry.mark_id
    HAVING count(*) FILTER (WHERE entry.kind = 'charge') - count(*) FILTER (WHERE entry.kind = 'reversal') > 1
  ) THEN
    RAISE EXCEPTION 'A mark is charged once.' USING ERRCODE = 'unique_violation', CONSTRAINT = 'charge_once_per_mark';
  END IF;

  IF EXISTS (SELECT FROM added WHERE kind = 'lapse' OR instalment IS NOT NULL OR transfer_id IS NOT NULL) THEN
    PERFORM billing_ledger_promises(array_agg(subscription_id), array_agg(lapse_of_id), array_agg(transfer_id))
    FROM added;
  END IF;

  IF EXISTS (
    SELECT FROM added JOIN schedule_closedmonth closed
    ON closed.branch_id = added.branch_id AND closed.month = date_trunc('month', added.day)::date
  ) THEN
    RAISE EXCEPTION 'A closed month takes no entry.'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_in_open_months';
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION billing_ledger_promises(subscriptions bigint[], marks bigint[], transfers bigint[]) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (
    SELECT FROM billing_ledgerentry entry
    WHERE entry.subscription_id = ANY(subscriptions) AND entry.instalment IS NOT NULL
    GROUP BY entry.subscription_id, entry.instalment
    HAVING count(*) FILTER (WHERE entry.kind = 'charge') - count(*) FILTER (WHERE entry.kind = 'reversal') > 1
  ) THEN
    RAISE EXCEPTION 'An instalment is charged once.'
      USING ERRCODE = 'unique_violation', CONSTRAINT = 'charge_once_per_instalment';
  END IF;
  IF EXISTS (
    SELECT FROM billing_ledgerentry entry WHERE entry.lapse_of_id = ANY(marks)
    GROUP BY entry.lapse_of_id
    HAVING count(*) FILTER (WHERE entry.kind = 'lapse') - count(*) FILTER (WHERE entry.kind = 'reversal') > 1
  ) OR EXISTS (
    SELECT FROM billing_ledgerentry entry
    LEFT JOIN billing_ledgerentry reversed ON reversed.id = entry.reverses_id
    WHERE entry.subscription_id = ANY(subscriptions) AND entry.lapse_of_id IS NULL
    GROUP BY entry.subscription_id
    HAVING count(*) FILTER (WHERE entry.kind = 'lapse') - count(*) FILTER (WHERE reversed.kind = 'lapse') > 1
  ) THEN
    RAISE EXCEPTION 'What burns burns once.' USING ERRCODE = 'unique_violation', CONSTRAINT = 'lapse_once';
  END IF;
  IF EXISTS (
    SELECT FROM billing_ledgerentry entry WHERE entry.transfer_id = ANY(transfers)
    GROUP BY entry.transfer_id HAVING sum(entry.amount) <> 0
  ) THEN
    RAISE EXCEPTION 'A transfer takes from one what it gives another.' USING ERRCODE = 'check_violation';
  END IF;
END $$;

CREATE FUNCTION billing_covered_changed() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    UPDATE billing_subscription subscription SET used = subscription.used + change.number
    FROM (SELECT subscription_id, count(*) AS number FROM added WHERE uses GROUP BY subscription_id) change
    WHERE subscription.id = change.subscription_id;
  ELSIF TG_OP = 'DELETE' THEN
    UPDATE billing_subscription subscription SET used = subscription.used - change.number
    FROM (SELECT subscription_id, count(*) AS number FROM gone WHERE uses GROUP BY subscription_id) change
    WHERE subscription.id = change.subscription_id;
  ELSE
    UPDATE billing_subscription subscription SET used = subscription.used + change.number
    FROM (
      SELECT subscription_id, sum(number) AS number
      FROM (
        SELECT subscription_id, 1 AS number FROM added WHERE uses
        UNION ALL SELECT subscription_id, -1 FROM gone WHERE uses
      ) one GROUP BY subscription_id HAVING sum(number) <> 0
    ) change
    WHERE subscription.id = change.subscription_id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER covered_is_counted AFTER INSERT ON billing_coveredmark
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION billing_covered_changed();
CREATE TRIGGER covered_is_counted_anew AFTER UPDATE ON billing_coveredmark
  REFERENCING NEW TABLE AS added OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION billing_covered_changed();
CREATE TRIGGER covered_no_more_is_counted AFTER DELETE ON billing_coveredmark
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION billing_covered_changed();
"""
BEFORE = """
DROP FUNCTION billing_covered_changed() CASCADE;
CREATE OR REPLACE FUNCTION billing_ledger_added() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO billing_account AS account (client_id, balance, entries)
  SELECT client_id, sum(amount), count(*) FROM added GROUP BY client_id ORDER BY client_id
  ON CONFLICT (client_id) DO UPDATE
  SET balance = account.balance + excluded.balance, entries = account.entries + excluded.entries;

  IF EXISTS (
    SELECT FROM added JOIN billing_ledgerentry entry ON entry.id = added.reverses_id
    WHERE added.amount <> -entry.amount OR added.client_id <> entry.client_id OR entry.kind = 'reversal'
       OR added.mark_id IS DISTINCT FROM entry.mark_id OR added.payment_id IS DISTINCT FROM entry.payment_id
  ) THEN
    RAISE EXCEPTION 'A reversal takes back exactly one entry, whole.' USING ERRCODE = 'check_violation';
  END IF;

  IF EXISTS (
    SELECT FROM billing_ledgerentry entry
    WHERE entry.mark_id IN (SELECT mark_id FROM added WHERE kind = 'charge')
    GROUP BY entry.mark_id
    HAVING count(*) FILTER (WHERE entry.kind = 'charge') - count(*) FILTER (WHERE entry.kind = 'reversal') > 1
  ) THEN
    RAISE EXCEPTION 'A mark is charged once.' USING ERRCODE = 'unique_violation', CONSTRAINT = 'charge_once_per_mark';
  END IF;
  RETURN NULL;
END $$;
DROP FUNCTION billing_ledger_promises(bigint[], bigint[], bigint[]);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0006_money_rules"),
        ("billing", "0006_fewer_indexes"),
        ("groups", "0003_churn"),
        ("journal", "0005_prepaid"),
        ("people", "0002_fewer_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AnnouncedPayment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("cash", "cash"),
                            ("card", "card"),
                            ("transfer", "bank transfer"),
                            ("online", "online"),
                        ],
                        default="transfer",
                        max_length=10,
                        verbose_name="method",
                    ),
                ),
                ("paid_on", models.DateField(verbose_name="date")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                ("key", models.CharField(default=uuid.uuid4, max_length=100, unique=True)),
                ("announced_at", models.DateTimeField()),
                ("declined_at", models.DateTimeField(null=True)),
                ("declined_for", models.CharField(blank=True, max_length=200, verbose_name="reason")),
            ],
        ),
        migrations.CreateModel(
            name="ClientDiscount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("percent", models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                ("amount", models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True)),
                ("reason", models.CharField(max_length=200, verbose_name="reason")),
                ("since", models.DateField(verbose_name="from")),
                ("until", models.DateField(blank=True, null=True, verbose_name="until")),
            ],
        ),
        migrations.CreateModel(
            name="Contract",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=40, unique=True, verbose_name="number")),
                ("signed_on", models.DateField(verbose_name="date")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="until")),
                ("ended_for", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
            ],
        ),
        migrations.CreateModel(
            name="CoveredMark",
            fields=[
                (
                    "mark",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="covered",
                        serialize=False,
                        to="journal.mark",
                    ),
                ),
                ("uses", models.BooleanField()),
            ],
        ),
        migrations.CreateModel(
            name="PaymentRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first", models.DateField(verbose_name="from")),
                ("last", models.DateField(verbose_name="until")),
                ("due", models.DecimalField(decimal_places=2, max_digits=12)),
                ("reckoning", models.JSONField(default=dict)),
                ("key", models.CharField(default=uuid.uuid4, max_length=100)),
                ("made_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("lesson", "lesson by lesson"),
                            ("month", "by the month"),
                            ("package", "package of lessons"),
                            ("course", "whole course"),
                            ("one_off", "one lesson"),
                        ],
                        default="month",
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "charged",
                    models.CharField(
                        choices=[("lesson", "as lessons happen"), ("start", "at the start")],
                        default="lesson",
                        max_length=10,
                        verbose_name="written off",
                    ),
                ),
                (
                    "missed_share",
                    models.PositiveSmallIntegerField(default=100, verbose_name="charged for a missed lesson, %"),
                ),
                (
                    "excused_share",
                    models.PositiveSmallIntegerField(default=0, verbose_name="charged for an excused lesson, %"),
                ),
                (
                    "lapsed_share",
                    models.PositiveSmallIntegerField(default=0, verbose_name="charged when not worked off in time, %"),
                ),
                (
                    "make_up_days",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="days to work off"),
                ),
                (
                    "make_ups_a_month",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="make-ups a month at most"),
                ),
                ("burns", models.BooleanField(default=False, verbose_name="lessons not used burn")),
                (
                    "freezing",
                    models.CharField(
                        choices=[
                            ("gives_back", "frozen lessons are not charged"),
                            ("extends", "it ends later by the days frozen"),
                            ("counts", "nothing: time goes on"),
                        ],
                        default="gives_back",
                        max_length=10,
                        verbose_name="a freeze",
                    ),
                ),
                (
                    "freeze_days",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="days frozen at most"),
                ),
                ("since", models.DateField(verbose_name="from")),
                ("until", models.DateField(blank=True, null=True, verbose_name="until")),
                ("lessons", models.PositiveSmallIntegerField(null=True)),
                ("used", models.PositiveSmallIntegerField(db_default=0, default=0, editable=False)),
                ("frozen", models.PositiveSmallIntegerField(default=0)),
                ("price", models.DecimalField(decimal_places=2, max_digits=12)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                ("unit", models.DecimalField(decimal_places=2, max_digits=12)),
                ("instalments", models.PositiveSmallIntegerField(default=1)),
                ("reckoning", models.JSONField(default=dict)),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                ("key", models.CharField(default=uuid.uuid4, max_length=100, unique=True)),
                ("sold_at", models.DateTimeField()),
                ("closed_on", models.DateField(null=True)),
                ("taken_back_at", models.DateTimeField(null=True)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
            ],
        ),
        migrations.CreateModel(
            name="SubscriptionDiscount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("permanent", "permanent"),
                            ("sibling", "second child"),
                            ("second", "second programme"),
                            ("once", "for this subscription"),
                        ],
                        max_length=10,
                    ),
                ),
                ("percent", models.DecimalField(decimal_places=2, max_digits=5, null=True)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("sum", models.DecimalField(decimal_places=2, max_digits=12)),
                ("reason", models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="SubscriptionGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateField()),
                ("until", models.DateField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Transfer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(default=uuid.uuid4, max_length=100, unique=True)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                ("reason", models.CharField(max_length=200, verbose_name="reason")),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="ledgerentry",
            name="ledger_entry_of_its_kind",
        ),
        migrations.RemoveConstraint(
            model_name="tariff",
            name="tariff_pricing_known",
        ),
        migrations.AddField(
            model_name="ledgerentry",
            name="about",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="ledgerentry",
            name="instalment",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="ledgerentry",
            name="key",
            field=models.CharField(max_length=100, null=True),
        ),
        migrations.AddField(
            model_name="ledgerentry",
            name="lapse_of",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lapses",
                to="journal.mark",
            ),
        ),
        migrations.AddField(
            model_name="ledgerentry",
            name="reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.AddField(
            model_name="payment",
            name="is_refund",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="tariff",
            name="burns",
            field=models.BooleanField(default=False, verbose_name="lessons not used burn"),
        ),
        migrations.AddField(
            model_name="tariff",
            name="charged",
            field=models.CharField(
                choices=[("lesson", "as lessons happen"), ("start", "at the start")],
                default="lesson",
                max_length=10,
                verbose_name="written off",
            ),
        ),
        migrations.AddField(
            model_name="tariff",
            name="days",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="days it lasts"),
        ),
        migrations.AddField(
            model_name="tariff",
            name="freeze_days",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="days frozen at most"),
        ),
        migrations.AddField(
            model_name="tariff",
            name="freezing",
            field=models.CharField(
                choices=[
                    ("gives_back", "frozen lessons are not charged"),
                    ("extends", "it ends later by the days frozen"),
                    ("counts", "nothing: time goes on"),
                ],
                default="gives_back",
                max_length=10,
                verbose_name="a freeze",
            ),
        ),
        migrations.AddField(
            model_name="tariff",
            name="instalments",
            field=models.PositiveSmallIntegerField(default=1, verbose_name="instalments"),
        ),
        migrations.AddField(
            model_name="tariff",
            name="kind",
            field=models.CharField(
                choices=[
                    ("lesson", "lesson by lesson"),
                    ("month", "by the month"),
                    ("package", "package of lessons"),
                    ("course", "whole course"),
                    ("one_off", "one lesson"),
                ],
                default="month",
                max_length=10,
                verbose_name="kind",
            ),
        ),
        migrations.AddField(
            model_name="tariff",
            name="lapsed_share",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="charged when not worked off in time, %"),
        ),
        migrations.AddField(
            model_name="tariff",
            name="lessons",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="lessons"),
        ),
        migrations.AddField(
            model_name="tariff",
            name="month_from",
            field=models.CharField(
                choices=[("calendar", "the calendar month"), ("first", "a month from the first lesson")],
                default="calendar",
                max_length=10,
                verbose_name="month",
            ),
        ),
        migrations.AddField(
            model_name="tariff",
            name="pro_rata",
            field=models.CharField(
                choices=[
                    ("lessons", "by the lessons left"),
                    ("days", "by the days left"),
                    ("none", "no part: the whole price"),
                ],
                default="lessons",
                max_length=10,
                verbose_name="part of a month",
            ),
        ),
        migrations.AddField(
            model_name="tariff",
            name="round_to",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="rounded up to"),
        ),
        migrations.AddField(
            model_name="tariff",
            name="second_discount",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="discount for a second programme, %"),
        ),
        migrations.AddField(
            model_name="tariff",
            name="sibling_discount",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="discount for a second child, %"),
        ),
        migrations.AlterField(
            model_name="ledgerentry",
            name="kind",
            field=models.CharField(
                choices=[
                    ("charge", "charge"),
                    ("payment", "payment"),
                    ("reversal", "reversal"),
                    ("lapse", "burned"),
                    ("discount", "discount"),
                    ("correction", "correction"),
                    ("refund", "refund"),
                    ("transfer", "transfer"),
                    ("bonus", "bonus"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="tariff",
            name="pricing",
            field=models.CharField(
                choices=[
                    ("fixed", "price of a lesson"),
                    ("month", "price of a month / lessons of the month"),
                    ("whole", "price of all lessons / their number"),
                ],
                default="fixed",
                max_length=10,
                verbose_name="pricing",
            ),
        ),
        migrations.AddConstraint(
            model_name="tariff",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["lesson", "month", "package", "course", "one_off"])),
                name="tariff_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="tariff",
            constraint=models.CheckConstraint(
                condition=models.Q(("charged__in", ["lesson", "start"])), name="tariff_charged_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="tariff",
            constraint=models.CheckConstraint(
                condition=models.Q(("lapsed_share__lte", 100)), name="tariff_lapsed_share_per_cent"
            ),
        ),
        migrations.AddConstraint(
            model_name="tariff",
            constraint=models.CheckConstraint(
                condition=models.Q(("freezing__in", ["gives_back", "extends", "counts"])), name="tariff_freezing_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="tariff",
            constraint=models.CheckConstraint(
                condition=models.Q(("pricing__in", ["fixed", "month", "whole"])), name="tariff_pricing_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="tariff",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind__in", ("package", "course", "one_off")), ("lessons__gte", 1), ("pricing", "whole")),
                    models.Q(("kind", "month"), ("lessons", None), ("pricing__in", ["fixed", "month"])),
                    models.Q(("charged", "lesson"), ("kind", "lesson"), ("lessons", None), ("pricing", "fixed")),
                    _connector="OR",
                ),
                name="tariff_pricing_of_its_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="tariff",
            constraint=models.CheckConstraint(condition=models.Q(("lessons__range", (1, 1000))), name="tariff_lessons"),
        ),
        migrations.AddConstraint(
            model_name="tariff",
            constraint=models.CheckConstraint(condition=models.Q(("days__range", (1, 3660))), name="tariff_days"),
        ),
        migrations.AddConstraint(
            model_name="tariff",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("instalments", 1), models.Q(("charged", "start"), ("instalments__range", (2, 24))), _connector="OR"
                ),
                name="tariff_instalments",
            ),
        ),
        migrations.AddConstraint(
            model_name="tariff",
            constraint=models.CheckConstraint(
                condition=models.Q(("month_from__in", ["calendar", "first"])), name="tariff_month_from_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="tariff",
            constraint=models.CheckConstraint(
                condition=models.Q(("pro_rata__in", ["lessons", "days", "none"])), name="tariff_pro_rata_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="tariff",
            constraint=models.CheckConstraint(
                condition=models.Q(("round_to__in", [0, 1, 10, 50, 100])), name="tariff_round_to"
            ),
        ),
        migrations.AddConstraint(
            model_name="tariff",
            constraint=models.CheckConstraint(
                condition=models.Q(("sibling_discount__lte", 100)), name="tariff_sibling_discount"
            ),
        ),
        migrations.AddConstraint(
            model_name="tariff",
            constraint=models.CheckConstraint(
                condition=models.Q(("second_discount__lte", 100)), name="tariff_second_discount"
            ),
        ),
        migrations.AddField(
            model_name="announcedpayment",
            name="announced_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="announcedpayment",
            name="client",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="announced_payments", to="people.client"
            ),
        ),
        migrations.AddField(
            model_name="announcedpayment",
            name="payment",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="announced", to="billing.payment"
            ),
        ),
        migrations.AddField(
            model_name="clientdiscount",
            name="allowed_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="clientdiscount",
            name="client",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="discounts", to="people.client"
            ),
        ),
        migrations.AddField(
            model_name="contract",
            name="client",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="contracts", to="people.client"
            ),
        ),
        migrations.AddField(
            model_name="contract",
            name="payer",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="contracts", to="people.contact"
            ),
        ),
        migrations.AddField(
            model_name="paymentrequest",
            name="client",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="payment_requests", to="people.client"
            ),
        ),
        migrations.AddField(
            model_name="paymentrequest",
            name="made_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="paymentrequest",
            name="payer",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payment_requests",
                to="people.contact",
            ),
        ),
        migrations.AddField(
            model_name="subscription",
            name="client",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="subscriptions",
                to="people.client",
            ),
        ),
        migrations.AddField(
            model_name="subscription",
            name="contract",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="subscriptions",
                to="billing.contract",
            ),
        ),
        migrations.AddField(
            model_name="subscription",
            name="group",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="subscriptions",
                to="groups.group",
            ),
        ),
        migrations.AddField(
            model_name="subscription",
            name="renews",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="renewed_by",
                to="billing.subscription",
            ),
        ),
        migrations.AddField(
            model_name="subscription",
            name="sold_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="subscription",
            name="tariff",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="subscriptions",
                to="billing.tariff",
            ),
        ),
        migrations.AddField(
            model_name="coveredmark",
            name="subscription",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="covered",
                to="billing.subscription",
            ),
        ),
        migrations.AddField(
            model_name="ledgerentry",
            name="subscription",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="ledger",
                to="billing.subscription",
            ),
        ),
        migrations.AddField(
            model_name="subscriptiondiscount",
            name="allowed_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="subscriptiondiscount",
            name="subscription",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT, related_name="discounts", to="billing.subscription"
            ),
        ),
        migrations.AddField(
            model_name="subscriptiongroup",
            name="group",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="groups.group"
            ),
        ),
        migrations.AddField(
            model_name="subscriptiongroup",
            name="subscription",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="groups",
                to="billing.subscription",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="transfer_amount"),
        ),
        migrations.AddField(
            model_name="ledgerentry",
            name="transfer",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries",
                to="billing.transfer",
            ),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(
                condition=models.Q(("subscription__isnull", False)),
                fields=["subscription"],
                name="ledger_of_subscription",
            ),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(
                condition=models.Q(("transfer__isnull", False)), fields=["transfer"], name="ledger_of_transfer"
            ),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(
                condition=models.Q(("lapse_of__isnull", False)), fields=["lapse_of"], name="ledger_of_lapse"
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "reversal"), ("reverses__isnull", False)),
                    models.Q(
                        ("reverses", None),
                        models.Q(
                            models.Q(
                                ("amount__lt", 0),
                                ("kind", "charge"),
                                ("lapse_of", None),
                                ("payment", None),
                                ("transfer", None),
                                models.Q(
                                    models.Q(("instalment", None), ("mark__isnull", False)),
                                    models.Q(("instalment__gte", 1), ("mark", None), ("subscription__isnull", False)),
                                    _connector="OR",
                                ),
                            ),
                            models.Q(
                                ("amount__gt", 0),
                                ("kind", "payment"),
                                ("mark", None),
                                ("payment__isnull", False),
                                ("transfer", None),
                            ),
                            models.Q(
                                ("amount__lt", 0),
                                ("kind", "refund"),
                                ("mark", None),
                                ("payment__isnull", False),
                                ("transfer", None),
                            ),
                            models.Q(
                                ("kind", "transfer"), ("mark", None), ("payment", None), ("transfer__isnull", False)
                            ),
                            models.Q(
                                ("kind", "lapse"),
                                ("mark", None),
                                ("payment", None),
                                ("transfer", None),
                                models.Q(("lapse_of__isnull", False), ("subscription__isnull", False), _connector="OR"),
                            ),
                            models.Q(
                                ("kind__in", ("discount", "correction", "bonus")),
                                ("lapse_of", None),
                                ("mark", None),
                                ("payment", None),
                                ("transfer", None),
                                models.Q(("reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="ledger_entry_of_its_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("key__isnull", False)), fields=("key",), name="ledger_entry_booked_once"
            ),
        ),
        migrations.AddIndex(
            model_name="announcedpayment",
            index=models.Index(
                condition=models.Q(("declined_at", None), ("payment", None)),
                fields=["announced_at"],
                name="announced_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="announcedpayment",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="announced_amount"),
        ),
        migrations.AddConstraint(
            model_name="announcedpayment",
            constraint=models.CheckConstraint(
                condition=models.Q(("method__in", ["cash", "card", "transfer", "online"])),
                name="announced_method_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="announcedpayment",
            constraint=models.CheckConstraint(
                condition=models.Q(("payment", None), ("declined_at", None), _connector="OR"),
                name="announced_one_way_out",
            ),
        ),
        migrations.AddConstraint(
            model_name="clientdiscount",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amount", None), ("percent__gt", 0), ("percent__lte", 100)),
                    models.Q(("amount__gt", 0), ("percent", None)),
                    _connector="OR",
                ),
                name="client_discount_of_one_way",
            ),
        ),
        migrations.AddConstraint(
            model_name="clientdiscount",
            constraint=models.CheckConstraint(
                condition=models.Q(("until__gt", models.F("since"))), name="client_discount_until_after_since"
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.CheckConstraint(
                condition=models.Q(("number", ""), _negated=True), name="contract_has_a_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.CheckConstraint(
                condition=models.Q(("ended_on__gte", models.F("signed_on"))), name="contract_ends_after_it_began"
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentrequest",
            constraint=models.UniqueConstraint(fields=("key", "client"), name="payment_request_once"),
        ),
        migrations.AddConstraint(
            model_name="paymentrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("last__gte", models.F("first"))), name="payment_request_days_in_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentrequest",
            constraint=models.CheckConstraint(condition=models.Q(("due__gte", 0)), name="payment_request_due"),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(fields=["client", "since"], name="subscription_of_client"),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(
                condition=models.Q(("closed_on", None), ("taken_back_at", None)),
                fields=["until"],
                name="subscription_not_closed",
            ),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(fields=["group", "since"], name="subscription_of_group"),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["lesson", "month", "package", "course", "one_off"])),
                name="subscription_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(("charged__in", ["lesson", "start"])), name="subscription_charged_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(("missed_share__lte", 100)), name="subscription_missed_share_per_cent"
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(("excused_share__lte", 100)), name="subscription_excused_share_per_cent"
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(("lapsed_share__lte", 100)), name="subscription_lapsed_share_per_cent"
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(("make_up_days__range", (1, 366))), name="subscription_make_up_days"
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(("make_ups_a_month__range", (0, 31))), name="subscription_make_ups_a_month"
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(("freezing__in", ["gives_back", "extends", "counts"])),
                name="subscription_freezing_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(("until__gt", models.F("since"))), name="subscription_until_after_since"
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "lesson"), _negated=True), name="subscription_is_bought"
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount__gte", 0), ("price__gte", 0), ("unit__gte", 0), ("unit__lte", models.F("amount"))
                ),
                name="subscription_amounts",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("frozen", 0), ("lessons", None)),
                    (
                        "lessons__gte",
                        django.db.models.expressions.CombinedExpression(models.F("used"), "+", models.F("frozen")),
                    ),
                    _connector="OR",
                ),
                name="subscription_not_used_up_twice",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(("taken_back_at", None), ("used", 0), _connector="OR"),
                name="subscription_taken_back_unused",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("kind", "month"), ("taken_back_at", None)),
                expressions=[
                    ("client", "="),
                    ("group", "="),
                    (
                        models.Func(
                            models.F("since"),
                            models.F("until"),
                            function="daterange",
                            output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                        ),
                        "&&",
                    ),
                ],
                name="subscription_of_month_once",
            ),
        ),
        migrations.AddIndex(
            model_name="coveredmark",
            index=models.Index(fields=["subscription"], name="covered_by_subscription"),
        ),
        migrations.AddConstraint(
            model_name="subscriptiondiscount",
            constraint=models.UniqueConstraint(
                fields=("subscription", "kind"), name="subscription_discount_of_kind_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="subscriptiondiscount",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["permanent", "sibling", "second", "once"])),
                name="subscription_discount_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscriptiondiscount",
            constraint=models.CheckConstraint(condition=models.Q(("sum__gte", 0)), name="subscription_discount_sum"),
        ),
        migrations.AddConstraint(
            model_name="subscriptiongroup",
            constraint=models.CheckConstraint(
                condition=models.Q(("until__gt", models.F("since"))), name="subscription_group_until_after_since"
            ),
        ),
        migrations.AddConstraint(
            model_name="subscriptiongroup",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    ("subscription", "="),
                    ("group", "="),
                    (
                        models.Func(
                            models.F("since"),
                            models.F("until"),
                            function="daterange",
                            output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                        ),
                        "&&",
                    ),
                ],
                name="subscription_group_does_not_overlap",
            ),
        ),
        migrations.RemoveIndex(model_name="ledgerentry", name="ledger_of_group"),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(
                condition=models.Q(("group__isnull", False)),
                fields=["group", "day"],
                include=("amount",),
                name="ledger_of_group",
            ),
        ),
        migrations.RunSQL(KEPT, BEFORE),
    ]
