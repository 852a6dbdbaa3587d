"""The promises the layout makes that an import contract cannot keep."""

import ast
import dataclasses
import inspect
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import FunctionType
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import Model
from django.template import engines
from jinja2 import nodes

import rollbook
from rollbook.domains.access.scoping import Scope

ROOT = Path(rollbook.__path__[0])
TEMPLATES = ROOT / "web" / "templates"
CONTRACTS = tomllib.loads((ROOT.parent / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
DOMAINS = next(contract["layers"] for contract in CONTRACTS if contract["id"] == "domains")
INTERFACES = ("web", "api", "jobs", "connectors")

WITHOUT_SCOPE = {
    "access.ApiKey": "read by its digest",
    "access.Grant": "read through its user",
    "access.Invitation": "read by its digest, and listed to whoever invited",
    "access.Organisation": "one row, whose rules hold for all",
    "access.Role": "a set of words; who holds it is read through its users",
    "access.Session": "read by the secret of a cookie",
    "access.SignIn": "read through its user",
    "access.SignInLink": "read by its digest",
    "billing.CoveredMark": "read through its mark, or its subscription",
    "billing.SubscriptionDiscount": "read through its subscription",
    "billing.SubscriptionGroup": "read through its subscription",
    "billing.Tariff": "a price list of the whole organisation; what it prices is read through TariffUse",
    "comments.Mention": "read through its comment, and by whom it is for",
    "fields.Choice": "only words; all branches share them",
    "groups.Programme": "what is taught is no secret; all branches share it",
    "history.Entry": "read through what it tells of",
    "history.Reading": "read through whose card it was, or through who read it",
    "imports.ImportedRow": "read by an import, which may do everything",
    "imports.KnownHeader": "how a file was read, for those who may set everything",
    "imports.Run": "read by an import, which may do everything",
    "imports.Upload": "for those who may set everything",
    "people.Management": "read through its employee",
    "schedule.LessonTeacher": "read through its lesson",
    "schedule.LessonType": "what a lesson may be is no secret; all branches share it",
}
ASKS_NOBODY = {
    "rollbook.domains.access.queries.first_owner": "for whoever runs the installation, before anybody has signed in",
    "rollbook.domains.access.queries.house": "the rules of the organisation, which hold for all",
    "rollbook.domains.access.queries.lives": "asked by the secret of a link, before anybody has signed in",
    "rollbook.domains.access.queries.promised": "asked by the secret of a link, before anybody has signed in",
    "rollbook.domains.access.queries.role_names": "only words",
    "rollbook.domains.access.queries.session_of": "read by the secret of a cookie",
    "rollbook.domains.access.queries.time_zones": "tells of no row",
    "rollbook.domains.access.queries.user_of_login": "here it turns out who asks",
    "rollbook.domains.access.queries.user_to_sign_in": "here it turns out who asks",
    "rollbook.domains.billing.actions.closing.booked_on": "arithmetic of what it is given",
    "rollbook.domains.billing.actions.closing.open_days": "where what an act has decided already is booked",
    "rollbook.domains.billing.actions.covering.covers": "facts by which marks are priced; the lessons were picked",
    "rollbook.domains.billing.actions.instalments.due": "arithmetic of what it is given",
    "rollbook.domains.billing.actions.subscriptions.once": "arithmetic of what it is given",
    "rollbook.domains.billing.queries.terms.switches_of": "arithmetic of what it is given",
    "rollbook.domains.history.queries.newest": "for metrics and for the page of the house, which asks",
    "rollbook.domains.imports.actions.refusing.refuse": "raises what it is given",
    "rollbook.domains.schedule.actions.months.keep_open": "holds what is closed by others, and changes nothing",
    "rollbook.domains.schedule.queries.reason_in_words": "puts into words what it is given",
    "rollbook.screens.choices.branches": "answers with a call that asks",
    "rollbook.screens.choices.reasons": "answers with a call that asks",
    "rollbook.screens.due.due": "arithmetic of what was asked",
    "rollbook.screens.reckoning.in_words": "puts into words what it is given",
    "rollbook.screens.renewals.next_month": "arithmetic of what it is given",
    "rollbook.screens.rules_in_words.rules_in_words": "puts into words what it is given",
    "rollbook.screens.explained.period": "puts into words what it is given",
    "rollbook.screens.explained.text": "puts into words what it is given",
    "rollbook.screens.requesting.parts_of": "puts into words what it is given",
    "rollbook.screens.requesting.proposed": "tells of no row",
    "rollbook.screens.requesting.text": "puts into words what it is given",
    "rollbook.workflows.access_given.branches_of": "facts by which the action below decides",
    "rollbook.workflows.access_given.places_of": "facts by which the action below decides",
    "rollbook.workflows.file_imported.refuse_nonsense": "raises where what it is given makes no sense",
    "rollbook.workflows.journals_told.tell": "tells open pages that something is new, and not what",
}
WITH_POSITIONS = {
    "rollbook.domains.billing.actions.closing.open_days": "pairs, and nothing to be confused",
    "rollbook.domains.billing.actions.instalments.due": "one subscription, and nothing to be confused",
    "rollbook.domains.billing.queries.terms.switches_of": "one tariff or subscription, and nothing to be confused",
    "rollbook.domains.imports.actions.refusing.refuse": "a list of problems, and nothing to be confused",
    "rollbook.domains.journal.actions.window.refuse_too_late": "a lesson, days, a moment, who asks: each its own kind",
    "rollbook.domains.schedule.actions.months.refuse_closed": "a branch, and its days",
    "rollbook.domains.schedule.queries.reason_in_words": "a choice and a note, and nothing to be confused",
    "rollbook.screens.choices.branches": "one permission, and nothing to be confused",
    "rollbook.screens.choices.reasons": "one list, and nothing to be confused",
    "rollbook.screens.reckoning.in_words": "one reckoning, and nothing to be confused",
    "rollbook.screens.rules_in_words.rules_in_words": "one subscription, and nothing to be confused",
    "rollbook.workflows.access_given.branches_of": "one set of ids, and nothing to be confused",
    "rollbook.workflows.access_given.places_of": "one id, and nothing to be confused",
    "rollbook.workflows.journals_told.tell": "clients, and nothing to be confused",
}
MAY_WRITE = {
    "operations/bench/": "signs a browser of its own in and out; all else it writes goes through pages and actions",
    "operations/demo/": "the demo writes past the actions, by COPY",
    "operations/launch/": "starts processes and knows no table: its sets are Python's",
    "web/live.py": "knows no table: its sets are Python's",
}
MAY_SPEAK_SQL = {
    "foundation/compiled.py": "asks anew what the ORM has compiled",
    "foundation/copying.py": "COPY, for actions that write thousands of rows",
    "foundation/live.py": "NOTIFY",
    "foundation/replica.py": "whether a standby keeps up",
    "foundation/sql.py": "what migrations give and take",
    "operations/": "the database as a whole: its cluster, its roles, COPY",
    "web/live.py": "LISTEN",
}
MAY_HOLD_ROWS = {
    "web/account/": "allauth and the sessions of Django take and give a user's row, not a value",
}
SAFE: dict[str, str] = {}  # a template that says |safe, and why it may

WRITES = {
    "save", "asave", "create", "acreate", "get_or_create", "update_or_create", "bulk_create", "bulk_update", "delete",
    "adelete", "aupdate", "update", "add", "set", "clear", "remove",
}
OF_SETS_AS_WELL = {"update", "add", "set", "clear", "remove"}
SQL = {"cursor", "execute", "executemany", "executescript", "raw", "extra", "RawSQL"}
QUERIES = {
    "objects", "_default_manager", "_base_manager", "raw", "cursor", "visible_to", "pick", "pick_to_change", "whole_to",
    "pick_whole", "held_on", "select_related", "prefetch_related", "refresh_from_db",
}
QUERIES_OF_TEMPLATES = QUERIES | {"all", "filter", "exclude", "order_by", "values_list", "exists"}
OURS = [model for model in apps.get_models() if model.__module__.startswith("rollbook.")]
SCOPED = [model for model in OURS if model._meta.label not in WITHOUT_SCOPE]
PAGES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.*"))


@cache
def parsed(path: Path) -> list[Any]:
    """All nodes of a file."""
    return list(ast.walk(ast.parse(path.read_text())))


def imports(path: Path) -> Iterator[tuple[ast.ImportFrom, str, str]]:
    """What a file has from us: where, the module, the name."""
    for node in parsed(path):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rollbook"):
            for alias in node.names:
                yield node, node.module or "", alias.name


def sources(*parts: str, apart_from: dict[str, str] | None = None) -> Iterator[Path]:
    """Python files, without migrations and what is listed with a reason."""
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT)
        if "migrations" in name.parts or (parts and name.parts[0] not in parts):
            continue
        if not name.as_posix().startswith(tuple(apart_from or ())):
            yield path


def where(path: Path, node: Any, name: str) -> str:
    return f"{path.relative_to(ROOT)}:{node.lineno} {name}"


def names(path: Path) -> Iterator[tuple[str, str]]:
    """Every name and every `.name` of a file, and where it is."""
    for node in parsed(path):
        if isinstance(node, ast.Attribute | ast.Name):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            yield name, where(path, node, name)


def is_actions(path: Path) -> bool:
    return path.name == "actions.py" or "actions" in path.parts


# Who writes, who asks, and in which words -----------------------------------------------------------------------------


def test_only_actions_write():
    """By the names of the ORM's writing methods. Sets and dictionaries of Python have some of them, too: those are
    called on a name, as `seen.add(...)`, and a queryset or a manager on what stands behind a dot or a call."""
    found = [
        where(path, call, call.func.attr)
        for path in sources(apart_from=MAY_WRITE) if not is_actions(path)
        for call in calls(path) if call.func.attr in WRITES and not is_of_a_set(call) and not is_of_a_module(path, call)
    ]
    assert not found, "only actions.py, or a file of a package actions/, may write"


def test_only_actions_write_past_the_orm():
    found = [
        where(path, node, name)
        for path in sources(apart_from=MAY_WRITE)
        if not is_actions(path) and not path.is_relative_to(ROOT / "foundation")
        for node, module, name in imports(path)
        if module.startswith("rollbook.foundation.") and name in {"insert", "copy_in", "copy_new"}
    ]
    assert not found


def calls(path: Path) -> Iterator[Any]:
    """Calls of `something.name(...)`, but not those that decorate."""
    decorators = {id(d) for node in parsed(path) for d in getattr(node, "decorator_list", ())}
    for node in parsed(path):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and id(node) not in decorators:
            yield node


def is_of_a_set(call: Any) -> bool:
    on = call.func.value
    by_default = isinstance(on, ast.Call) and getattr(on.func, "attr", "") == "setdefault"
    plain = isinstance(on, ast.Name) and not (call.func.attr == "update" and call.keywords)
    return call.func.attr in OF_SETS_AS_WELL and (plain or by_default)


def is_of_a_module(path: Path, call: Any) -> bool:
    """`owner_created.create(...)`: a call of ours that happens to have such a name."""
    ours = {name for _node, _module, name in imports(path) if name.islower()}
    return isinstance(call.func.value, ast.Name) and call.func.value.id in ours


def test_sql_is_spoken_in_few_places():
    found = [
        place for path in sources(apart_from=MAY_SPEAK_SQL) if not is_actions(path)
        for name, place in names(path) if name in SQL
    ]
    assert not found, "SQL belongs into migrations, actions and what MAY_SPEAK_SQL lists with a reason"


def test_interfaces_never_query():
    interfaces = sources(*INTERFACES, apart_from=MAY_HOLD_ROWS)
    found = [place for path in interfaces for name, place in names(path) if name in QUERIES]
    assert not found, "an interface calls a screen, a query, a workflow or an action"


def test_interfaces_know_no_rows():
    """The words of a model (its choices) are for all; its rows are not."""
    found = [
        where(path, node, name)
        for path in sources(*INTERFACES, apart_from=MAY_HOLD_ROWS)
        for node, module, name in imports(path) if is_a_row(imported(module, name))
    ]
    assert not found


def is_a_row(thing: object) -> bool:
    return isinstance(thing, type) and issubclass(thing, Model)


def test_nothing_happens_behind_the_back():
    """What follows from an act is read in its workflow: no signals, no save() that does more, no hidden order."""
    assert not [model._meta.label for model in OURS if {"save", "delete"} & set(vars(model))]
    assert not [model._meta.label for model in OURS if model._meta.ordering]
    signals = {"receiver", "pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed"}
    assert not [place for path in sources() for name, place in names(path) if name in signals]


# What is public, and who asks -----------------------------------------------------------------------------------------


def modules(*parts: str) -> Iterator[str]:
    for module in walk_packages(rollbook.__path__, "rollbook."):
        if set(parts) & set(module.name.split(".")):
            yield module.name


def package(module: str) -> str:
    """`rollbook.domains.people.actions` of all its files; a file outside of actions and queries is its own."""
    return re.sub(r"(\.(?:actions|queries))\..*", r"\1", module)


def imported(module: str, name: str) -> object:
    """What `from module import name` gives: something of it, or a module of the package."""
    holder = import_module(module)
    return getattr(holder, name) if hasattr(holder, name) else import_module(f"{module}.{name}")


@cache
def used_outside() -> set[FunctionType]:
    """Functions that some file names which does not belong to the same package of actions or queries."""
    used: set[FunctionType] = set()
    for path in sources():
        here = package(".".join(["rollbook", *path.relative_to(ROOT).with_suffix("").parts]))
        bound: dict[str, object] = {}
        for node in parsed(path):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rollbook."):
                module = node.module or ""
                bound |= {alias.asname or alias.name: imported(module, alias.name) for alias in node.names}
        through = [
            getattr(bound.get(node.value.id), node.attr, None)
            for node in parsed(path) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
            if inspect.ismodule(bound.get(node.value.id))
        ]
        functions = (thing for thing in [*bound.values(), *through] if isinstance(thing, FunctionType))
        used |= {call for call in functions if package(inspect.unwrap(call).__module__) != here}
    return used


def public_calls() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Actions, queries and the folders above them. What the files of one package share among themselves is not public:
    a call is, if the package names it or somebody outside uses it."""
    for name in modules("actions", "queries", "workflows", "screens", "reports"):
        known = getattr(import_module(package(name)), "__all__", None)
        for call_name, call in inspect.getmembers(import_module(name), inspect.isfunction):
            if inspect.unwrap(call).__module__ != name or call_name.startswith("_"):
                continue
            if known is None or call_name in known or call in used_outside():
                yield f"{name}.{call_name}", call


def test_every_public_call_says_who_asks():
    signatures = {name: inspect.signature(call).parameters for name, call in public_calls()}
    mute = {name for name, parameters in signatures.items() if "by" not in parameters}
    assert len(signatures) > 100
    assert mute == set(ASKS_NOBODY), "a public call takes `by`, or stands in ASKS_NOBODY with a reason"


def test_every_argument_of_a_public_call_is_named():
    positional = {
        name for name, call in public_calls()
        if any(p.kind is not p.KEYWORD_ONLY for p in inspect.signature(call).parameters.values())
    }
    assert positional == set(WITH_POSITIONS), "arguments of a public call are keyword-only"


def test_what_is_read_and_handed_about_cannot_be_changed():
    thawed = [
        f"{name}.{thing.__name__}"
        for name in modules("domains", "workflows", "screens", "reports", "foundation")
        for thing in vars(import_module(name)).values()
        if isinstance(thing, type) and thing.__module__ == name and dataclasses.is_dataclass(thing)
        and not thing.__name__.startswith("_") and not thing.__dataclass_params__.frozen
    ]
    assert not thawed


# What is kept ---------------------------------------------------------------------------------------------------------


def test_foreign_keys_point_down():
    """A foreign key named by a string is an import that the linter cannot see."""
    rank = {domain: height for height, domain in enumerate(reversed(DOMAINS))}
    up = [
        f"{model._meta.label}.{field.name}" for model in OURS for field in model._meta.get_fields()
        if field.is_relation and field.concrete
        and rank.get(field.related_model._meta.app_label, -1) > rank[model._meta.app_label]
    ]
    assert not up


def test_every_model_has_a_scope_or_a_reason():
    scopes = {model._meta.label: getattr(model._default_manager.all(), "scope", None) for model in OURS}
    silent = {label for label, scope in scopes.items() if not isinstance(scope, Scope)}
    assert silent == set(WITHOUT_SCOPE), "a model has a scope, or stands in WITHOUT_SCOPE with a reason"


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model._meta.label)
def test_every_path_of_a_scope_leads_somewhere(model):
    scope = model._default_manager.all().scope
    assert scope.branch
    assert scope.group
    assert scope.own
    for path, target in [
        *((path, "access.Branch") for path in scope.branch),
        *((path, "groups.Group") for path in scope.group),
        *((path, "access.User") for path in scope.own),
    ]:
        field = model._base_manager.filter(**{f"{path}__in": [0]}).query.where.children[0].lhs.target
        found = field.related_model or field.model
        assert found._meta.label == target, path


@pytest.mark.django_db
def test_migrations_are_complete():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


# What a browser gets --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("template", PAGES)
def test_templates_ask_the_database_for_nothing(template):
    """They are given values; all SQL is over before they begin."""
    page = engines["jinja2"].env.parse((TEMPLATES / template).read_text())
    asked = [
        call.node.attr for call in page.find_all(nodes.Call)
        if isinstance(call.node, nodes.Getattr) and call.node.attr in QUERIES_OF_TEMPLATES
    ]
    assert not asked


INLINE = re.compile(
    r"""<style|<script(?![^>]*(?:\ssrc=|\stype="application/json"))|[\s(,"']style\s*=|[\s(,"']on[a-z]+\s*=\s*["'{]"""
    r"""|hx[-_]on|javascript:|js:""",
    re.IGNORECASE,
)


@pytest.mark.parametrize("template", PAGES)
def test_pages_carry_no_script_and_no_style(template):
    """The policy of content forbids both; what is forbidden there would fail silently in a browser."""
    assert not INLINE.findall((TEMPLATES / template).read_text())


def test_html_made_in_python_carries_none_either():
    found = [
        where(path, node, node.value)
        for path in sources("web") for node in parsed(path) if isinstance(node, ast.Constant)
        if isinstance(node.value, str) and "<" in node.value and INLINE.search(node.value)
    ]
    assert not found


def test_text_that_is_not_escaped_has_a_reason():
    said = {page for page in PAGES if re.search(r"\|\s*safe\b|autoescape\s+false", (TEMPLATES / page).read_text())}
    assert said == set(SAFE), "|safe stands in SAFE with a reason"


# What is told to the world --------------------------------------------------------------------------------------------

MACHINE = re.compile(
    r"/work/|/root/|/home/(?!runner\b)[a-z]|/Users/[a-z]|/tmp/bash"  # places on somebody's machine
    r"|(?:extra-)?index-url|--find-links"  # registries of somebody's network
    r"|(?<![-_])\bagents?\b|\bsub-?agents?\b|\blanguage models?\b|\bLLM\b|\bas an AI\b",  # who, or what, typed it
    re.IGNORECASE,
)
HOSTS_OF_PACKAGES = {"registry.npmjs.org", "github.com", "opencollective.com", "www.patreon.com"}


def tracked() -> Iterator[tuple[str, str]]:
    """Every text file under version control."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT.parent, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT.parent / name
        if path.is_file() and path != Path(__file__):
            content = path.read_bytes()
            if b"\0" not in content:
                yield name, content.decode()


def test_nothing_tells_of_the_machine_it_was_written_on():
    found = [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in tracked() for number, line in enumerate(text.splitlines(), 1) if MACHINE.search(line)
    ]
    assert not found


def test_packages_come_from_where_everybody_gets_them():
    says = re.compile(r"package-lock\.json|requirements.*|\.npmrc|pyproject\.toml")
    locks = [text for name, text in tracked() if says.fullmatch(name)]
    hosts = {host for text in locks for host in re.findall(r"https?://([^/\s\"']+)", text)}
    assert len(locks) >= 5
    assert hosts <= HOSTS_OF_PACKAGES
