from django.urls import path

from rollbook.web.settings import access, closing_days, house, imports, months, organisation, roles, views
from rollbook.web.settings.branches import BRANCHES
from rollbook.web.settings.employees import EMPLOYEES
from rollbook.web.settings.programmes import PROGRAMMES
from rollbook.web.settings.rooms import ROOMS
from rollbook.web.settings.tariffs import TARIFFS

SECTIONS = (BRANCHES, ROOMS, PROGRAMMES, EMPLOYEES, TARIFFS)

urlpatterns = [
    path("settings/", views.index, name="settings"),
    path("settings/organisation/", organisation.rules, name="settings-organisation"),
    path("settings/closing-days/", closing_days.days, name="settings-closing-days"),
    path("settings/months/", months.months, name="settings-months"),
    path("settings/months/<int:branch_id>/<str:month>/closing/", months.close, name="settings-month-closing"),
    path(
        "settings/months/<int:branch_id>/<str:month>/closing/undo/", months.reopen, name="settings-month-closing-undo"
    ),
    path("settings/access/", access.people, name="settings-access"),
    path("settings/access/invite/", access.invite, name="settings-access-invite"),
    path(
        "settings/access/invitations/<int:invitation_id>/revocation/", access.revoke,
        name="settings-access-invitation-revoke",
    ),
    path("settings/access/<int:user_id>/", access.user, name="settings-access-user"),
    path("settings/access/<int:user_id>/grants/", access.give, name="settings-access-grants"),
    path(
        "settings/access/<int:user_id>/grants/<int:grant_id>/undo/", access.take_away,
        name="settings-access-grant-undo",
    ),
    path("settings/access/<int:user_id>/sessions/end/", access.sign_out, name="settings-access-sessions-end"),
    path(
        "settings/access/<int:user_id>/keys/<int:key_id>/revocation/", access.revoke_key,
        name="settings-access-key-revoke",
    ),
    path("settings/access/<int:user_id>/disabling/", access.disable, name="settings-access-disabling"),
    path("settings/access/<int:user_id>/disabling/undo/", access.enable, name="settings-access-disabling-undo"),
    path("settings/imports/", imports.imports, name="settings-imports"),
    path("settings/imports/<int:upload_id>/", imports.upload, name="settings-import"),
    path("settings/imports/runs/<int:run_id>/", imports.run, name="settings-import-run"),
    path("settings/imports/runs/<int:run_id>/undo/", imports.undo, name="settings-import-undo"),
    path("settings/imports/runs/<int:run_id>/errors/", imports.errors, name="settings-import-errors"),
    path("settings/roles/", roles.roles, name="settings-roles"),
    path("settings/roles/new/", roles.new, name="settings-role-new"),
    path("settings/roles/<int:role_id>/edit/", roles.edit, name="settings-role-edit"),
    path("settings/roles/<int:role_id>/removal/", roles.remove, name="settings-role-removal"),
    path("settings/house/", house.state, name="settings-house"),
    path("settings/house/examination/", house.examination, name="settings-house-examination"),
    path("settings/house/backup/", house.backup, name="settings-house-backup"),
    path("settings/closing-days/<int:closing_day_id>/undo/", closing_days.reopen, name="settings-closing-day-undo"),
]
for section in SECTIONS:
    address, name, told = f"settings/{section.name}/", f"settings-{section.name}", {"section": section}
    urlpatterns += [
        path(address, views.listing, told, name=name),
        path(f"{address}new/", views.new, told, name=f"{name}-new"),
        path(f"{address}<int:pk>/edit/", views.edit, told, name=f"{name}-edit"),
        path(f"{address}<int:pk>/archive/", views.archive, told, name=f"{name}-archive"),
        path(f"{address}<int:pk>/archive/undo/", views.restore, told, name=f"{name}-archive-undo"),
    ]
