"""The command `rollbook`: run everything or a part of it; any other word is a command of Django."""

import io
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command, execute_from_command_line
from django.db import OperationalError, connections

from rollbook.foundation import logs
from rollbook.operations.launch import environment, programs
from rollbook.operations.launch.cluster import Binaries, NoCluster
from rollbook.operations.launch.environment import Misconfigured
from rollbook.operations.launch.migrating import migrate
from rollbook.operations.launch.supervisor import Program, say, supervise

USAGE = """\
rollbook run           everything: database, pages, event stream, worker (DEMO=0: without demo data; PORT=8000)
rollbook serve         pages only
rollbook live          the event stream only
rollbook worker        background work only
rollbook migrate       bring the database up to date
rollbook createowner   the first person who may do everything
rollbook signinlink    a link that signs its owner in once
rollbook createkey     a key for the API
rollbook import        take in files
rollbook demo          fill an empty database with a lively school
rollbook doctor        check every promise over the whole database
rollbook backup        back up database and files into one file
rollbook prove         try a backup: restore it beside, compare all of it, drop it
rollbook restore       bring a backup back
rollbook bench         measure the performance targets, on a demo
rollbook dbshell       psql, by the role that serves
rollbook help          all other commands
"""


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    logs.configure()
    try:
        sys.exit(_carry_out(sys.argv[1:]))
    except (Misconfigured, NoCluster, ImproperlyConfigured, CommandError, OperationalError) as error:
        sys.exit(f"rollbook: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def _carry_out(args: Sequence[str]) -> int:
    if not args or args[0] in {"-h", "--help"}:
        sys.stdout.write(USAGE)
        return 0
    command, *rest = args
    with environment.ready():
        match command:
            case "run":
                return _run()
            case "serve":
                return _keep_alive(programs.web(), environment.port())
            case "live":
                return _keep_alive(programs.live(), environment.live_port())
            case "worker":
                programs.must_be_filled()
                alone = programs.worker(grace=programs.LONGEST_JOB)  # nobody sits at a terminal and waits
                return supervise([alone], answers=lambda: True, greet=lambda: say("The worker runs."))
            case "dbshell":
                return _dbshell(rest)
            case "migrate" if not any(word.startswith("--database") for word in rest):
                migrate(*rest)
                return 0
            case "bench":  # pages name their files by fingerprints
                django.setup()
                call_command("collectstatic", interactive=False, verbosity=0)
        execute_from_command_line(["rollbook", command, *rest])
    return 0


def _run() -> int:
    for port in (environment.port(), environment.live_port()):
        programs.must_be_free(port)
    django.setup()
    _prepare()
    return supervise(
        [programs.web(), programs.live(), programs.worker()],
        answers=partial(programs.answers, environment.port()),
        greet=_greet,
    )


def _prepare() -> None:
    say("Bringing the database up to date ...")
    migrate("--verbosity", "0")
    call_command("collectstatic", interactive=False, verbosity=0)
    if (scale := os.environ.get("DEMO") or "S") != "0":
        call_command("demo", if_empty=True, scale=scale)
    programs.must_be_filled()
    connections.close_all()


def _greet() -> None:
    say(f"\nRollbook is ready: {os.environ['PUBLIC_URL']}")
    link = io.StringIO()
    try:
        call_command("signinlink", stdout=link)
    except CommandError as error:
        say(f"{error}")
    else:
        say(f"Sign in with this link, good for one time: {link.getvalue().strip()}")
    finally:
        connections.close_all()
    say("Ctrl-C stops it.\n")


def _keep_alive(program: Program, port: int) -> int:
    programs.must_be_free(port)
    programs.must_be_filled()
    greet: Callable[[], None] = partial(say, f"{program.name} answers on port {port}.")
    return supervise([program], answers=partial(programs.answers, port), greet=greet)


def _dbshell(args: Sequence[str]) -> int:
    psql = shutil.which("psql") or Binaries.found().folder / "psql"
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for psql: it ends a statement, not the session
    return subprocess.call([psql, os.environ["DATABASE_URL"], *args])  # noqa: S603
