"""What is given away: whoever installs it has all of it, and needs neither the sources nor Node."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from urllib.request import urlopen

import pytest
from django.conf import settings

from rollbook.operations.launch.programs import answers
from tests.databases import ROOT, address_of
from tests.servers import free_port

BUILD = "from setuptools import build_meta; build_meta.build_wheel('.')"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    for part in ("pyproject.toml", "README.md", "LICENSE", "requirements.in"):
        shutil.copy(ROOT / part, folder)
    shutil.copytree(ROOT / "rollbook", folder / "rollbook", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-c", BUILD], cwd=folder, check=True, capture_output=True)
    (made,) = folder.glob("rollbook-*.whl")
    return made


@pytest.fixture
def installed(wheel, tmp_path, own_database):
    """Unpacked, beside the packages it needs; commands are run where no sources are."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    told = {
        "PYTHONPATH": str(tmp_path / "installed"), "PATH": "/nowhere", "ROLLBOOK_VAR": str(tmp_path / "var"),
        "DATABASE_URL": address_of(own_database, "default"), "SECRET_KEY": settings.SECRET_KEY,
        "DATABASE_OWNER_URL": address_of(own_database, "owner"), "PORT": str(free_port()), "WEB_WORKERS": "1",
    }  # fmt: skip
    kept = {name: value for name, value in os.environ.items() if name in {"HOME", "TMPDIR", "LANG"}}
    return tmp_path, kept | told


def rollbook(installed, *command):
    folder, environment = installed
    launch = [sys.executable, "-m", "rollbook.operations.launch", *command]
    return subprocess.Popen(launch, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def test_all_of_the_package_is_in_it(wheel):
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if not name.startswith("rollbook-")}
    here = {
        str(path.relative_to(ROOT)) for path in (ROOT / "rollbook").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name != ".made"
    }  # fmt: skip
    assert {name for name in inside if not name.endswith(".made")} == here
    assert "rollbook/web/static/built/app.css" in inside
    assert "rollbook/web/static/built/fonts/NotoSans-Regular.ttf" in inside
    assert "rollbook/web/static/built/fonts/NotoSans-LICENSE.txt" in inside
    assert "rollbook/locale/ru/LC_MESSAGES/django.mo" in inside


def test_it_serves_without_the_sources(installed):
    for command in (("migrate", "--verbosity", "0"), ("collectstatic", "--noinput", "--verbosity", "0")):
        done = rollbook(installed, *command)
        said = done.communicate()[1]
        assert done.returncode == 0, said
    services = [rollbook(installed, command) for command in ("serve", "live", "worker")]
    try:
        port = int(installed[1]["PORT"])
        while not (answers(port) and answers(port + 1)):
            assert all(service.poll() is None for service in services)
        with urlopen(f"http://127.0.0.1:{port}/account/login/") as page:
            (style,) = re.findall(r'href="(/static/built/app[^"]*\.css)"', page.read().decode())
        with urlopen(f"http://127.0.0.1:{port}{style}") as answer:
            assert answer.headers["Content-Type"].startswith("text/css")
            assert "immutable" in answer.headers["Cache-Control"]
    finally:
        for service in services:
            service.terminate()
        said = b"".join(service.communicate()[1] for service in services)
    assert b"Traceback" not in said
