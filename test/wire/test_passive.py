"""Health by traffic: who is ejected, for how long, what is said of it, and who warms up."""
import os
import re
import signal
import subprocess
import sys

import pytest

from fairlead import one_pool
from origin import Origin, named, ok, serving
from raw import once
from timing import PATIENCE, eventually

ERROR = "503 Service Unavailable"


class Switch:
    """A backend that answers by `status`; its health page is always well."""

    def __init__(self, name):
        self.status, self.name = "200 OK", name

    def __call__(self, connection):
        serving(
            lambda r, c: ok(b"") if r.target == "/health" else ok(self.name.encode(), status=self.status)
        )(connection)


@pytest.fixture
def three(stack):
    switches = [Switch(name) for name in "abc"]
    return [(switch, stack.enter_context(Origin(switch))) for switch in switches]


def watched(*origins, passive=None, workers=1, **options):
    return one_pool(
        *[origin.address for origin in origins],
        pool_options={
            "balance": "round_robin",
            "health": {"http": "/health", "interval": "100ms"},
            "passive": {"error_rate": "off", **(passive or {})},
            **options,
        },
        workers=workers,
    )


def ask(front, times):
    return [once(front.address()) for _ in range(times)]


def names(front, times=6):
    return {answer.body for answer in ask(front, times)}


def settled(front):
    eventually(lambda: set(front.states().values()) == {"healthy"}, "all to be healthy")


def provoke(front, address):
    """Asks until the backend is ejected."""
    eventually(lambda: ask(front, 2) and front.states()[address] == "ejected", f"{address} to be ejected")


def events(front, kind="backend_state", to=None):
    return [e for e in front.json("/api/v1/events")["events"] if e["kind"] == kind and to in (None, e.get("to"))]


def test_a_backend_that_answers_500_is_ejected_and_returns(three, fairlead):
    (a, one), (_, two), _ = three
    front = fairlead(watched(one, two, passive={"eject_for": "3s"}))
    settled(front)
    a.status = "500 Internal Server Error"
    answers = ask(front, 10)
    assert 5 <= [answer.status for answer in answers].count(500) <= 6, "the sixth may be on its way by then"
    eventually(lambda: front.states()[one.address] == "ejected", "it to be ejected")
    assert names(front) == {b"b"}
    told = front.backends()[one.address]
    assert re.fullmatch("[56] errors in a row, last: status 500; out for 3 s, ejection 1", told["reason"])
    assert told["ejections"]["consecutive_errors"] == 1 and not told["eligible"]
    labels = {"pool": "app", "backend": one.address}
    assert front.metric("fairlead_backend_ejections_total", reason="consecutive_errors", **labels) == 1
    assert front.metric("fairlead_backend_state", state="ejected", **labels) == 1
    (event,) = events(front, to="ejected")
    assert event["backend"] == one.address and event["reason"] == told["reason"]
    eventually(lambda: "healthy -> ejected: " in front.errors(), "the line in the log")
    a.status = "200 OK"
    eventually(lambda: front.states()[one.address] == "healthy", "it to come back")
    assert names(front) == {b"a", b"b"}


def test_passing_probes_do_not_hide_an_ejection(three, fairlead):
    (a, one), (_, two), _ = three
    front = fairlead(watched(one, two, passive={"eject_for": "60s"}))
    settled(front)
    a.status = ERROR
    provoke(front, one.address)
    passed = front.backends()[one.address]["checks"]["passed"]
    eventually(lambda: front.backends()[one.address]["checks"]["passed"] > passed + 5, "more probes to pass")
    assert front.states()[one.address] == "ejected"


def test_each_ejection_lasts_twice_as_long(three, fairlead):
    (a, one), (_, two), _ = three
    front = fairlead(watched(one, two, passive={"eject_for": "500ms", "consecutive_errors": 2}))
    settled(front)
    a.status = ERROR
    eventually(lambda: ask(front, 4) and len(events(front, to="ejected")) >= 3, "three ejections")
    spans = [event["reason"].split("out for ")[1] for event in events(front, to="ejected")]
    assert spans[:3] == ["0.5 s, ejection 1", "1 s, ejection 2", "2 s, ejection 3"]


