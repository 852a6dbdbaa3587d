"""The disk of payments is full: whoever pays is told, nothing is half done, all else goes on; freed, all works."""

import shutil
import subprocess
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from rollbook.operations.launch.cluster import OWNER
from tests.faults.house import wait_until
from tests.faults.load import CELLS, Caller, Load, NoAnswer
from tests.faults.proof import prove

SIZE = 24 << 20
INDEXES = "SELECT indexname FROM pg_indexes WHERE tablename = 'billing_payment'"


@pytest.fixture
def small_disk(house, tmp_path):
    """A disk of 24 MB, under the table of payments and its indexes."""
    folder = house.cluster.folder / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0777", "tmpfs", folder], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"A disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        space = folder / "space"
        space.mkdir()
        if house.cluster.servant:
            shutil.chown(space, house.cluster.servant.pw_uid, house.cluster.servant.pw_gid)
        with house.connected() as db:
            db.execute(f"CREATE TABLESPACE small LOCATION '{space}'")
            db.execute(f"GRANT CREATE ON TABLESPACE small TO {OWNER}")
            db.execute("ALTER TABLE billing_payment SET TABLESPACE small")
            for (index,) in db.execute(INDEXES).fetchall():
                db.execute(f'ALTER INDEX "{index}" SET TABLESPACE small')
        yield folder
        house.stop_services()
        with house.connected() as db:
            db.execute("ALTER TABLE ALL IN TABLESPACE small SET TABLESPACE pg_default")
            db.execute("ALTER INDEX ALL IN TABLESPACE small SET TABLESPACE pg_default")
            db.execute("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder):
    with (folder / "filler").open("wb", buffering=0) as filler, suppress(OSError):
        while filler.write(b"\0" * 4096):
            pass


def pay(house, client, key):
    body = {"amount": "10", "method": "cash", "on": datetime.now(UTC).date().isoformat(), "key": key}
    caller = Caller(house.ports, house.key)
    try:
        return caller.call("POST", f"/clients/{client}/payments", body)[0]
    except NoAnswer as error:
        return int(str(error))
    finally:
        caller.close()


def test_a_full_disk_is_told_and_harms_nothing(house, small_disk, figures):
    house.begin("web", "serve")
    client = house.one("SELECT min(id) FROM people_client WHERE archived_at IS NULL")
    balance = "SELECT balance FROM billing_account WHERE client_id = %s"
    fill(small_disk)
    taken, number = [], 0
    while (code := pay(house, client, f"full-{number:06}")) == 201:
        taken.append(f"full-{number:06}")
        number += 1
        assert number < 5000, "the disk never fills"
    assert code == 503
    stood = house.one(balance, client)
    assert pay(house, client, "full-again-1") == 503

    keys = {key for (key,) in house.all("SELECT key FROM billing_payment WHERE key LIKE 'full-%%'")}
    assert keys == set(taken)
    assert house.one(balance, client) == stood
    assert house.broken_promises() == []

    since, cells = house.one("SELECT max(id) FROM history_entry"), house.all(CELLS)
    with Load(lambda: Caller(house.ports, house.key), cells, 1) as load:
        for writer in load.writers:
            writer.pays = False
        wait_until(lambda: load.acknowledged >= 50, "marks are set meanwhile")
    proof = prove(house, load, since)
    assert (load.surprises, proof.lost, proof.doubled, proof.halved) == ([], [], [], [])

    (small_disk / "filler").unlink()
    assert pay(house, client, f"full-{number:06}") == 201
    assert house.one(balance, client) == stood + 10
    assert house.broken_promises() == []
    figures["disk full"] = {"payments taken before": len(taken), "told": code, "marks meanwhile": load.acknowledged}
