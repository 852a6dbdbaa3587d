"""Pages behind PgBouncer in transaction mode; event stream and worker go past it."""

import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from rollbook.operations.launch.cluster import SERVING
from tests.faults.house import wait_until
from tests.faults.load import CELLS, Caller, Load
from tests.faults.proof import prove
from tests.faults.visitor import signed_in
from tests.servers import free_port

CONNECTIONS = 3
PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/bin")
LINK = re.compile(r'href="(/[^"#]*)"')
SETTINGS = Path(__file__).resolve().parents[2] / "deploy/pgbouncer/pgbouncer.ini"


class Pooler:
    def __init__(self, house, folder):
        self.house, self.folder, self.port = house, folder, free_port()
        (folder / "userlist.txt").write_text(f'"{SERVING}" ""\n')
        ours = {
            "listen_addr": "127.0.0.1", "listen_port": self.port, "unix_socket_dir": "", "auth_type": "trust",
            "auth_file": folder / "userlist.txt", "default_pool_size": CONNECTIONS, "logfile": folder / "log",
            "pidfile": folder / "pid",
        }  # fmt: skip
        told = SETTINGS.read_text().splitlines()
        kept = [line for line in told if line.partition("=")[0].strip() not in {*ours, "rollbook"}]
        mine = [f"{name} = {value}" for name, value in ours.items()]
        kept.insert(kept.index("[databases]") + 1, f"rollbook = host={house.cluster.socket} dbname=rollbook")
        (folder / "pgbouncer.ini").write_text("\n".join([*kept, *mine, ""]))
        if house.cluster.servant:  # it refuses to be root
            for path in (folder, *folder.iterdir()):
                shutil.chown(path, house.cluster.servant.pw_uid, house.cluster.servant.pw_gid)
        self.url = f"postgresql://{SERVING}@127.0.0.1:{self.port}/rollbook"
        self.start()

    def start(self):
        servant = self.house.cluster.servant
        as_servant = {"user": servant.pw_uid, "group": servant.pw_gid, "extra_groups": []} if servant else {}
        self.process = subprocess.Popen([PROGRAM, "-q", self.folder / "pgbouncer.ini"], cwd="/", **as_servant)

    def stop(self, kind=signal.SIGINT):
        self.process.send_signal(kind)
        self.process.wait()


@pytest.fixture
def pooler(house):
    if not PROGRAM:
        pytest.skip("PgBouncer is not installed here.")
    folder = house.cluster.folder / "pooler"
    folder.mkdir(exist_ok=True)
    pooler = Pooler(house, folder)
    yield pooler
    house.stop_services()
    pooler.stop()


@pytest.fixture
def pooled(house, pooler):
    house.begin("web", "serve", DATABASE_POOLER_URL=pooler.url)
    return house


def connections(house):
    """Those of the pages: through the pooler each comes without a name of its own."""
    return house.one("SELECT count(*) FROM pg_stat_activity WHERE usename = %s", SERVING)


def test_many_writers_share_few_connections(pooled, pooler, figures):
    cells, since = pooled.all(CELLS), pooled.one("SELECT max(id) FROM history_entry")
    most = 0
    with Load(lambda: Caller(pooled.ports, pooled.key), cells, 8) as load:
        while load.acknowledged < 150:
            most = max(most, connections(pooled))
        pooler.stop(signal.SIGKILL)
        pooler.start()
        wait_until(lambda: load.acknowledged >= 300, "written after the pooler was killed")
    proof = prove(pooled, load, since)
    figures["pooler"] = {"writers": 8, "connections": most, "acknowledged": load.acknowledged}
    assert (load.surprises, proof.lost, proof.doubled, proof.halved) == ([], [], [], [])
    assert 0 < most <= CONNECTIONS
    assert pooled.one("SELECT count(*) FROM pg_prepared_statements") == 0
    assert pooled.broken_promises() == []


def test_every_page_is_shown(pooled):
    port = pooled.ports[0]
    visitor = signed_in(pooled, port)
    seen, waiting, broken = set(), ["/"], []
    while waiting and len(seen) < 150:
        path = waiting.pop(0)
        kind = re.sub(r"\d+", "N", path.partition("?")[0])
        if kind in seen or "logout" in path or path.startswith(("/static/", "/live/")):
            continue
        seen.add(kind)
        status, html = visitor.get(port, path)
        if status != 200:
            broken.append((path, status))
        waiting += [link.replace("&amp;", "&") for link in LINK.findall(html)]
    assert broken == []
    assert len(seen) > 15


def test_event_stream_and_worker_go_past_it(pooled, pooler):
    """They run with the same environment, though the pooler is away."""
    pooler.stop(signal.SIGKILL)
    pooled.begin("live", "live", DATABASE_POOLER_URL=pooler.url)
    pooled.begin("worker", "worker", DATABASE_POOLER_URL=pooler.url)
    wait_until(lambda: pooled.one("SELECT count(*) FROM procrastinate_workers") > 0, "the worker works")
    wait_until(lambda: pooled.one("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%%'"), "they listen")
    pooler.start()
