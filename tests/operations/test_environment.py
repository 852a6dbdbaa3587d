import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from rollbook.operations.launch import environment
from rollbook.operations.launch.environment import Misconfigured


@pytest.fixture
def var(tmp_path, monkeypatch):
    """A folder of an installation's own, and an environment that says only where the database is."""
    monkeypatch.setattr(environment, "CHECKOUT", tmp_path)
    (tmp_path / "pyproject.toml").touch()
    address = os.environ["DATABASE_URL"]
    for name in ("SECRET_KEY", "PUBLIC_URL", "LIVE_URL", "STATIC_ROOT", "PORT", "HOST"):
        monkeypatch.delenv(name, raising=False)
    with monkeypatch.context() as inner:
        inner.setattr(os, "environ", {"DATABASE_URL": address, "PATH": os.environ["PATH"]})
        yield tmp_path / "var"


def test_a_key_is_made_once_and_readable_by_its_owner_alone(var):
    with environment.ready():
        key = os.environ["SECRET_KEY"]
    del os.environ["SECRET_KEY"], os.environ["PUBLIC_URL"]
    with environment.ready():
        assert os.environ["SECRET_KEY"] == key
    assert len(key) >= 50
    assert (var / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in var.iterdir()] == ["secret_key"]


def test_where_a_key_is_told_none_is_made(var):
    """It would be part of an image, and the same for all who take it."""
    os.environ["SECRET_KEY"] = "told"
    with environment.ready():
        assert os.environ["SECRET_KEY"] == "told"
    assert not var.exists()


def test_first_starters_at_once_have_one_key(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(environment._kept_key, [tmp_path / "secret_key"] * 32))
    assert len(keys) == 1


def test_on_a_machine_of_ones_own_the_addresses_follow_from_the_port(var):
    os.environ["PORT"] = "9000"
    with environment.ready():
        assert os.environ["PUBLIC_URL"] == "http://127.0.0.1:9000"
        assert os.environ["LIVE_URL"] == "http://127.0.0.1:9001/live/"


def test_in_production_nothing_is_made_up(var):
    os.environ["PUBLIC_URL"] = "https://crm.example.org"
    with environment.ready():
        assert "SECRET_KEY" not in os.environ
        assert "LIVE_URL" not in os.environ
    assert not var.exists()


@pytest.mark.parametrize("nonsense", ["0", "65535", "80a", "-1", "8000.5", "٨٠٠٠"])
def test_a_port_that_is_none_is_refused(var, nonsense):
    os.environ["PORT"] = nonsense
    with pytest.raises(Misconfigured, match="PORT is a number"):
        environment.port()


def rollbook(*args, **changed):
    return subprocess.run(
        [sys.executable, "-m", "rollbook.operations.launch", *args],
        env=os.environ | changed, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_the_command_alone_says_what_there_is():
    done = rollbook()
    assert done.returncode == 0
    assert "rollbook run" in done.stdout


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"DATABASE_OWNER_URL": "postgresql://nobody@127.0.0.1:1/none"}, "rollbook: connection failed"),
        ({"DATABASE_URL": "not an address"}, "rollbook: DATABASE_URL is no PostgreSQL address"),
        ({"SECRET_KEY": "short"}, "rollbook: Set SECRET_KEY"),
        ({"PUBLIC_URL": "http://crm.example.org"}, "rollbook: Passwords must not travel in the open"),
        ({"PORT": "none"}, "rollbook: PORT is a number"),
    ],
)
def test_what_is_misconfigured_is_one_sentence(changed, sentence):
    done = rollbook("migrate", "--check", **changed)
    assert done.returncode == 1
    assert done.stderr.startswith(sentence)
    assert "Traceback" not in done.stderr
