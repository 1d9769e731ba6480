"""Hedges: a second backend is asked while the first one keeps a request waiting."""
import json
import socket
import threading

import pytest

from fairlead import one_pool
from h2_backend import echoing_h2, speaking_h2
from h2_frames import H2Client
from origin import named, ok, serving
from raw import once, request
from timing import FACTOR, PATIENCE, eventually

AFTER = "50ms"
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"


class Slow:
    """A backend, or several, that answer when the test says so, with what the test says; it counts who came and who left."""

    def __init__(self, answer=ok(b"slow")):
        self.go, self.came, self.ends, self.answer = threading.Event(), 0, [], answer
        self.closes = False

    def __call__(self, connection):
        while connection.request():
            self.came += 1
            while not self.go.wait(0.01):
                if left(connection):
                    self.ends.append("left")
                    return
            if self.closes:
                return
            connection.send(self.answer if isinstance(self.answer, bytes) else self.answer.pop(0))


def left(connection):
    """Whether the proxy has closed the connection."""
    connection.sock.settimeout(0.001)
    try:
        return not connection.more()
    finally:
        connection.sock.settimeout(PATIENCE * 2)
        if connection.ended == "silence":
            connection.ended = None
            return False  # noqa: B012


def config_of(addresses, hedge, route=None, **top):
    """The first address is picked first, again and again."""
    route = {"name": "all", "pool": "app", "hedge": hedge, **(route or {})}
    config = {"workers": 1, **one_pool(), **top}
    config["listeners"]["web"] = {"bind": "127.0.0.1:<web>", "routes": [route]}
    config["pools"]["app"]["balance"] = "round_robin"
    config["pools"]["app"]["backends"] = [
        {"address": address, "weight": 1 if i else 1000} for i, address in enumerate(addresses)
    ]
    return config


@pytest.fixture
def hedging(origin, fairlead):
    """Starts a proxy whose first pick is `slow` and whose second are the others."""
    slow_backends = []  # let go at the end

    def start(slow, *others, hedge=AFTER, route=None, **top):
        slow_backends.extend(each for each in (slow, *others) if isinstance(each, Slow))
        return fairlead(config_of([origin(each).address for each in (slow, *others)], hedge, route, **top))

    yield start
    for slow in slow_backends:
        slow.go.set()


def count(front, name):
    return front.metric(f"fairlead_{name}_total", pool="app")


def backend_of(front, index):
    return front.pool()["backends"][index]["address"]


def test_who_is_quicker_is_passed_on_and_the_other_let_go(hedging):
    slow = Slow()
    log = {"format": "json", "to": "./access.log"}
    front = hedging(slow, named("quick"), access_log=log)
    assert once(front.address()).body == b"quick"
    eventually(lambda: slow.ends == ["left"], "the slow one to be let go")
    assert (count(front, "hedges"), count(front, "hedges_won")) == (1, 1)
    assert front.metric("fairlead_backend_overtaken_total", pool="app", backend=backend_of(front, 0)) == 1
    path = front.path.parent / "access.log"
    eventually(lambda: path.exists() and path.read_text().count("\n"), "the line")
    line = json.loads(path.read_text().splitlines()[0])
    assert line["attempts"] == 2 and line["status"] == 200 and "error" not in line, line
    assert front.pool()["hedges_total"] == 1


def test_a_first_one_in_time_is_alone(hedging, origin):
    slow = Slow()
    slow.go.set()
    front = hedging(slow, named("other"), hedge="10s")
    assert [once(front.address()).body for _ in range(5)] == [b"slow"] * 5
    assert count(front, "hedges") == 0


def test_the_first_one_may_still_win(hedging):
    slow, slower = Slow(), Slow(ok(b"slower"))
    front = hedging(slow, slower)
    with front.client() as client:
        client.send(request("/"))
        eventually(lambda: slower.came == 1, "the hedge to be asked")
        slow.go.set()
        assert client.final().body == b"slow"
        eventually(lambda: slower.ends == ["left"], "the hedge to be let go")
        client.send(request("/"))
        assert client.final().body == b"slow"
    assert (count(front, "hedges"), count(front, "hedges_won")) == (1, 0)


