"""Tariffs, payments, the append-only ledger and the balances that the database keeps from it."""
