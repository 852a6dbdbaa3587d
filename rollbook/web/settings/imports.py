"""Files are brought in: sent, looked at, taken in by a worker, and taken back as a whole."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from rollbook.domains.access.actor import Permission
from rollbook.domains.imports import queries as kept
from rollbook.domains.imports.queries import UploadCard
from rollbook.foundation import uploads
from rollbook.foundation.errors import Declined, InvalidInput, NotAllowed, NotFound, Refused, status_of
from rollbook.foundation.tables import ENCODINGS, MAX_BYTES, SEPARATORS
from rollbook.foundation.tables.apart import Options
from rollbook.screens import choices
from rollbook.screens.settings import imports as screen
from rollbook.web.editing import take
from rollbook.web.files import download, takes_file
from rollbook.web.forms import Form, OneOf, WholeField
from rollbook.web.pages import see_other, show
from rollbook.web.settings.contents import contents
from rollbook.workflows import file_imported, file_uploaded, import_undone
from rollbook.workflows.file_imported import KINDS, LineProblem

SEPARATOR_NAMES = {";": _("semicolon"), ",": _("comma"), "\t": _("tab"), "|": _("vertical bar")}
STAGES: Mapping[str, str | Promise] = {
    "": _("Waiting for its turn: imports are taken in one after another…"), "reading": _("Reading the file…"),
    "taking": _("Going through the lines…"), "writing": _("Writing down…"),
}
WORDS: Mapping[str, str | Promise] = {
    **{target: import_undone.WORDS[of.model] for target, of in import_undone.TARGETS.items()},
    "worked_off": _("Misses worked off by hand"),
}
# Where what was added is found.
DOORS = {
    "clients": "clients", "contacts": "clients", "relations": "clients", "payments": "clients", "groups": "groups",
    "enrolments": "groups", "slots": "groups", "lessons": "groups", "marks": "groups",
    "programmes": "settings-programmes", "rooms": "settings-rooms", "employees": "settings-employees",
    "closing_days": "settings-closing-days", "tariffs": "settings-tariffs",
}
TYPES = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv"}


class CheckForm(Form):
    """What was recognised in a file, to be put right: how it is read, what it is about, and which column means what."""

    kind = forms.ChoiceField(label=_("The file is about"))
    branch = OneOf(choices.branches(Permission.SETTINGS_EDIT), label=_("Branch"), required=False)
    duplicates = forms.ChoiceField(
        label=_("Who is here already"), widget=forms.RadioSelect,
        choices=[
            ("join", _("gets what is missing: new contacts, enrolments; nothing of theirs is changed")),
            ("skip", _("is left out, with the whole line")),
        ],
    )
    encoding = forms.ChoiceField(label=_("Encoding"), required=False)
    separator = forms.ChoiceField(label=_("Separator"), required=False)
    sheet = forms.ChoiceField(label=_("Sheet"), required=False)
    header = WholeField(
        label=_("Line of the column names"), largest=100_000, required=False, help_text=_("Empty: recognised.")
    )

    def __init__(self, *data: Any, upload: UploadCard, **how: Any) -> None:
        about, options = upload.described or {}, upload.options
        self.columns: tuple[str, ...] = tuple(about.get("columns", ()))
        meant = {f"column-{n}": upload.columns.get(name, "") for n, name in enumerate(self.columns)}
        standing = {
            "kind": upload.kind, "branch": upload.branch_id, "duplicates": upload.duplicates, **options,
            "header": options.get("header") or "", **meant,
        }
        super().__init__(*data, initial=standing, **how)
        self.fields["kind"].choices = [(kind.name, gettext(kind.label)) for kind in KINDS.values()]
        self.fields["encoding"].choices = _recognised(about, "encoding", {name: name for name in ENCODINGS})
        self.fields["separator"].choices = _recognised(about, "separator", {s: SEPARATOR_NAMES[s] for s in SEPARATORS})
        self.fields["sheet"].choices = _recognised(about, "sheet", {name: name for name in about.get("sheets", ())})
        if about.get("format") != "csv":
            del self.fields["encoding"], self.fields["separator"]
        if len(about.get("sheets", ())) < 2:
            del self.fields["sheet"]
        if about.get("format") == "json":
            del self.fields["header"]
        meanings = [("", "—"), *((column.name, gettext(column.label)) for column in KINDS[upload.kind].columns)]
        for name, column in zip(meant, self.columns, strict=True):
            self.fields[name] = forms.ChoiceField(label=column, choices=meanings, required=False)

    def clean(self) -> dict[str, Any]:
        """A choice that belongs to another way of reading is none any more."""
        said = self.cleaned_data
        if said.get("kind") != self.initial["kind"]:
            for name in list(self.errors):
                if name.startswith("column-"):
                    del self.errors[name]
        return said

    @property
    def options(self) -> Options:
        said = self.cleaned_data
        texts = {name: said.get(name) or "" for name in ("encoding", "separator", "sheet")}
        return Options(**texts, header=said.get("header") or 0)

    @property
    def is_read_otherwise(self) -> bool:
        standing = Options(**{name: self.initial[name] or default for name, default in _BLANK.items()})
        return self.options != standing or self.cleaned_data["kind"] != self.initial["kind"]

    @property
    def meanings(self) -> dict[str, str]:
        said = {name: self.cleaned_data.get(f"column-{n}") for n, name in enumerate(self.columns)}
        return {name: meaning for name, meaning in said.items() if meaning}


_BLANK: Mapping[str, Any] = {"encoding": "", "separator": "", "sheet": "", "header": 0}


def _recognised(about: Mapping[str, Any], name: str, names: Mapping[str, Any]) -> list[tuple[str, object]]:
    found = names.get(about.get(name, ""), "")
    return [("", gettext("recognised: {what}").format(what=found) if found else "—"), *names.items()]


@takes_file(MAX_BYTES)
@require_http_methods(["GET", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """All imports; by POST a file is sent."""
    if request.method == "GET":
        return _listing(request)
    screen.listing(by=request.actor)  # whoever may not is told so before their file is looked at
    try:
        sent = request.FILES.get("file")
        if sent is None:
            raise InvalidInput({"file": gettext("Choose a file.")})
        upload_id = file_uploaded.send(
            name=uploads.clean_name(sent.name or ""), data=sent.read(MAX_BYTES + 1), at=timezone.now(),
            by=request.actor,
        )
    except (NotAllowed, NotFound):
        raise
    except Declined as declined:
        return _listing(request, status_of(declined), declined)
    return see_other("settings-import", upload_id)


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest, upload_id: int) -> HttpResponse:
    """A file, and how it is meant. By POST: read it otherwise, try it, or take it in."""
    found = screen.check(upload_id=upload_id, by=request.actor)
    if found.upload.described is None:
        return _page(request, "forgotten.html", check=found)
    if request.method == "GET":
        return _check(request, found, CheckForm(by=request.actor, upload=found.upload))
    form = CheckForm(request.POST, by=request.actor, upload=found.upload)

    def act() -> HttpResponse:
        said, wanted = form.cleaned_data, request.POST.get("do", "")
        if form.is_read_otherwise or wanted not in {"try", "import"}:
            if form.is_read_otherwise:
                file_uploaded.read_again(
                    upload_id=upload_id, options=form.options, kind=said["kind"], branch_id=said["branch"],
                    duplicates=said["duplicates"], by=request.actor,
                )
            return see_other("settings-import", upload_id)
        file_uploaded.choose(
            upload_id=upload_id, columns=form.meanings, branch_id=said["branch"], duplicates=said["duplicates"],
            by=request.actor,
        )
        run_id = file_uploaded.order(
            upload_id=upload_id, is_trial=wanted == "try", at=timezone.now(), by=request.actor
        )
        return see_other("settings-import-run", run_id)

    return take(form, act, lambda status, refusal: _check(request, found, form, status, refusal))


@require_http_methods(["GET", "POST"])
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """How far a run is, or what came of it. By POST what was tried is taken in."""
    found = screen.run(run_id=run_id, by=request.actor)
    if request.method == "GET":
        return _run(request, found)
    try:
        ordered = file_uploaded.order_tried(run_id=run_id, at=timezone.now(), by=request.actor)
    except (Refused, InvalidInput) as declined:
        return _run(request, found, status_of(declined), declined)
    return see_other("settings-import-run", ordered)


@require_http_methods(["GET", "POST"])
def undo(request: HttpRequest, run_id: int) -> HttpResponse:
    """What will go if the import is undone, and what stands in the way of it."""
    found = screen.run(run_id=run_id, by=request.actor)
    try:
        if request.method == "POST":
            import_undone.undo(run_id=run_id, at=timezone.now(), by=request.actor)
            return see_other("settings-import-run", run_id)
        obstacles = import_undone.in_the_way(run_id=run_id, by=request.actor)
    except Refused as refused:
        return _page(
            request, "undo.html", status=status_of(refused), shown=found, obstacles=(), refusal=refused, words=WORDS
        )
    return _page(request, "undo.html", shown=found, obstacles=obstacles, refusal=None, words=WORDS)


@require_GET
def errors(request: HttpRequest, run_id: int) -> HttpResponse:
    """The lines that were set aside, with the reasons, as a table to be put right and sent again."""
    form = request.GET.get("form", "csv")
    card = file_uploaded.as_read(run_id=run_id, by=request.actor)
    if form not in TYPES:
        raise NotFound
    problems = [LineProblem(**each) for each in kept.problems(run_id=run_id, by=request.actor)]
    data = file_imported.error_file(
        name=card.name, file=kept.content(upload_id=card.upload_id, by=request.actor),
        options=Options(**card.options), problems=problems, form=form, by=request.actor,
    )
    stem = card.name.rpartition(".")[0] or card.name
    return download(data, name=f"{stem[:80]} - {gettext('errors')}.{form}", content_type=TYPES[form])


def _listing(request: HttpRequest, status: int = 200, refusal: Declined | None = None) -> HttpResponse:
    told = request.GET.get("before", "")
    before = int(told) if told.isascii() and told.isdigit() and len(told) < 19 else None
    found = screen.listing(before=before, by=request.actor)
    older = f"{reverse('settings-imports')}?before={found.next}" if found.next else None
    kinds = {kind.name: gettext(kind.label) for kind in KINDS.values()}
    return _page(
        request, "list.html", status=status, listing=found, refusal=refusal, kinds=kinds, older=older, before=before,
        most=MAX_BYTES // 1024**2,
    )


def _check(
    request: HttpRequest, found: screen.Check, form: CheckForm, status: int = 200, refusal: Refused | None = None
) -> HttpResponse:
    rows = found.upload.described["rows"] if found.upload.described else ()
    examples = [next((row["cells"][n] for row in rows if n < len(row["cells"]) and row["cells"][n]), "")
                for n in range(len(form.columns))]
    return _page(
        request, "check.html", block="check", status=status, check=found, form=form, refusal=refusal,
        separator=SEPARATOR_NAMES.get((found.upload.described or {}).get("separator", ""), ""), examples=examples,
        certain=found.upload.described["certain"] if found.upload.described else {},
    )


def _run(
    request: HttpRequest, found: screen.Shown, status: int = 200, refusal: Declined | None = None
) -> HttpResponse:
    problems = [(each["line"], LineProblem(**each)) for each in found.problems]
    return _page(
        request, "run.html", block="run", status=status, shown=found, refusal=refusal, stages=STAGES, words=WORDS,
        doors={target: reverse(name) for target, name in DOORS.items()},
        problems=[(line, each.column, gettext(each.reason).format(**each.values)) for line, each in problems],
    )


def _page(
    request: HttpRequest, template: str, *, block: str = "page", status: int = 200, **context: Any
) -> HttpResponse:
    return show(
        request, f"settings/imports/{template}", block=block, status=status,
        contents=contents(request, current="settings-imports"), **context,
    )
