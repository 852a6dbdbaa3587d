import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from rollbook.operations.launch import cluster as launch
from rollbook.operations.launch.cluster import OWNER, SERVING, SUPERUSER, Cluster, NoCluster


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("cluster") / "postgres", throwaway=True)
    yield cluster
    cluster.destroy()


@pytest.fixture
def running(cluster):
    with cluster.running():
        yield cluster


def connected(cluster, role=SERVING, database="rollbook"):
    return psycopg.connect(cluster.url(role, database), autocommit=True)


def answers(cluster):
    try:
        connected(cluster).close()
    except psycopg.OperationalError:
        return False
    return True


def test_it_answers_inside_and_is_gone_afterwards(cluster):
    with cluster.running():
        assert answers(cluster)
    assert not answers(cluster)


def test_what_the_owner_makes_the_serving_role_may_use_but_not_change(running):
    with connected(running, OWNER) as owner, connected(running) as serving:
        owner.execute("CREATE TABLE IF NOT EXISTS thing (id serial, name text)")
        serving.execute("INSERT INTO thing (name) VALUES ('Иван')")
        for refused in ("DROP TABLE thing", "TRUNCATE thing", "CREATE TABLE other ()", "CREATE DATABASE other"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                serving.execute(refused)


def test_a_new_database_is_born_with_rights_and_extensions(running):
    with connected(running, OWNER, "postgres") as owner:
        owner.execute("CREATE DATABASE born")
    try:
        with connected(running, OWNER, "born") as owner, connected(running, SERVING, "born") as serving:
            owner.execute("CREATE TABLE thing (d daterange, room int, EXCLUDE USING gist (d WITH &&, room WITH =))")
            assert serving.execute("SELECT count(*) FROM thing").fetchone() == (0,)
    finally:
        with connected(running, OWNER, "postgres") as owner:
            owner.execute("DROP DATABASE born WITH (FORCE)")


def test_cyrillic_is_lowered_and_searched(running):
    with connected(running) as db:
        assert db.execute("SELECT lower('ЁЖИК'), 'ванов' <% 'иванов иван'").fetchone() == ("ёжик", True)


def test_after_a_kill_it_starts_and_has_what_was_committed(cluster):
    with cluster.running():
        with connected(cluster, OWNER) as owner:
            owner.execute("SET synchronous_commit = on")  # off in a throwaway
            owner.execute("CREATE TABLE kept ()")
        os.kill(int((cluster.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        cluster.start()
        with connected(cluster) as db:
            db.execute("SELECT FROM kept")


def test_a_pid_file_of_a_stranger_does_not_stop_it(cluster):
    with cluster.running():
        lines = (cluster.data / "postmaster.pid").read_text().splitlines()
    stranger = subprocess.Popen(["sleep", "60"], user=cluster.servant and cluster.servant.pw_uid)
    try:
        (cluster.data / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]))
        with cluster.running():
            assert answers(cluster)
    finally:
        stranger.kill()
        stranger.wait()


STAY = """
import sys
from pathlib import Path
from rollbook.operations.launch.cluster import Cluster
with Cluster(Path(sys.argv[1]), throwaway=True).running():
    print("in", flush=True)
    sys.stdin.read()
"""


def visitor(cluster):
    return subprocess.Popen(
        [sys.executable, "-c", STAY, str(cluster.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_many_may_start_at_once_and_the_last_one_stops_it(cluster):
    with visitor(cluster) as first, visitor(cluster) as second, visitor(cluster) as third:
        for one in (first, second, third):
            assert one.stdout.readline() == "in\n"
        first.stdin.close()
        first.wait()
        assert answers(cluster)
        second.kill()
        second.wait()
        assert answers(cluster)
        third.stdin.close()
        third.wait()
        assert not answers(cluster)


def test_a_killed_visitor_leaves_it_to_the_next(cluster):
    with visitor(cluster) as only:
        assert only.stdout.readline() == "in\n"
        only.kill()
    assert answers(cluster)
    with cluster.running():
        pass
    assert not answers(cluster)


def test_data_of_another_version_are_left_alone(cluster):
    with cluster.running():
        pass
    version = cluster.data / "PG_VERSION"
    mine = version.read_text()
    version.write_text("9\n")
    cluster.throwaway = False
    try:
        with pytest.raises(NoCluster, match="PostgreSQL 9"):
            cluster.start()
    finally:
        cluster.throwaway = True
        version.write_text(mine)


def test_a_deep_folder_has_its_socket_elsewhere(tmp_path):
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 5) / "postgres"
    cluster = Cluster(deep, throwaway=True)
    try:
        assert len(str(cluster.socket)) < 90
        with cluster.running():
            assert answers(cluster)
    finally:
        cluster.destroy()


def test_only_whoever_started_it_gets_in(running):
    assert running.socket.stat().st_mode & 0o077 == 0


def test_without_postgresql_it_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("PGDEV_BIN", str(tmp_path))
    with pytest.raises(NoCluster, match="set DATABASE_URL"):
        Cluster(tmp_path / "postgres")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a servant")
def test_binaries_in_a_closed_home_are_copied_to_where_the_servant_may_go(tmp_path, cluster):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    package = cluster.binaries.folder.parent.parent
    (closed / package.name).symlink_to(package)
    assert cluster.binaries.within_reach(tmp_path) == cluster.binaries


def test_the_superuser_is_not_the_owner(running):
    with connected(running, SUPERUSER) as db:
        owns = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'rollbook'"
        assert db.execute(owns).fetchone() == (OWNER,)


def test_it_stops_promptly_with_somebody_connected(cluster):
    with cluster.running():
        connection = connected(cluster)
        began = time.monotonic()
        cluster.stop()
        assert time.monotonic() - began < 5
        connection.close()
    assert not Path(cluster.data / "postmaster.pid").exists()


def test_of_the_systems_versions_the_newest_comes_first_whatever_is_left_of_old_ones(tmp_path, monkeypatch):
    monkeypatch.delenv("PGDEV_BIN", raising=False)
    monkeypatch.setattr(launch, "SYSTEM", tmp_path)
    for name in ("9.6", "9.4", "15", "18", "common"):
        (tmp_path / name / "bin").mkdir(parents=True)
    named = [folder.parent.name for folder in launch.candidates() if folder.parent.parent == tmp_path]
    assert named == ["18", "15", "9.6", "9.4", "common"]
