"""The examples of deploy/ are such as the programs they are for accept, and speak of what there is."""

import re
import shutil
import subprocess

import pytest
import yaml

from tests.databases import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
EXPOSURE = 20  # of 100, as systemd reckons: what a service could do to its machine
SOURCES = (
    "rollbook/config/settings.py", "rollbook/operations/launch/environment.py", "deploy/container/roles.sh",
    "rollbook/operations/launch/programs.py",
)  # fmt: skip


def needed(program):
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed here.")


def test_units_are_such_as_systemd_accepts(tmp_path):
    needed("systemd-analyze")
    for unit in (*UNITS, DEPLOY / "systemd/rollbook.target"):
        # It looks whether the program is there.
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/rollbook/bin/rollbook", "/bin/true"))
    units = [f"./{unit.name}" for unit in UNITS]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    for unit in units:
        shut = ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}", unit]
        assert subprocess.run(shut, cwd=tmp_path, capture_output=True).returncode == 0, unit


def test_there_is_a_unit_for_each_process():
    commands = {re.search(r"^ExecStart=\S+ (\w+)$", unit.read_text(), re.MULTILINE)[1] for unit in UNITS}
    assert commands == {"serve", "live", "worker"}


def test_the_proxy_is_such_as_nginx_accepts(tmp_path):
    needed("nginx")
    needed("openssl")
    key, crt = tmp_path / "key", tmp_path / "crt"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    subprocess.run([*made, "-subj", "/CN=x", "-keyout", key, "-out", crt], check=True, capture_output=True)
    told = (DEPLOY / "nginx/rollbook.conf").read_text()
    told = re.sub(r"/etc/nginx/certificates/\S+\.crt", str(crt), told)
    told = re.sub(r"/etc/nginx/certificates/\S+\.key", str(key), told)
    told = re.sub(r"rollbook-(web|live):", "127.0.0.1:", told)
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ {told} }}")
    done = subprocess.run(["nginx", "-t", "-p", tmp_path, "-c", "nginx.conf"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_proxy_keeps_no_addresses():
    """Of any server, at any place: a link that signs in would lie in its log."""
    told = (DEPLOY / "nginx/rollbook.conf").read_text()
    servers = told.split("\nserver {")[1:]
    assert servers
    for server in servers:
        assert re.findall(r"^\s*access_log (.*);", server, re.MULTILINE) == ["off"]
    assert re.findall(r"^\s*error_log \S+ (.*);", servers[-1], re.MULTILINE) == ["crit"]
    assert "write no addresses into logs" in (ROOT / "docs/production.md").read_text()


def test_containers_are_told_what_is_read():
    whole = yaml.safe_load((DEPLOY / "container/compose.yaml").read_text())
    read = "".join((ROOT / source).read_text() for source in SOURCES)
    ours = [name for name in whole["services"] if name.startswith("rollbook-")]
    assert {whole["services"][name]["command"][0] for name in ours} == {"serve", "live", "worker"}
    for name in (*ours, "migrate"):
        for variable in whole["services"][name]["environment"]:
            assert f'"{variable}"' in read, variable
    asked = set(re.findall(r"\$\{(\w+)", (DEPLOY / "container/compose.yaml").read_text()))
    told = re.findall(r"^(\w+)=", (DEPLOY / "container/.env.example").read_text(), re.MULTILINE)
    assert asked == set(told)


def test_the_proxy_of_containers_begins_anew_with_those_whose_addresses_it_asked_for_once():
    services = yaml.safe_load((DEPLOY / "container/compose.yaml").read_text())["services"]
    named = set(re.findall(r"^\s*server ([\w-]+):\d+;", (DEPLOY / "nginx/rollbook.conf").read_text(), re.MULTILINE))
    assert {name for name, how in services["proxy"]["depends_on"].items() if how.get("restart")} == named


def test_no_image_comes_from_a_place_of_its_own():
    whole = yaml.safe_load((DEPLOY / "container/compose.yaml").read_text())
    images = {service["image"] for service in whole["services"].values()}
    images |= set(re.findall(r"^FROM (\S+)", (DEPLOY / "container/Containerfile").read_text(), re.MULTILINE))
    assert {image for image in images if "/" in image} == set()


def test_roles_of_the_container_are_those_of_the_readme():
    told = re.search(r"```sql\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[1]
    script = (DEPLOY / "container/roles.sh").read_text()
    for line in told.splitlines():
        assert line.replace("'...'", "").partition(" PASSWORD")[0] in script


def test_the_script_of_roles_is_read_by_a_shell():
    subprocess.run(["sh", "-n", DEPLOY / "container/roles.sh"], check=True)
