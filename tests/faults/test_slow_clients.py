"""Behind the proxy of deploy/: whoever is slow, sends too much or holds on to a connection holds up nobody else."""

import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
from http.client import HTTPSConnection
from threading import Event, Thread

import pytest

from tests.databases import ROOT
from tests.faults.house import wait_until
from tests.faults.load import CELLS, Caller
from tests.faults.visitor import signed_in
from tests.servers import free_port

SLOW = 200
STRANGER = ssl._create_unverified_context()  # the certificate is the test's own


@pytest.fixture
def proxied(house, tmp_path):
    """The port of the proxy; pages and event stream behind it."""
    if not (shutil.which("nginx") and shutil.which("openssl")):
        pytest.skip("nginx or openssl is not installed here.")
    house.begin("web", "serve", BEHIND_PROXY="1")
    live = house.begin("live", "live", BEHIND_PROXY="1")
    key, crt, port = tmp_path / "key", tmp_path / "crt", free_port()
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    subprocess.run([*made, "-subj", "/CN=x", "-keyout", key, "-out", crt], check=True, capture_output=True)
    told = (ROOT / "deploy/nginx/rollbook.conf").read_text()
    for here, there in {
        r"/etc/nginx/certificates/\S+\.crt": str(crt), r"/etc/nginx/certificates/\S+\.key": str(key),
        r"listen 80;": f"listen 127.0.0.1:{port + 1};", r"listen 443": f"listen 127.0.0.1:{port}",
        r"crm\.example\.org": "127.0.0.1", r"rollbook-web:8000": f"127.0.0.1:{house.ports[0]}",
        r"rollbook-live:8001": f"127.0.0.1:{int(live.environment['PORT']) + 1}",
    }.items():  # fmt: skip
        told = re.sub(here, there, told)
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(f"""
        pid {tmp_path}/pid; error_log {tmp_path}/error.log; daemon off; events {{ worker_connections 1024; }}
        http {{ access_log off; {told} }}
    """)
    nginx = subprocess.Popen(["nginx", "-p", tmp_path, "-c", configuration], stderr=subprocess.DEVNULL)
    wait_until(lambda: answers_at(port), "the proxy answers")
    yield port
    nginx.send_signal(signal.SIGTERM)
    nginx.wait()


def answers_at(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def asked(port, path="/account/login/", body=None):
    connection = HTTPSConnection("127.0.0.1", port, timeout=30, context=STRANGER)
    try:
        connection.request("POST" if body else "GET", path, body)
        return connection.getresponse().status
    except (BrokenPipeError, ConnectionResetError):  # it did not want to hear the rest
        return connection.getresponse().status
    finally:
        connection.close()


def test_two_hundred_who_send_a_byte_a_second_hold_up_nobody(proxied, figures):
    ends, halt = [], Event()
    for number in range(SLOW):
        end = STRANGER.wrap_socket(socket.create_connection(("127.0.0.1", proxied)))
        head = b"POST /account/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        # Half of them never come to the end of the head, half of them not to that of the body.
        end.sendall(head if number % 2 else head + b"Content-Length: 1000\r\n\r\n")
        ends.append(end)

    def drip():
        while not halt.wait(1):
            for end in ends:
                try:
                    end.sendall(b"a")
                except OSError:
                    continue

    dripping = Thread(target=drip, daemon=True)
    dripping.start()
    times = []
    for _ in range(20):
        began = time.monotonic()
        assert asked(proxied) == 200
        times.append(time.monotonic() - began)
    halt.set()
    dripping.join()
    for end in ends:
        end.close()
    figures["200 slow clients: slowest answer to another s"] = round(max(times), 2)
    assert max(times) < 5


def test_too_much_is_refused_before_it_is_read(proxied):
    assert asked(proxied, body=b"a" * (26 << 20)) == 413
    assert asked(proxied, path="/account/login/?" + "a" * 10_000) == 414


def test_events_come_through_at_once(house, proxied):
    lesson, client, version, status = house.all(CELLS)[0]
    visitor = signed_in(house, house.ports[0])
    reader = HTTPSConnection("127.0.0.1", proxied, timeout=20, context=STRANGER)
    reader.request("GET", f"/live/?topics=lesson:{lesson}", headers={"Cookie": visitor.session})
    answer = reader.getresponse()
    assert answer.status == 200
    assert answer.readline().startswith(b"retry:")
    caller = Caller(house.ports, house.key)
    wanted = "missed" if status == "attended" else "attended"
    body = {"marks": [{"client_id": client, "status": wanted, "seen": version}]}
    assert caller.call("POST", f"/lessons/{lesson}/marks", body)[0] == 200
    caller.close()
    heard = b""
    while not heard.startswith(b"data:"):
        heard = answer.readline()
    assert heard == f"data: lesson:{lesson}\n".encode()
    reader.close()


def test_figures_are_not_for_the_world(proxied):
    assert asked(proxied, path="/metrics") == 404
