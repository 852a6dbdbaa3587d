"""A lively school to look at, to try things in and to measure with: made up from a seed, the same each time.

`plan` makes it up without a database, `load` writes it. It alone may write past the actions of the domains, by COPY;
the constraints and triggers of the database judge its rows like any others.
"""
