"""The place and the names are those that Django looks for (ENGINE)."""

from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg import IsolationLevel
from psycopg.pq import TransactionStatus

from rollbook.foundation.postgresql import PATIENCE

STATEMENTS_KEPT = 400
"""Whose plan is kept on a connection: those of a page, for each kind of rights that it serves."""


class Connection(psycopg.Connection[Any]):
    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """What the server says; OperationalError where it says nothing for long, for whatever reason."""
        try:
            return super().wait(gen, interval, PATIENCE if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.close()  # its answer may come yet, and would be taken for that of the next question
            raise


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        self.isolation_level = IsolationLevel.READ_COMMITTED
        connection = Connection.connect(**conn_params)
        connection.prepared_max = STATEMENTS_KEPT
        return connection
