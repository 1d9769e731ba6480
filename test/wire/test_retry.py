"""A request that a backend could not take goes to another one, if that is safe; and not without end."""
import json
import signal
import threading
from pathlib import Path

import pytest

from fairlead import problem
from origin import Refusing, Silent, named, ok, serving
from raw import once, request
from timing import PATIENCE, eventually

BODIES = [("GET", None), ("POST", b"x" * 1000), ("PUT", b"y"), ("DELETE", None)]


def refusing(stack):
    return stack.enter_context(Refusing())


def in_turn(*addresses, retry=None, **options):
    """A pool that asks its backends strictly in turn."""
    route = {"pool": "app", **({"retry": retry} if retry else {})}
    return {
        "workers": 1,
        "listeners": {"web": {"bind": "127.0.0.1:<web>", "routes": [route]}},
        "pools": {"app": {"health": "off", "balance": "round_robin", "backends": list(addresses), **options}},
    }


def breaking_off(connection):
    """Takes a request and resets the connection instead of an answer."""
    connection.request()
    connection.reset()


def closing(connection):
    connection.request()


@pytest.mark.parametrize("method, body", BODIES)
def test_a_refused_connect_goes_to_another_backend(origin, fairlead, stack, method, body):
    """Whatever the method: nothing was sent."""
    backend = origin(named("alive"))
    front = fairlead(in_turn(refusing(stack).address, backend.address))
    with front.client() as client:
        for _ in range(10):
            assert client.ask("/", method, body=body).body == b"alive"
    assert [r.body for r in backend.requests] == [body or b""] * 10


def test_a_chunked_upload_survives_a_refused_connect(origin, fairlead, stack):
    backend = origin(named("alive"))
    front = fairlead(in_turn(refusing(stack).address, refusing(stack).address, backend.address))
    with front.client() as client:
        for _ in range(3):
            client.send(request("/", "POST", ["Transfer-Encoding: chunked"]) + b"5\r\nhello\r\n0\r\n\r\n")
            assert client.final().body == b"alive"
    assert [r.body for r in backend.requests] == [b"hello"] * 3


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
@pytest.mark.parametrize("broken", [breaking_off, closing])
def test_an_idempotent_request_that_was_broken_off_goes_to_another_backend(origin, fairlead, method, broken):
    bad, good = origin(broken), origin(named("alive"))
    front = fairlead(in_turn(bad.address, good.address))
    for _ in range(4):
        assert once(front.address(), "/", method).status == 200
    assert bad.requests, "the broken backend was never asked"
    assert len(good.requests) == 4


@pytest.mark.parametrize("method", ["POST", "PATCH", "PROPFIND"])
@pytest.mark.parametrize("broken", [breaking_off, closing])
def test_a_request_that_may_have_been_acted_on_is_not_sent_twice(origin, fairlead, method, broken):
    bad, other = origin(broken), origin(broken)
    front = fairlead(in_turn(bad.address, other.address))
    with front.client() as client:
        problem(client.ask("/", method, body=b"hello"), 502, bad.address, other.address)
    assert len(bad.requests) + len(other.requests) == 1


@pytest.mark.parametrize("how", ["reset", "end"])
def test_a_reused_connection_that_breaks_costs_an_idempotent_request_nothing(origin, fairlead, how):
    """The second request on each connection is broken off."""

    def script(connection):
        connection.request()
        connection.send(ok())
        if connection.request() and how == "reset":
            connection.reset()

    backend = origin(script)
    front = fairlead(in_turn(backend.address))
    with front.client() as client:
        for _ in range(6):
            assert client.ask().status == 200


def test_a_post_on_a_reused_connection_that_breaks_is_not_sent_twice(origin, fairlead):
    def script(connection):
        connection.request()
        connection.send(ok())
        connection.request()
        connection.reset()

    backend = origin(script)
    front = fairlead(in_turn(backend.address))
    with front.client() as client:
        assert client.ask().status == 200
        problem(client.ask("/act", "POST", body=b"hello"), 502)
    assert [r.target for r in backend.requests] == ["/", "/act"]


