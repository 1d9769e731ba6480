"""Backends at their limit: never more than max_connections at once, and who waits gets his turn."""
import json
import threading

import pytest

from fairlead import one_pool, problem
from origin import Refusing, echo, ok, serving
from raw import once, request
from test_drain import patch
from timing import PATIENCE, eventually


class Desk:
    """A backend that answers each request only when the test lets one go; it knows how many were there at once."""

    def __init__(self):
        self.lock, self.here, self.most, self.seen = threading.Lock(), 0, 0, []
        self.tickets = threading.Semaphore(0)

    def __call__(self, connection):
        def answer(request, connection):
            with self.lock:
                self.here += 1
                self.most = max(self.most, self.here)
                self.seen.append(request.target)
            self.tickets.acquire(timeout=PATIENCE * 2)
            with self.lock:
                self.here -= 1
            return ok(request.target.encode())

        serving(answer)(connection)

    def let(self, count=1):
        self.tickets.release(count)


def limited(fairlead, *backends, limit=1, workers=2, pool_options=None, **top):
    options = {"max_connections": limit, **(pool_options or {})}
    return fairlead(one_pool(*backends, pool_options=options, workers=workers, **top))


@pytest.fixture
def asking():
    """Clients with a request under way; closed at the end."""
    clients = []

    def ask(front, path):
        client = front.client().__enter__()
        clients.append(client)
        client.send(request(path))
        return client

    yield ask
    for client in clients:
        client.close()


def waiting(front, count):
    eventually(lambda: front.metric("fairlead_pool_queue", pool="app") == count, f"{count} to wait")


def test_no_backend_gets_more_than_its_limit(origin, fairlead, asking):
    desks = [Desk(), Desk()]
    front = limited(fairlead, *[origin(desk).address for desk in desks], limit=2)
    clients = [asking(front, f"/{i}") for i in range(12)]
    waiting(front, 8)
    eventually(lambda: [desk.here for desk in desks] == [2, 2], "four at work")
    for desk in desks:
        desk.let(12)
    assert sorted(client.final().body for client in clients) == sorted(f"/{i}".encode() for i in range(12))
    assert [desk.most for desk in desks] == [2, 2]
    assert front.metric("fairlead_pool_queue", pool="app") == 0
    assert front.metric("fairlead_pool_queued_total", pool="app") == 8


def test_first_come_first_served_over_all_workers(origin, fairlead, asking):
    desk = Desk()
    front = limited(fairlead, origin(desk).address)
    clients = []
    for i in range(10):
        clients.append(asking(front, f"/{i}"))
        eventually(lambda: len(desk.seen) == 1, "the first to be served")
        waiting(front, i)
    for i, client in enumerate(clients):
        desk.let()
        assert client.final().body == f"/{i}".encode()
    assert desk.seen == [f"/{i}" for i in range(10)]


def test_a_full_queue_is_said_at_once(origin, fairlead, asking):
    desk = Desk()
    front = limited(fairlead, origin(desk).address, pool_options={"queue": {"limit": 1}})
    first, second = asking(front, "/1"), asking(front, "/2")
    waiting(front, 1)
    answer = once(front.address())
    assert problem(answer, 503) == "queue-full" and answer.get("retry-after")
    assert front.metric("fairlead_pool_queue_refused_total", pool="app", reason="full") == 1
    assert front.pool()["queue"] == {
        "waiting": 1, "limit": 1, "queued_total": 1, "full_total": 1, "timeout_total": 0,
    }
    desk.let(2)
    assert first.final().status == second.final().status == 200


def test_without_a_queue_nobody_waits(origin, fairlead, asking):
    desk = Desk()
    front = limited(fairlead, origin(desk).address, pool_options={"queue": "off"})
    first = asking(front, "/1")
    eventually(lambda: desk.here == 1, "the first to be served")
    assert problem(once(front.address()), 503) == "queue-full"
    desk.let()
    assert first.final().status == 200


def test_who_waited_too_long_is_told_and_logged(origin, fairlead, asking):
    desk = Desk()
    log = {"format": "json", "to": "./access.log"}
    front = limited(fairlead, origin(desk).address, pool_options={"queue": {"timeout": "200ms"}}, access_log=log)
    first = asking(front, "/1")
    eventually(lambda: desk.here == 1, "the first to be served")
    answer = once(front.address(), "/2")
    assert problem(answer, 503) == "queue-timeout" and answer.get("retry-after")
    assert front.metric("fairlead_pool_queue_refused_total", pool="app", reason="timeout") == 1
    desk.let()
    assert first.final().status == 200
    path = front.path.parent / "access.log"
    eventually(lambda: path.read_text().count("\n") == 2, "both lines")
    late = next(line for line in map(json.loads, path.read_text().splitlines()) if line["status"] != 200)
    assert late["error"] == "queue-timeout" and late["queued_ms"] >= 200 and late["attempts"] == 0, late
    assert "max_connections" in late["detail"]


