"""What the database itself must be like for the promises to be kept."""

from django.utils.translation import gettext_noop as _

from rollbook.operations.demo import UNFINISHED
from rollbook.operations.doctor.promise import Promise

_LEDGER = "('billing_ledgerentry'), ('history_entry'), ('history_reading'), ('access_signin')"

PROMISES = (
    Promise(
        "filled_whole",
        _("A demo that was begun is there to its last index: what was killed is filled again by the same command."),
        f"SELECT 'unfinished: rollbook demo' WHERE to_regclass('{UNFINISHED}') IS NOT NULL",  # noqa: S608
    ),
    Promise(
        "constraints_hold",
        _("Every constraint is one that was checked against all rows."),
        """
        SELECT format('%s.%s', conrelid::regclass, conname) FROM pg_constraint
        WHERE NOT convalidated AND connamespace = 'public'::regnamespace
        """,
    ),
    Promise(
        "triggers_watch",
        _("No trigger that keeps a promise is switched off."),
        """
        SELECT format('%s.%s', tgrelid::regclass, tgname) FROM pg_trigger
        WHERE NOT tgisinternal AND tgenabled = 'D'
        """,
    ),
    Promise(
        "append_only",
        _("Ledger and history refuse every change, whoever asks."),
        f"""
        SELECT kept.name FROM (VALUES {_LEDGER}) kept (name)
        WHERE NOT EXISTS (
          SELECT FROM pg_trigger WHERE tgrelid = kept.name::regclass AND tgname = kept.name || '_is_append_only'
        )
        """,  # noqa: S608
    ),
    Promise(
        "two_roles",
        _("Whoever serves may change neither ledger nor history nor balances (with one role, triggers refuse it)."),
        f"""
        SELECT format('%s may change %s', current_user, kept.name) FROM (VALUES {_LEDGER}) kept (name)
        WHERE has_table_privilege(kept.name, 'UPDATE') OR has_table_privilege(kept.name, 'DELETE')
        UNION ALL
        SELECT format('%s may write balances', current_user) WHERE has_table_privilege('billing_account', 'UPDATE')
        """,  # noqa: S608
    ),
)
