"""A lively school to look at, to try things in and to measure with: made up from a seed, the same each time.

`plan` makes it up without a database, `load` writes it. It alone may write past the actions of the domains, by COPY;
the constraints of the database judge its rows like any others, and what triggers would have kept it keeps itself.
"""

UNFINISHED = "unfinished_demo"
"""The table that is there from the first row to the last step: what it lists is what the database lacks."""
