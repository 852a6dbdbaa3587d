"""Pages of settings: each list is a file that says what its form asks and which calls take it."""
