"""Django's PostgreSQL as pages use it: whoever waits for an answer that does not come is told so in time."""

PATIENCE = 10  # seconds until a page gives up on one statement
SERVER_PATIENCE = 15  # seconds until the server does
"""The longer one: a server that ends a commit which waits for a standby answers as if all were well. Whoever gave up
before is told that nobody knows."""
