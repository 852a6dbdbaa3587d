"""Clients, the contacts who are called and who pay for them, and employees. A teacher is an employee
who teaches, with or without a user. Where a client stands is not here: it follows from what is above."""
