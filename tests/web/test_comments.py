import pytest
from tests.school import AT, DAY

HTMX = {"HX-Request": "true"}

def test_smoke(client, school, time_machine):
    time_machine.move_to(AT)
    client.force_login(school.users["mara"])
    ivan = school.clients()[0].pk
    lesson = school.lessons["chess"].pk
    group = school.groups["chess"].pk
    for address in (f"/clients/{ivan}/comments/", f"/groups/{group}/comments/", f"/lessons/{lesson}/comments/", f"/lessons/{lesson}/clients/{ivan}/comments/"):
        got = client.get(address)
        assert got.status_code == 200, got.content
        got = client.post(address, {"do": "write", "text": f"Hello @Anna {address} <b>", "asks": "on"})
        assert got.status_code == 303, got.content
        got = client.get(address, headers=HTMX | {"HX-Target": "panel"})
        print(got.content.decode())
    got = client.get("/comments/")
    print(got.content.decode())
    got = client.get(f"/groups/{group}/?month=2026-09")
    print(got.content.decode())