def test_nothing_is_retried_once_a_response_began(origin, fairlead):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello")
        connection.reset()

    backends = [origin(script), origin(script)]
    front = fairlead(in_turn(*[b.address for b in backends]))
    answer = once(front.address())
    assert not answer.complete or answer.status == 502
    assert sum(len(b.requests) for b in backends) == 1


@pytest.mark.parametrize("attempts", [0, 1, 2, 3])
def test_attempts_are_bounded(origin, fairlead, attempts):
    backends = [origin(breaking_off) for _ in range(6)]
    front = fairlead(in_turn(*[b.address for b in backends], retry={"attempts": attempts, "on": ["connect", "reset"]}))
    with front.client() as client:
        problem(client.ask(), 502)
    assert sum(len(b.requests) for b in backends) == 1 + attempts
    assert max(len(b.requests) for b in backends) == 1, "the same backend was tried twice"


def test_two_more_attempts_are_the_default(origin, fairlead):
    backends = [origin(breaking_off) for _ in range(6)]
    front = fairlead(in_turn(*[b.address for b in backends]))
    assert once(front.address()).status == 502
    assert sum(len(b.requests) for b in backends) == 3


def test_retry_on_a_status_when_asked(origin, fairlead):
    sick = origin(serving(lambda r, c: ok(b"sick", status="503 Service Unavailable")))
    well = origin(named("well"))
    front = fairlead(in_turn(sick.address, well.address, retry={"attempts": 1, "on": ["connect", "reset", 503]}))
    for _ in range(4):
        assert once(front.address()).body == b"well"
    assert sick.requests
    answers = {once(front.address(), "/", "POST", body=b"x").body for _ in range(4)}
    assert answers == {b"sick", b"well"}, "a POST was sent twice"


def test_a_status_is_not_retried_unasked(origin, fairlead):
    sick = origin(serving(lambda r, c: ok(b"sick", status="503 Service Unavailable")))
    front = fairlead(in_turn(sick.address, origin(named("well")).address))
    assert {once(front.address()).body for _ in range(4)} == {b"sick", b"well"}


def test_all_backends_refusing_is_an_answer(stack, fairlead):
    dead = [refusing(stack) for _ in range(3)]
    front = fairlead(in_turn(*[d.address for d in dead]), ready="/health")
    for _ in range(5):
        with front.client() as client:
            answer = client.ask()
            kind = problem(answer, {502, 503}, *[d.address for d in dead])
            assert answer.status != 503 or answer.get("retry-after"), answer
            assert kind


def test_a_pool_of_which_nobody_may_be_used_is_a_503(origin, fairlead):
    resting = origin(named("resting"))
    front = fairlead(in_turn({"address": resting.address, "weight": 0}), ready="/health")
    answer = once(front.address())
    assert problem(answer, 503) == "no-healthy-backend"
    assert int(answer.get("retry-after")) >= 1


