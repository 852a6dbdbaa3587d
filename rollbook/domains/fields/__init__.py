"""What the user may word in their own way: lists of choices, in three languages. A choice that was used is archived,
never deleted."""