def test_what_is_not_safe_is_not_asked_twice(hedging):
    slow, quick = Slow(), Slow()
    front = hedging(slow, quick, hedge="1ms")
    unsafe = [request("/", "POST", ["Content-Length: 0"]), request("/", "PUT", ["Content-Length: 2"]) + b"ab",
              request("/", "GET", ["Connection: upgrade", "Upgrade: x"])]
    for i, bytes_of_it in enumerate(unsafe):
        with front.client() as client:
            client.send(bytes_of_it)
            eventually(lambda: slow.came == i + 1, "the first one to be asked")
            threading.Event().wait(0.1 * FACTOR)
            assert quick.came == 0
    assert count(front, "hedges") == 0


@pytest.mark.parametrize("bad", [BUSY, b"nonsense\r\n\r\n", b""],
                         ids=["503", "malformed", "closed"])
def test_a_bad_hedge_changes_nothing(hedging, bad):
    def hedge(connection):
        connection.request()
        hedge.came += 1
        connection.send(bad)
        if not bad:
            return
        while connection.more():
            pass

    hedge.came = 0
    slow = Slow()
    front = hedging(slow, hedge)
    with front.client() as client:
        client.send(request("/"))
        eventually(lambda: hedge.came == 1, "the hedge to be asked")
        eventually(lambda: front.metric("fairlead_backend_active", pool="app", backend=backend_of(front, 1)) == 0,
                   "it to be over")
        slow.go.set()
        assert client.final().body == b"slow"
    assert (count(front, "hedges"), count(front, "hedges_won")) == (1, 0)


def test_where_the_first_one_fails_the_hedge_goes_on(hedging):
    slow, second = Slow(BUSY), Slow(ok(b"second"))
    front = hedging(slow, second, route={"retry": {"on": ["503"]}})
    with front.client() as client:
        client.send(request("/"))
        eventually(lambda: second.came == 1, "the hedge to be asked")
        slow.go.set()
        threading.Event().wait(0.1 * FACTOR)
        second.go.set()
        assert client.final().body == b"second"
    assert count(front, "retries") == 1


def test_where_both_fail_the_rules_of_retry_go_on(hedging):
    slow, second = Slow(BUSY), Slow([BUSY, ok(b"third")])
    front = hedging(slow, second, second, route={"retry": {"on": ["503"]}})
    with front.client() as client:
        client.send(request("/"))
        eventually(lambda: second.came == 1, "the hedge to be asked")
        slow.go.set()
        threading.Event().wait(0.05 * FACTOR)
        second.go.set()
        assert client.final().body == b"third"


@pytest.mark.parametrize("retry", ["off", {"attempts": 2}], ids=["no-retries", "retries"])
def test_where_the_first_one_breaks_off_the_hedge_is_waited_for(hedging, retry):
    slow, second = Slow(b""), Slow(ok(b"second"))
    slow.closes = True
    front = hedging(slow, second, route={"retry": retry})
    with front.client() as client:
        client.send(request("/"))
        eventually(lambda: second.came == 1, "the hedge to be asked")
        slow.go.set()
        threading.Event().wait(0.1 * FACTOR)
        second.go.set()
        assert client.final().body == b"second"


def test_a_response_that_no_retry_may_follow_ends_the_hedge(hedging, origin):
    """Its body stalls; the hedge that is due meanwhile must neither be asked nor keep the worker busy."""

    def stalls(connection):
        connection.request()
        connection.send(b"HTTP/1.1 502 Bad\r\nContent-Length: 10\r\n\r\nhalf")
        stalls.go.wait(PATIENCE)
        connection.send(b" done!")

    stalls.go = threading.Event()
    second = Slow()
    front = hedging(stalls, second, hedge="150ms", route={"retry": {"on": ["502"], "attempts": 0}})
    with front.client() as client:
        client.send(request("/"))
        assert client.head().status == 502 and client.exactly(4) == b"half"
        threading.Event().wait(0.3 * FACTOR)
        before = front.metric("fairlead_cpu_seconds_total")
        assert second.came == 0
        threading.Event().wait(0.5)
        assert front.metric("fairlead_cpu_seconds_total") - before < 0.25
        stalls.go.set()
        assert client.exactly(6) == b" done!"


