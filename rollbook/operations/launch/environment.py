"""What the environment leaves open, filled in: the folder, the key, the address, the database."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rollbook.operations.launch.cluster import OWNER, SERVING, Cluster

CHECKOUT = Path(__file__).resolve().parents[3]


class Misconfigured(Exception):
    """The environment says what cannot be; the sentence is written for whoever started us."""


@contextmanager
def ready() -> Iterator[None]:
    """Django's settings can be read and the database answers while inside."""
    _fill(
        DJANGO_SETTINGS_MODULE="rollbook.config.settings", STATIC_ROOT=str(folder() / "static"),
        FILES=str(folder() / "files"), BACKUP_FOLDER=str(folder() / "backups"),
    )  # fmt: skip
    if not os.environ.get("PUBLIC_URL"):  # on a machine of one's own; in production key and addresses are told
        _fill(PUBLIC_URL=f"http://127.0.0.1:{port()}", LIVE_URL=f"http://127.0.0.1:{live_port()}/live/")
        if not os.environ.get("SECRET_KEY"):  # none is made where none is needed: while an image is built, say
            _fill(SECRET_KEY=_kept_key(folder() / "secret_key"))
    if os.environ.get("DATABASE_URL"):
        yield
        return
    with Cluster(folder() / "postgres").running() as cluster:
        database = os.environ.get("EMBEDDED_DATABASE") or "rollbook"
        cluster.provide(database)
        _fill(DATABASE_URL=cluster.url(SERVING, database), DATABASE_OWNER_URL=cluster.url(OWNER, database))
        yield


def folder() -> Path:
    """Where all that is not code lies: as told, else `var` of the checkout or of the folder one stands in."""
    if told := os.environ.get("ROLLBOOK_VAR"):
        return Path(told).absolute()
    return (CHECKOUT if (CHECKOUT / "pyproject.toml").exists() else Path.cwd()) / "var"


def host() -> str:
    return os.environ.get("HOST") or "127.0.0.1"


def port() -> int:
    """Of the pages; the event stream takes the next one."""
    told = os.environ.get("PORT") or "8000"
    if not (told.isascii() and told.isdigit() and 0 < int(told) < 65535):
        raise Misconfigured(f"PORT is a number from 1 to 65534, not {told!r}.")
    return int(told)


def live_port() -> int:
    return port() + 1


def _fill(**defaults: str) -> None:
    os.environ.update({name: value for name, value in defaults.items() if not os.environ.get(name)})


def _kept_key(path: Path) -> str:
    """The same at every start; of two first starters one wins, and no one ever reads half a key."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, fresh = tempfile.mkstemp(dir=path.parent)  # readable by its owner alone
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            os.link(fresh, path)
        os.unlink(fresh)
    return path.read_text()