def test_who_goes_away_leaves_the_line(origin, fairlead, asking):
    desk = Desk()
    front = limited(fairlead, origin(desk).address)
    first = asking(front, "/1")
    eventually(lambda: desk.here == 1, "the first to be served")
    gone, last = asking(front, "/gone"), asking(front, "/last")
    waiting(front, 2)
    gone.reset()
    waiting(front, 1)
    desk.let(2)
    assert first.final().body == b"/1" and last.final().body == b"/last"
    assert "/gone" not in desk.seen


def test_who_waits_is_told_when_nobody_is_left_to_wait_for(origin, fairlead, asking):
    desk = Desk()
    backend = origin(desk).address
    front = limited(fairlead, backend)
    first = asking(front, "/0")
    eventually(lambda: desk.here == 1, "the first to be served")
    second, third = asking(front, "/1"), asking(front, "/2")
    waiting(front, 2)
    assert patch(front, backend, state="draining").status == 200
    assert [problem(c.final(), 503) for c in (second, third)] == ["no-healthy-backend"] * 2
    desk.let()
    assert first.final().status == 200


@pytest.mark.parametrize("limit", [3, 0])
def test_a_reload_that_raises_the_limit_serves_who_waits(origin, fairlead, asking, limit):
    desk = Desk()
    backend = origin(desk).address
    front = limited(fairlead, backend)
    clients = [asking(front, f"/{i}") for i in range(3)]
    waiting(front, 2)
    front.reload(one_pool(backend, pool_options={"max_connections": limit}, workers=2))
    eventually(lambda: desk.here == 3, "all three to be served")
    desk.let(3)
    assert all(client.final().status == 200 for client in clients)


def test_a_backend_that_fails_while_others_wait_stalls_nobody(origin, fairlead, asking):
    """Each that is called finds the connection broken; the rest are called all the same."""

    def script(connection):
        connection.head()
        connection.origin.go.wait(PATIENCE)
        connection.reset()

    backend = origin(script)
    backend.go = threading.Event()
    front = limited(fairlead, backend.address, pool_options={"passive": "off"})
    clients = [asking(front, f"/{i}") for i in range(6)]
    waiting(front, 5)
    backend.go.set()
    assert [client.final().status for client in clients] == [502] * 6
    waiting(front, 0)


def test_a_retry_waits_for_a_place(origin, fairlead, asking, stack):
    """Nothing was sent, and the other backend is busy: that is no reason to fail."""
    desk = Desk()
    busy, dead = origin(desk).address, stack.enter_context(Refusing()).address
    front = limited(fairlead, busy, dead, pool_options={"passive": "off", "balance": "round_robin"}, workers=1)
    first = asking(front, "/1")
    eventually(lambda: desk.here == 1, "the first to be served")
    others = [asking(front, f"/{i}") for i in (2, 3, 4)]
    waiting(front, 3)
    desk.let(4)
    assert [client.final().status for client in (first, *others)] == [200] * 4


@pytest.mark.parametrize("elsewhere", [{"backup": True}, {"priority": 1}], ids=["backup", "tier"])
def test_a_retry_waits_for_a_place_outside_of_the_choice(origin, fairlead, asking, stack, elsewhere):
    desk = Desk()
    front = limited(fairlead, stack.enter_context(Refusing()).address, {"address": origin(desk).address, **elsewhere},
                    pool_options={"passive": "off"}, workers=1)
    clients = [asking(front, f"/{i}") for i in range(3)]
    eventually(lambda: desk.here == 1, "one to be served")
    waiting(front, 2)
    desk.let(3)
    assert [client.final().status for client in clients] == [200] * 3


def test_a_tcp_connection_waits_for_a_place_after_a_refusal(origin, fairlead, stack):
    busy, dead = origin(echo).address, stack.enter_context(Refusing()).address
    options = {"passive": "off", "balance": "round_robin"}
    front = limited(fairlead, busy, dead, protocol="tcp", pool_options=options, workers=1)
    with front.client() as first, front.client() as second:
        assert first.send(b"one").exactly(3) == b"one"
        second.send(b"two")
        waiting(front, 1)
        first.close()
        assert second.exactly(3) == b"two"


def test_tcp_connections_wait_as_well(origin, fairlead):
    front = limited(fairlead, origin(echo).address, protocol="tcp")
    with front.client() as first:
        assert first.send(b"one").exactly(3) == b"one"
        with front.client() as second:
            second.send(b"two")
            waiting(front, 1)
            first.close()
            assert second.exactly(3) == b"two"


def test_a_tcp_connection_that_waited_too_long_is_reset(origin, fairlead):
    front = limited(fairlead, origin(echo).address, protocol="tcp", pool_options={"queue": {"timeout": "100ms"}})
    with front.client() as first:
        assert first.send(b"one").exactly(3) == b"one"
        with front.client() as second:
            second.send(b"two")
            assert second.rest() == (b"", "reset")


def test_under_load_the_limit_holds_and_nobody_fails(origin, fairlead):
    desk = Desk()
    desk.let(10_000)
    front = limited(fairlead, origin(desk).address, limit=3)
    failed = []

    def work():
        for _ in range(50):
            with front.client() as client:
                if client.ask().status != 200:
                    failed.append(1)

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE * 6)
    assert not failed and desk.most <= 3 and len(desk.seen) == 600
    waiting(front, 0)
