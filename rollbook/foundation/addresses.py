"""Where a database is, for programs and connections that are not Django's."""

from django.db import connections
from psycopg.conninfo import make_conninfo

# What Django tells psycopg itself, beside the address.
NOT_OF_LIBPQ = {"cursor_factory", "context", "prepare_threshold"}


def address_of(alias: str, **other: str) -> str:
    """As the alias reaches its database; `other` says what is to be different: dbname="scratch"."""
    told = connections[alias].get_connection_params()
    return make_conninfo(**{name: value for name, value in told.items() if name not in NOT_OF_LIBPQ} | other)
