"""What the ledger promises, kept by the database, whoever writes and however."""

from django.db import migrations

from rollbook.foundation.sql import append_only, take_back

# As its owner, since the serving role may not write balances. Ordered, so that two writers do not deadlock. The row of
# the account is locked before the entries are looked at: two who charge one mark at once wait here for each other.
STORED_BALANCE = """
CREATE FUNCTION billing_ledger_added() RETURNS trigger
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
CREATE TRIGGER ledger_adds_to_balance AFTER INSERT ON billing_ledgerentry
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION billing_ledger_added();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]
    operations = [
        append_only(
            "billing_ledgerentry", "The ledger is append-only: put a mistake right by a reversing entry."
        ),
        take_back("UPDATE, DELETE, TRUNCATE", "billing_ledgerentry"),
        take_back("INSERT, UPDATE, DELETE, TRUNCATE", "billing_account"),
        migrations.RunSQL(STORED_BALANCE, "DROP FUNCTION billing_ledger_added() CASCADE"),
    ]
