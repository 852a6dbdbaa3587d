"""What is done for the data every night. The history says when; where nothing was ever backed up nothing is promised,
and `lacking` says so."""

from django.utils.translation import gettext_noop as _

from rollbook.operations.doctor.promise import Promise

PROMISES = (
    Promise(
        "backups_go_on",
        _("Since there are backups, the newest is less than two days old."),
        """
        SELECT to_char(max(at), 'YYYY-MM-DD HH24:MI') FROM history_entry
        WHERE subject = 'house' AND verb = 'house.backed_up' HAVING max(at) < now() - interval '48 hours'
        """,
    ),
    Promise(
        "proofs_go_on",
        _("Since backups are tried, the newest that could be restored was made less than two days ago."),
        """
        SELECT to_char(max(made), 'YYYY-MM-DD HH24:MI') FROM (
          SELECT coalesce((new ->> 'made_at')::timestamptz, at) made FROM history_entry
          WHERE subject = 'house' AND verb = 'house.proven'
        ) proven HAVING max(made) < now() - interval '48 hours'
        """,
    ),
    Promise(
        "backups_come_back",
        _("Of the last two backups that were tried one at least could be restored."),
        """
        SELECT to_char(max(at), 'YYYY-MM-DD HH24:MI') FROM (
          SELECT at, verb FROM history_entry
          WHERE subject = 'house' AND verb IN ('house.proven', 'house.proof_failed') ORDER BY at DESC, id DESC LIMIT 2
        ) last HAVING count(*) FILTER (WHERE verb = 'house.proof_failed') = 2
        """,
    ),
)
