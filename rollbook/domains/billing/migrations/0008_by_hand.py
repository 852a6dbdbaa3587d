"""Who books by hand, and the one charge that a discount is for: never more than that, which a trigger keeps."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KEPT = """
CREATE FUNCTION billing_discount_added() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM billing_ledgerentry charge
    LEFT JOIN billing_ledgerentry reversal ON reversal.reverses_id = charge.id
    WHERE charge.id = NEW.discounts_id AND charge.kind = 'charge' AND charge.client_id = NEW.client_id
      AND reversal.id IS NULL AND -charge.amount >= (
        SELECT sum(discount.amount) FROM billing_ledgerentry discount
        LEFT JOIN billing_ledgerentry gone ON gone.reverses_id = discount.id
        WHERE discount.discounts_id = charge.id AND gone.id IS NULL
      )
  ) THEN
    RAISE EXCEPTION 'A discount is for a charge that stands, and never more than that.'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'discount_within_charge';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER discount_is_within_charge AFTER INSERT ON billing_ledgerentry
  FOR EACH ROW WHEN (NEW.discounts_id IS NOT NULL) EXECUTE FUNCTION billing_discount_added();
"""
BEFORE = "DROP FUNCTION billing_discount_added() CASCADE"


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0007_subscriptions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="ledgerentry",
            name="discounts",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="discounted_by",
                to="billing.ledgerentry",
            ),
        ),
        migrations.AddField(
            model_name="ledgerentry",
            name="made_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(
                condition=models.Q(("discounts__isnull", False)), fields=["discounts"], name="ledger_of_charge"
            ),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(
                condition=models.Q(("kind", "discount"), ("kind", "correction"), ("kind", "bonus"), _connector="OR"),
                fields=["day", "id"],
                name="ledger_by_hand",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("discounts", None), models.Q(("amount__gt", 0), ("kind", "discount")), _connector="OR"
                ),
                name="ledger_discount_of_charge",
            ),
        ),
        migrations.RunSQL(KEPT, BEFORE),
    ]