def test_errors_in_a_row_are_counted_over_all_workers(three, fairlead):
    """Every request is a connection of its own, so that both workers meet some of the errors."""
    (a, one), (_, two), _ = three
    front = fairlead(watched(one, two, passive={"consecutive_errors": 8}, workers=2, balance="least_connections"))
    settled(front)
    a.status = ERROR
    failed = 0
    while front.states()[one.address] == "healthy":
        failed += [answer.status for answer in ask(front, 1)].count(503)
        assert failed <= 9, "one may be asked while the eighth is being told"
    assert failed >= 8


def test_max_ejected_holds(three, fairlead):
    origins = [origin for _, origin in three]
    front = fairlead(watched(*origins))
    settled(front)
    for switch, _ in three:
        switch.status = ERROR
    ask(front, 60)
    eventually(lambda: events(front, "ejection_withheld"), "an ejection to be withheld")
    assert sorted(front.states().values()) == ["ejected", "healthy", "healthy"]
    assert "max_ejected is 50 %" in events(front, "ejection_withheld")[0]["reason"]


def test_the_only_backend_is_never_ejected(three, fairlead):
    (a, one), *_ = three
    front = fairlead(watched(one))
    settled(front)
    a.status = ERROR
    assert {answer.status for answer in ask(front, 30)} == {503}
    assert front.states()[one.address] == "healthy"
    assert "no other backend of the pool serves" in events(front, "ejection_withheld")[0]["reason"]


def test_passive_off_leaves_traffic_without_a_say(three, fairlead):
    (a, one), (_, two), _ = three
    config = watched(one, two)
    config["pools"]["app"]["passive"] = "off"
    front = fairlead(config)
    settled(front)
    a.status = ERROR
    ask(front, 40)
    assert set(front.states().values()) == {"healthy"}


def test_error_rates_shrink_the_share(three, fairlead):
    (a, one), (_, two), _ = three
    turn = []

    def mixed(request, connection):
        turn.append(0)
        return ok(b"a", status=ERROR if len(turn) % 3 == 0 else "200 OK")

    with Origin(serving(lambda r, c: ok(b"") if r.target == "/health" else mixed(r, c))) as bad:
        rate = {"window": "30s", "min_requests": 20}
        front = fairlead(watched(bad, two, passive={"error_rate": rate}))
        settled(front)
        eventually(lambda: ask(front, 20) and front.states()[bad.address] == "degraded", "it to be degraded")
        told = front.backends()[bad.address]
        assert told["eligible"] and 10 <= told["share"] <= 60
        assert told["reason"].startswith("error rate ") and told["error_rate"]["errors"] > 0
        assert front.metric("fairlead_backend_share", backend=bad.address) == told["share"] / 100
        assert front.backends()[two.address]["share"] == 100


def test_an_error_rate_above_the_limit_ejects(three, fairlead):
    """Never five in a row: two errors, a success, and so on."""
    turn = []

    def mixed(request, connection):
        turn.append(0)
        return ok(b"a", status="200 OK" if len(turn) % 3 == 0 else ERROR)

    with Origin(serving(lambda r, c: ok(b"") if r.target == "/health" else mixed(r, c))) as bad:
        front = fairlead(watched(bad, three[1][1], passive={"error_rate": {"min_requests": 20}}))
        settled(front)
        eventually(lambda: ask(front, 20) and front.states()[bad.address] == "ejected", "it to be ejected")
        assert "error rate 6" in front.backends()[bad.address]["reason"]
        assert front.metric("fairlead_backend_ejections_total", reason="error_rate") == 1


FROZEN = """
import http.server
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("content-length", "1"); self.end_headers(); self.wfile.write(b"f")
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
print(server.server_address[1], flush=True)
server.serve_forever()
"""


def test_a_frozen_backend_is_taken_out_and_comes_back(three, fairlead, stack):
    """Stopped, it still takes connections and answers nothing: only time-outs tell."""
    child = subprocess.Popen([sys.executable, "-c", FROZEN], stdout=subprocess.PIPE, text=True)
    stack.callback(child.wait)
    stack.callback(child.kill)
    frozen = f"127.0.0.1:{int(child.stdout.readline())}"
    _, (_, two), _ = three
    config = watched(two, passive={"eject_for": "3s", "consecutive_errors": 2})
    config["pools"]["app"]["backends"].append(frozen)
    config["pools"]["app"]["health"] = "off"
    config["listeners"]["web"] = {"bind": "127.0.0.1:<web>", "routes": [{"pool": "app", "timeout": "200ms"}]}
    front = fairlead(config)
    assert names(front) == {b"b", b"f"}
    os.kill(child.pid, signal.SIGSTOP)
    answers = ask(front, 6)
    assert 2 <= [answer.status for answer in answers].count(504) <= 3
    told = events(front, to="ejected")
    assert "last: no response in time" in told[0]["reason"]
    os.kill(child.pid, signal.SIGCONT)
    eventually(lambda: front.states()[frozen] == "healthy", "it to come back")
    assert names(front) == {b"b", b"f"}