def test_without_anybody_else_it_waits(hedging):
    slow = Slow()
    front = hedging(slow)
    with front.client() as client:
        client.send(request("/"))
        threading.Event().wait(0.15 * FACTOR)
        slow.go.set()
        assert client.final().body == b"slow"
    assert count(front, "hedges") == 0


def test_a_client_that_leaves_takes_both_along(hedging):
    slow, second = Slow(), Slow()
    front = hedging(slow, second)
    with front.client() as client:
        client.send(request("/"))
        eventually(lambda: second.came == 1, "the hedge to be asked")
        client.reset()
    eventually(lambda: slow.ends == second.ends == ["left"], "both to be let go")
    second.go.set()


def test_a_backend_whose_connections_hang_is_overtaken(fairlead, origin):
    """Nobody answers the SYN: a full accept queue. Sooner than any connect_timeout, another one is asked."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = []
        for _ in range(3):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
            fillers.append(filler)
        config = config_of(["127.0.0.1:%d" % full.getsockname()[1], origin(named("quick")).address], AFTER)
        config["pools"]["app"]["connect_timeout"] = "1m"
        front = fairlead(config)
        assert once(front.address()).body == b"quick"
        for filler in fillers:
            filler.close()


def test_the_budget_bounds_them(hedging):
    slow, second = Slow(), Slow()
    front = hedging(slow, second, route={"retry": {"budget": "0%"}})
    clients = [front.client().__enter__().send(request("/")) for _ in range(8)]
    eventually(lambda: slow.came == 8, "all to be asked")
    eventually(lambda: front.metric("fairlead_retries_refused_total", pool="app", reason="budget") == 5, "five refusals")
    eventually(lambda: second.came == 3, "the three others to be asked")
    slow.go.set()
    second.go.set()
    assert all(client.final().status == 200 for client in clients)
    for client in clients:
        client.close()


def test_a_burst_of_them_shares_a_connection_that_is_being_made(origin, fairlead):
    """All are due at once, at a backend of HTTP/2 that nobody has connected to yet."""
    slow, quick = origin(speaking_h2()), origin(speaking_h2(echoing_h2))
    config = config_of([slow.address, quick.address], "200ms", route={"retry": {"budget": "100%"}})
    config["pools"]["app"]["protocol"] = "h2"
    front = fairlead(config)
    with H2Client(front.address()) as client:
        streams = [client.begin(f"/{i}") for i in range(20)]
        assert all(client.answer(stream).status == 200 for stream in streams)
    assert len(quick.used()) == 1
    assert count(front, "hedges_won") == len(slow.requests) > 10


def test_a_percentile_is_learnt(origin, fairlead):
    """Nineteen of twenty answer at once: only the one that does not is hedged."""
    slow = Slow()

    def answer(request, connection):
        if request.target == "/slow":
            slow.go.wait(PATIENCE)
        return ok(b"a")

    front = fairlead(config_of([origin(serving(answer)).address, origin(named("quick")).address], "p95"))
    with front.client() as client:
        for _ in range(150):
            client.send(request("/"))
            assert client.final().status == 200
        before = count(front, "hedges")
        client.send(request("/slow"))
        assert client.final().body == b"quick"
        assert count(front, "hedges") == before + 1
    slow.go.set()


def test_the_answer_says_that_it_was_a_hedge(hedging):
    slow = Slow()
    front = hedging(slow, named("quick"), trusted_proxies=["127.0.0.0/8"])
    answer = once(front.address(), fields=["X-Fairlead-Explain: 1"])
    assert "reason=hedge" in answer.get("x-fairlead-explain"), answer