@pytest.mark.parametrize("elsewhere", [{"backup": True}, {"priority": 1}, {"zone": "b"}], ids=["backup", "tier", "zone"])
@pytest.mark.parametrize("fails", ["refused", "reset", "503"])
def test_where_all_of_the_choice_have_failed_it_goes_to_who_is_left_out_of_it(origin, fairlead, stack, elsewhere, fails):
    busy = serving(lambda request, connection: b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
    first = refusing(stack).address if fails == "refused" else origin(breaking_off if fails == "reset" else busy).address
    backends = [{"address": first, "zone": "a"}, {"address": origin(named("other")).address, "zone": "a", **elsewhere}]
    config = in_turn(retry={"on": ["connect", "reset", "503"]}, passive="off")
    config["pools"]["app"]["backends"] = backends
    front = fairlead({**config, "zone": "a"})
    for _ in range(4):
        assert once(front.address()).body == b"other"
    assert front.metric("fairlead_retries_total", pool="app") == 4


def test_retries_are_counted(origin, fairlead, stack):
    front = fairlead(in_turn(refusing(stack).address, origin().address))
    before = front.metric("fairlead_retries_total", pool="app")
    for _ in range(4):
        assert once(front.address()).status == 200
    assert eventually(lambda: front.metric("fairlead_retries_total", pool="app") > before, "a retry to be counted")


def test_the_connection_of_a_broken_request_is_given_up(origin, fairlead):
    backend = origin(serving(lambda r, c: b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"))
    front = fairlead(in_turn(backend.address))
    assert once(front.address()).status == 502
    assert all(c.done.wait(PATIENCE) for c in backend.used())


# ---- requests whose body is on its way


def hold_still(front):
    """Stops the process, so that what happens meanwhile is news of one moment for it."""
    front.signal(signal.SIGSTOP)
    tasks = Path(f"/proc/{front.process.pid}/task")
    eventually(
        lambda: all(b") T " in (task / "stat").read_bytes() for task in tasks.iterdir()), "every thread to stand still"
    )


def test_a_body_of_which_some_is_gone_is_not_sent_again_without_it(origin, fairlead):
    """The backend resets in the moment in which a long body begins to move: it went nowhere, but is gone."""
    go = threading.Event()

    def script(connection):
        connection.head()
        assert go.wait(PATIENCE)
        connection.reset()
        connection.done.set()

    backends = [origin(script), origin(script)]
    front = fairlead(in_turn(*[b.address for b in backends]))
    with front.client() as client:
        client.send(request("/", "PUT", ["Content-Length: 100000"]))
        used = eventually(lambda: [c for b in backends for c in b.connections if c.requests], "the head to arrive")
        hold_still(front)
        go.set()
        assert used[0].done.wait(PATIENCE)
        client.send(b"x" * 100_000)
        front.signal(signal.SIGCONT)
        problem(client.final(), 502)
    assert sum(len(b.requests) for b in backends) == 1


@pytest.mark.parametrize("method, status", [("POST", 503), ("PUT", 503), ("PUT", 200)])
def test_a_response_that_comes_before_the_body_does_not_begin_the_body_anew(origin, fairlead, method, status):
    """503 would be tried again, but not of a POST, and not where there is nobody else."""

    def script(connection):
        seen = connection.head()
        connection.exactly(5)
        connection.send(b"HTTP/1.1 %d Early\r\nContent-Length: 4\r\n\r\nhe" % status)
        connection.exactly(5)
        seen.body = bytes(connection.received[-10:])
        connection.send(b"re")

    backend = origin(script)
    front = fairlead(in_turn(backend.address, retry={"attempts": 1, "on": [503]}))
    with front.client() as client:
        client.send(request("/", method, ["Content-Length: 10"]) + b"01234")
        assert client.until(b"\r\n\r\nhe").startswith(b"HTTP/1.1 %d " % status)
        assert client.send(b"56789").exactly(2) == b"re"
    assert [r.body for r in backend.requests] == [b"0123456789"]


def test_a_status_before_the_body_sends_all_of_the_body_elsewhere(origin, fairlead):
    def early(connection):
        connection.head()
        connection.exactly(5)
        connection.send(b"HTTP/1.1 503 Early\r\nContent-Length: 0\r\n\r\n")
        connection.drain()

    sick, well = origin(early), origin(named("well"))
    front = fairlead(in_turn(sick.address, well.address, retry={"attempts": 1, "on": [503]}))
    for tried in range(1, 3):
        with front.client() as client:
            client.send(request("/", "PUT", ["Content-Length: 10"]) + b"01234")
            eventually(lambda: len(well.requests) == tried, "the other backend to be asked")
            assert client.send(b"56789").final().body == b"well"
    assert sick.requests
    assert [r.body for r in well.requests] == [b"0123456789"] * 2


# ---- attempts that take too long


def hanging(connection):
    """Takes a request and says nothing until it is given up."""
    connection.request()
    connection.drain()


def impatient(*addresses, **retry):
    return in_turn(*addresses, retry={"per_try_timeout": "100ms", **retry}, passive="off", connect_timeout="300s")


@pytest.mark.parametrize("method, body", [("GET", None), ("PUT", b"x" * 1000)])
def test_an_attempt_that_hangs_is_given_up_and_another_backend_asked(origin, fairlead, method, body):
    frozen, good = origin(hanging), origin(named("alive"))
    front = fairlead(impatient(frozen.address, good.address))
    with front.client() as client:
        for _ in range(4):
            assert client.ask("/", method, body=body).body == b"alive"
    assert frozen.requests, "the frozen backend was never asked"
    assert [r.body for r in good.requests] == [body or b""] * 4
    assert all(c.done.wait(PATIENCE) for c in frozen.used()), "an attempt was given up, and its connection kept"


def test_interim_responses_do_not_keep_an_attempt_alive(origin, fairlead):
    def hinting(connection):
        connection.request()
        connection.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        connection.drain()

    hints, good = origin(hinting), origin(named("alive"))
    front = fairlead(impatient(hints.address, good.address))
    for _ in range(2):
        assert once(front.address()).body == b"alive"
    assert hints.requests


def test_a_post_whose_attempt_hangs_is_not_sent_twice(origin, fairlead):
    backends = [origin(hanging), origin(hanging)]
    front = fairlead(impatient(*[b.address for b in backends]))
    with front.client() as client:
        kind = problem(client.ask("/", "POST", body=b"hello"), 504, *[b.address for b in backends])
    assert kind == "backend-timeout"
    assert sum(len(b.requests) for b in backends) == 1


def test_hanging_attempts_are_bounded_and_the_log_names_their_limit(origin, fairlead):
    backends = [origin(hanging) for _ in range(4)]
    config = impatient(*[b.address for b in backends], attempts=1)
    front = fairlead({**config, "access_log": {"format": "json", "to": "./access.log"}})
    problem(once(front.address()), 504)
    assert sum(len(b.requests) for b in backends) == 2
    (line,) = logged(front, 1)
    assert (line["error"], line["side"], line["attempts"]) == ("timeout", "upstream", 2)
    assert "per_try_timeout of 0.1 s" in line["detail"]


@pytest.mark.parametrize("method, body", BODIES)
def test_a_connect_that_hangs_is_given_up_whatever_the_method(origin, fairlead, stack, method, body):
    good = origin(named("alive"))
    front = fairlead(impatient(stack.enter_context(Silent()).address, good.address))
    assert once(front.address(), "/", method, body=body).body == b"alive"
    assert front.metric("fairlead_retries_total", pool="app") == 1
    assert front.metric("fairlead_backend_errors_total", pool="app", kind="timeout") == 1


def test_a_hanging_attempt_counts_for_the_health_of_its_backend(origin, fairlead):
    """Also on a connection that had served before."""

    def script(connection):
        connection.request()
        connection.send(ok())
        hanging(connection)

    frozen = origin(script)
    config = in_turn(frozen.address, origin(named("alive")).address, retry={"per_try_timeout": "100ms"})
    config["pools"]["app"]["passive"] = {"consecutive_errors": 1, "eject_for": "1h"}
    front = fairlead(config)
    for _ in range(4):
        assert once(front.address()).status == 200
    eventually(lambda: front.states()[frozen.address] == "ejected", "the hanging backend to be ejected")
    assert front.metric("fairlead_backend_errors_total", backend=frozen.address, kind="timeout") == 1


def test_what_is_not_the_backends_time_does_not_count(origin, fairlead):
    """An attempt that hangs tells when the limit is over: a slow upload and a long answer outlive it."""

    def script(connection):
        while request := connection.head():
            if request.target == "/hang":
                return connection.drain()
            if request.target == "/long":
                connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
                assert over.wait(PATIENCE)
                connection.send(b"world")
            else:
                connection.send(ok(connection.body(request).body))

    over = threading.Event()
    backend = origin(script)
    front = fairlead(impatient(backend.address, attempts=0))
    with front.client() as upload, front.client() as download:
        upload.send(request("/up", "PUT", ["Content-Length: 10"]) + b"hello")
        download.send(request("/long")).until(b"hello")
        backend.wait_requests(2)
        problem(once(front.address(), "/hang"), 504)
        over.set()
        assert download.exactly(5) == b"world"
        assert upload.send(b"world").final().body == b"helloworld"


# ---- the budget


def logged(front, count):
    """The lines of ./access.log, once there are so many."""
    path = front.path.parent / "access.log"
    eventually(lambda: path.exists() and path.read_text().count("\n") >= count, f"{count} lines in the access log")
    return [json.loads(line) for line in path.read_text().splitlines()]


class Failing:
    """All requests go to one of two backends and get 503 there at once; what follows is held at the other."""

    def __init__(self, requests):
        self.requests, self.first, self.lock = requests, None, threading.Lock()
        self.all_there, self.release, self.seen = threading.Event(), threading.Event(), []
        self.breaks = False

    def __call__(self, connection):
        connection.head()
        with self.lock:
            self.first = self.first or connection.origin
            self.seen.append(connection)
            if len(self.seen) == self.requests:
                self.all_there.set()
        if connection.origin is self.first:
            assert self.all_there.wait(PATIENCE)
            if self.breaks:
                return connection.reset()
            return connection.send(ok(b"sick", status="503 Service Unavailable"))
        assert self.release.wait(PATIENCE * 2)
        connection.send(ok(b"second"))


@pytest.mark.parametrize("budget, requests, granted", [("20%", 50, 10), ("0%", 8, 3), ("off", 20, 20), (None, 30, 6)])
def test_retries_keep_to_their_budget_exactly_over_all_workers(origin, fairlead, stack, budget, requests, granted):
    script = Failing(requests)
    backends = [origin(script), origin(script)]
    retry = {"on": [503], "budget": budget} if budget else {"on": [503]}
    config = in_turn(*[b.address for b in backends], balance="ip_hash", passive="off", retry=retry)
    config |= {"workers": 2, "access_log": {"format": "json", "to": "./access.log"}}
    front = fairlead(config)
    clients = [stack.enter_context(front.client()) for _ in range(requests)]
    for client in clients:
        client.send(request("/"))
    refused = requests - granted
    eventually(lambda: len(script.seen) == requests + granted, "what the budget allows to be asked elsewhere")
    eventually(
        lambda: front.metric("fairlead_retries_refused_total", pool="app", reason="budget") == refused, "the refusals"
    )
    script.release.set()
    answers = [client.final() for client in clients]
    assert sorted(answer.status for answer in answers) == [200] * granted + [503] * refused
    assert front.metric("fairlead_retries_total", pool="app") == granted
    assert front.pool()["retries_refused_total"] == refused
    details = [line["detail"] for line in logged(front, requests) if line["status"] == 503]
    assert details == ["the retry budget of pool `app` is used up"] * refused


def test_a_status_that_the_budget_passes_on_says_so_in_the_log(origin, fairlead, stack):
    """Three retries hang; the fourth is not made, and its client gets the 503."""

    def answer(request, connection):
        with lock:
            first.setdefault("origin", connection.origin)
        if connection.origin is first["origin"]:
            return ok(b"sick", status="503 Service Unavailable")
        held.append(request)
        assert release.wait(PATIENCE)
        return ok(b"well")

    script, lock, release, first, held = serving(answer), threading.Lock(), threading.Event(), {}, []
    config = in_turn(origin(script).address, origin(script).address, retry={"on": [503], "budget": "0%"})
    config["pools"]["app"] |= {"balance": "ip_hash", "passive": "off"}
    front = fairlead({**config, "access_log": {"format": "json", "to": "./access.log"}})
    waiting = [stack.enter_context(front.client()).send(request("/")) for _ in range(3)]
    eventually(lambda: len(held) == 3, "three retries under way")
    assert once(front.address()).body == b"sick"
    (line,) = logged(front, 1)
    assert line["detail"] == "the retry budget of pool `app` is used up" and "error" not in line
    release.set()
    assert [client.final().body for client in waiting] == [b"well"] * 3
    eventually(lambda: once(front.address()).body == b"well", "the budget to be free again")


def test_broken_connections_are_not_charged(origin, fairlead, stack):
    """Half of all that runs fails at once when one of two backends dies: all of it is repeated, whatever the budget."""
    script = Failing(40)
    backends = [origin(script), origin(script)]
    config = in_turn(*[b.address for b in backends], balance="ip_hash", passive="off", retry={"budget": "0%"})
    front = fairlead({**config, "workers": 2})
    script.breaks = True
    clients = [stack.enter_context(front.client()) for _ in range(40)]
    for client in clients:
        client.send(request("/"))
    eventually(lambda: len(script.seen) == 80, "all to be asked elsewhere")
    script.release.set()
    assert [client.final().body for client in clients] == [b"second"] * 40
    assert front.metric("fairlead_retries_refused_total", pool="app") == 0