def test_a_reload_keeps_an_ejection(three, fairlead):
    (a, one), (_, two), (_, three_) = three
    config = watched(one, two, passive={"eject_for": "60s"})
    front = fairlead(config)
    settled(front)
    a.status = ERROR
    provoke(front, one.address)
    since = front.backends()[one.address]["since"]
    config["pools"]["app"]["backends"].append(three_.address)
    front.reload(config)
    told = front.backends()[one.address]
    assert told["state"] == "ejected" and told["ejections"]["consecutive_errors"] == 1
    assert told["since"][:19] == since[:19]
    assert names(front) <= {b"b", b"c"}


def test_ejected_ones_work_where_nobody_else_is_left(three, fairlead):
    (a, one), (_, two), _ = three
    front = fairlead(watched(one, two, passive={"eject_for": "60s"}))
    settled(front)
    a.status = ERROR
    provoke(front, one.address)
    a.status = "200 OK"
    two.stop()
    eventually(lambda: front.pool()["basis"] == "ejected", "the pool to fall back")
    assert names(front) == {b"a"}
    ready = front.admin("/ready")
    assert ready.status == 200 and b"pool `app` has no healthy backend: its ejected ones" in ready.body
    assert front.metric("fairlead_pool_basis", pool="app", basis="ejected") == 1
    eventually(lambda: "none is healthy; 1 of 2 backends are ejected" in front.errors(), "the line in the log")


def test_a_flapping_backend_is_held_down(origin, fairlead):
    """Well as soon as it is in, gone as soon as it is back: each time it takes more passes."""
    state = {"well": True}
    a = origin(serving(lambda r, c: ok(b"", status="200 OK" if state["well"] else "500 x")))
    b = origin(named("b"))
    config = one_pool(
        a.address,
        b.address,
        pool_options={"health": {"http": "/health", "interval": "20ms", "unhealthy_threshold": 1}},
        workers=1,
    )
    front = fairlead(config)
    settled(front)
    for _ in range(4):
        state["well"] = False
        eventually(lambda: front.states()[a.address] == "unhealthy", "it to go out")
        state["well"] = True
        eventually(lambda: front.states()[a.address] == "healthy", "it to come back", PATIENCE * 2)
    passes = [
        int(event["reason"].split(" ")[0])
        for event in events(front, to="healthy")
        if event["backend"] == a.address and "of" in event["reason"] and "first" not in event["reason"]
    ]
    assert passes == sorted(passes) and passes[0] == 2 and passes[-1] >= 4, passes


def test_slow_start_is_shown(three, fairlead):
    (a, one), (_, two), (_, third) = three
    config = watched(one, two, passive={"eject_for": "1s"}, slow_start="3s")
    front = fairlead(config)
    settled(front)
    assert {backend["share"] for backend in front.backends().values()} == {100}
    a.status = ERROR
    provoke(front, one.address)
    a.status = "200 OK"
    eventually(lambda: front.states()[one.address] == "healthy", "it to come back")
    seen = []

    def warm():
        seen.append(front.backends()[one.address]["share"])
        return seen[-1] == 100

    eventually(warm, "it to be warm")
    assert seen == sorted(seen) and seen[0] < 60 and len(set(seen)) >= 4, seen
    assert front.backends()[two.address]["share"] == 100


def test_one_that_is_added_warms_up(three, fairlead):
    _, (_, two), (_, third) = three
    config = watched(two, slow_start="60s")
    front = fairlead(config)
    settled(front)
    serving_for = lambda: front.backends()[two.address]["since_seconds"]
    eventually(lambda: serving_for() > 1.2, "the first to be at work for a while")
    config["pools"]["app"]["backends"].append(third.address)
    front.reload(config)
    eventually(lambda: front.states()[third.address] == "healthy", "the new one to be healthy")
    share_of = lambda origin: front.backends()[origin.address]["share"]
    eventually(lambda: 10 <= share_of(third) <= 30, "its share to be published")
    assert share_of(two) == 100
