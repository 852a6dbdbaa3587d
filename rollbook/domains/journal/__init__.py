"""Marks: one for a client and a lesson, with the switches that held when it was set; make-ups. What a mark
costs is not decided here but handed down."""
