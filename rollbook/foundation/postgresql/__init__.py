"""Django's PostgreSQL as pages use it: whoever waits for an answer that does not come is told so in time."""

PATIENCE = 10  # seconds until a page gives up on one statement
SERVER_PATIENCE = 15  # seconds until the server does
"""The longer one: a server that ends a commit which waits for a standby answers as if all were well. Whoever gave up
before is told that nobody knows."""

PLANNED_ONCE = ("plan_cache_mode", "force_generic_plan")
"""Told to the server where pages ask. Left to itself it plans a statement anew each time, if that asks for one of a
list: it takes the list of ten that it guesses for dearer than the one that comes."""
