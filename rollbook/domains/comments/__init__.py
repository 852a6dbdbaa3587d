"""What people say to each other on a client, a group, a lesson or a cell of the journal; some of it asks to be
resolved. Whom it mentions sees it in a list of their own."""
