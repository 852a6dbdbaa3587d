"""Who may do what with which rows: the organisation, its branches, users, roles, grants, invitations,
keys, and the one way to a queryset for a person. It knows no business table: a scope names its paths as words."""
