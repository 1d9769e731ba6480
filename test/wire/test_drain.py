"""Draining: by the API, by command, by a backend's own word, by a reload; what runs ends, or is cut at the deadline."""
import json
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from fairlead import command, free_port, one_pool, problem
from origin import Refusing, echo, named, ok, serving
from raw import Client, once, request
from test_reload import Load
from timing import PATIENCE, eventually


def patch(front, backend, name="app", **order):
    path = f"/api/v1/pools/{name}/backends/{backend}"
    return front.admin(path, "PATCH", json.dumps(order).encode())


def obeyed(front, backend, **order):
    answer = patch(front, backend, **order)
    assert answer.status == 200, answer
    return json.loads(answer.body)


OLDEST = r"(the oldest for \d+ s, )?"  # once the workers have been asked


def tell(front, *words, code=0):
    done = command(*words, "--admin", front.address("admin"))
    assert done.returncode == code, done
    return done.stdout if code == 0 else done.stderr


def drained(front, backend):
    eventually(lambda: front.backends()[backend].get("drain", {}).get("drained"), f"{backend} to be drained")
    return front.backends()[backend]


def events(front, kind):
    return [event for event in front.json("/api/v1/events")["events"] if event["kind"] == kind]


class Gate:
    """A backend that answers /slow only when it is let; all else at once, with its name. /health: with its `status`."""

    def __init__(self, name):
        self.name, self.open, self.status = name, threading.Event(), "200 OK"

    def __call__(self, connection):
        def answer(request, connection):
            if request.target == "/slow":
                self.open.wait(PATIENCE * 2)
            return ok(self.name, status=self.status if request.target == "/health" else "200 OK")

        serving(answer)(connection)


@contextmanager
def opened(*gates):
    """Whatever happens, nobody waits at the gates behind it."""
    try:
        yield
    finally:
        for gate in gates:
            gate.open.set()


@pytest.fixture
def two(origin, fairlead):
    """Two backends with gates, and an HTTP listener before them."""
    gates = [Gate(b"a"), Gate(b"b")]
    origins = [origin(gate) for gate in gates]

    def start(workers=1, **options):
        addresses = [one.address for one in origins]
        return fairlead(one_pool(*addresses, pool_options={"balance": "round_robin", **options}, workers=workers))

    with opened(*gates):
        yield gates, origins, start


def held_at(front, one, other):
    """A client whose request is at `one`: the other backend has no weight while it is picked."""
    obeyed(front, other.address, weight=0)
    client = front.client(timeout=PATIENCE * 2).send(request("/slow"))
    eventually(lambda: "/slow" in [each.target for each in one.requests], "the request to come")
    obeyed(front, other.address, weight=None)
    return client


# ---- no new work, old work ends


@pytest.mark.parametrize("state", ["draining", "disabled"])
def test_what_runs_ends_and_nothing_new_comes(two, state):
    (a, _), (one, other), start = two
    front = start()
    assert {once(front.address()).body for _ in range(4)} == {b"a", b"b"}
    held = held_at(front, one, other)
    told = obeyed(front, one.address, state=state)
    assert told["state"] == state and not told["eligible"]
    assert told["orders"] == {"state": state}
    assert told["drain"]["left"] == 1 and 25 < told["drain"]["seconds_left"] <= 30
    count = len(one.requests)
    assert {once(front.address()).body for _ in range(10)} == {b"b"}
    assert len(one.requests) == count
    assert re.search(rf"{state} by order; 1 left, {OLDEST}(29|30) s to go", tell(front, "status"))
    a.open.set()
    assert held.final().body == b"a"
    assert held.ask("/").body == b"b", "the client's connection is ours, and goes on"
    eventually(lambda: all(c.done.is_set() for c in one.connections), "idle connections to it to be closed")
    told = drained(front, one.address)
    assert told["state"] == state and told["reason"].endswith("drained")
    assert told["drain"] == {"drained": True, "left": 0, "seconds_left": 0, "cut": 0}
    (event,) = events(front, "backend_drained")
    assert event["backend"] == one.address and event["reason"] == "drained"
    obeyed(front, one.address, state="enabled")
    assert {once(front.address()).body for _ in range(4)} == {b"a", b"b"}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_tcp_connection_goes_on_while_its_backend_drains(origin, fairlead, workers):
    one = origin(echo)
    front = fairlead(one_pool(one.address, protocol="tcp", workers=workers))
    with front.client() as client:
        assert client.send(b"hello").exactly(5) == b"hello"
        said = tell(front, "backend", "drain", "app", one.address)
        assert re.match(rf"app {one.address}: draining, weight 1: draining by order; 1 left, {OLDEST}(29|30) s to go\n", said)
        assert "warning: no usable backend is left in pool `app`" in said
        assert client.send(b"again").exactly(5) == b"again"
        try:
            with front.client() as late:
                late.expect_closed()
        except ConnectionResetError:
            pass  # before connect() returned
        client.half_close()
        client.expect_closed()
    drained(front, one.address)
    assert "healthy" in tell(front, "backend", "enable", "app", one.address)
    with front.client() as client:
        assert client.send(b"hello").exactly(5) == b"hello"


# ---- the deadline


def test_the_deadline_cuts_a_tcp_connection(origin, fairlead):
    one = origin(echo)
    front = fairlead(one_pool(one.address, protocol="tcp", pool_options={"drain_timeout": "500ms"}))
    with front.client() as client:
        assert client.send(b"hello").exactly(5) == b"hello"
        obeyed(front, one.address, state="draining")
        assert client.rest() == (b"", "reset")
    assert drained(front, one.address)["reason"] == "drained: 1 was cut off after 0.5 s"
    assert front.metric("fairlead_pool_errors_total", pool="app", kind="draining") == 1


def test_the_deadline_gives_what_is_safe_to_another_backend(two):
    (_, b), (one, other), start = two
    front = start(drain_timeout="300ms")
    b.open.set()
    held = held_at(front, one, other)
    obeyed(front, one.address, state="draining")
    assert held.final().body == b"b"
    assert drained(front, one.address)["drain"]["cut"] == 1


def test_the_deadline_answers_503_where_nobody_else_may_do_it(origin, fairlead):
    gate = Gate(b"a")
    one = origin(gate)
    front = fairlead(one_pool(one.address, pool_options={"drain_timeout": "300ms"}))
    with opened(gate), front.client() as client:
        client.send(request("/slow", "POST", body=b"x"))
        one.wait_requests(1)
        obeyed(front, one.address, state="draining")
        assert problem(client.final(), 503).endswith("draining")
    drained(front, one.address)


def test_the_deadline_breaks_off_a_response_that_was_begun(origin, fairlead):
    release = threading.Event()

    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegun")
        release.wait(PATIENCE * 2)

    one = origin(script)
    front = fairlead(one_pool(one.address, pool_options={"drain_timeout": "300ms"}))
    try:
        with front.client() as client:
            client.send(request())
            assert client.head().status == 200
            obeyed(front, one.address, state="draining")
            assert client.rest()[0] == b"begun"
    finally:
        release.set()
    drained(front, one.address)


def test_the_deadline_cuts_a_tunnel(origin, fairlead):
    def script(connection):
        connection.head()
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
        connection.drain()

    one = origin(script)
    front = fairlead(one_pool(one.address, pool_options={"drain_timeout": "300ms"}))
    with front.client() as client:
        client.send(request(fields=["Connection: Upgrade", "Upgrade: x"]))
        assert client.head().status == 101
        obeyed(front, one.address, state="draining")
        assert client.rest() == (b"", "reset")
    eventually(lambda: one.connections[-1].ended, "the backend to see it")


# ---- weights


def test_weight_nothing_and_back(two):
    _, (one, other), start = two
    front = start()
    said = tell(front, "backend", "weight", "app", one.address, "0")
    assert said == f"app {one.address}: healthy, weight 0 (the file says 1): health checks are off\n"
    assert {once(front.address()).body for _ in range(6)} == {b"b"}
    told = front.backends()[one.address]
    assert told["orders"] == {"weight": 0} and told["file_weight"] == 1
    assert "(weight 0 by order, 1 in the file)" in tell(front, "status")
    tell(front, "backend", "weight", "app", one.address, "2")
    answers = [once(front.address()).body for _ in range(9)]
    assert (answers.count(b"a"), answers.count(b"b")) == (6, 3)
    tell(front, "backend", "weight", "app", one.address, "file")
    assert "orders" not in front.backends()[one.address]
    assert [event["to"] for event in events(front, "backend_weight")] == ["0", "2", "1"]


# ---- what is refused


def test_a_wrong_order_changes_nothing_and_says_what_is_allowed(two):
    _, (one, _), start = two
    front = start()
    for body in (b"", b"{}", b'{"state": "up"}', b'{"weight": 1001}', b'{"weight": 1, "colour": "red"}', b"[1]"):
        answer = front.admin(f"/api/v1/pools/app/backends/{one.address}", "PATCH", body)
        assert answer.status == 400 and answer.get("content-type") == "application/problem+json", answer
        assert "allowed" in json.loads(answer.body)["detail"]
    assert patch(front, one.address, name="ap", weight=1).status == 404
    assert front.admin(f"/api/v1/pools/app/backends/{one.address}", "DELETE").status == 405
    assert set(front.states().values()) == {"healthy"}


def test_a_foreign_page_orders_nothing(two):
    _, (one, _), start = two
    front = start()
    with Client(front.address("admin")) as client:
        path = f"/api/v1/pools/app/backends/{one.address}"
        answer = client.ask(path, "PATCH", ["Origin: http://evil.example"], b'{"state": "draining"}')
    assert answer.status == 403
    assert front.states()[one.address] == "healthy"


@pytest.mark.parametrize(
    "words, code, says",
    [
        (["drain", "ap", "127.0.0.1:1"], 1, "did you mean `app`"),
        (["drain", "app", "127.0.0.1:1"], 1, "There is no such backend"),
        (["weight", "app", "127.0.0.1:1", "many"], 2, "0 to 1000"),
        (["weight", "app", "127.0.0.1:1"], 2, "VALUE is required"),
        (["drain", "app"], 2, "ADDRESS is required"),
        (["drain", "app", "127.0.0.1:1", "now"], 2, "now"),
        (["fly", "app", "127.0.0.1:1"], 2, "fly"),
        ([], 2, "subcommand"),
    ],
)
def test_exit_codes_of_orders(fairlead, origin, words, code, says):
    front = fairlead(one_pool(origin().address))
    assert says in tell(front, "backend", *words, code=code)


def test_orders_to_nobody(stack):
    nobody = stack.enter_context(Refusing())
    for words in (["backend", "drain", "app", "127.0.0.1:1"], ["reload"]):
        done = command(*words, "--admin", nobody.address)
        assert done.returncode == 1 and "no instance answers" in done.stderr
        assert command(*words, "--admin", "nonsense:x").returncode == 2


# ---- by a backend's own word


LEAVING = {"http": "/health", "interval": "100ms", "draining": {"status": [404]}}


def test_a_backend_may_say_that_it_leaves(two):
    (a, _), (one, other), start = two
    front = start(health=LEAVING)
    held = held_at(front, one, other)
    a.status = "404 Not Found"
    eventually(lambda: front.states()[one.address] == "draining", "its word to be heard")
    assert {once(front.address()).body for _ in range(10)} == {b"b"}
    word = "draining by its own word: status 404"
    assert re.search(rf"{word}; 1 left, {OLDEST}\d+ s to go", tell(front, "status"))
    assert word in tell(front, "explain", f"http://{front.address()}/")
    assert word in tell(front, "backend", "enable", "app", one.address), "an order does not talk it out of that"
    assert "orders" not in front.backends()[one.address]
    a.open.set()
    assert held.final().body == b"a"
    assert drained(front, one.address)["reason"] == f"{word}; drained"
    (event,) = events(front, "backend_drained")
    assert event["backend"] == one.address
    assert front.backends()[one.address]["last_check"]["result"] == "draining"
    assert front.metric("fairlead_health_checks_total", backend=one.address, result="draining") > 0
    a.status = "200 OK"
    eventually(lambda: front.states()[one.address] == "healthy", "it to be back")
    assert {once(front.address()).body for _ in range(4)} == {b"a", b"b"}


def test_the_end_of_its_word_does_not_end_an_order(two):
    (a, _), (one, _), start = two
    front = start(health=LEAVING)
    obeyed(front, one.address, state="draining")
    a.status = "404 Not Found"
    eventually(lambda: front.backends()[one.address]["last_check"]["result"] == "draining", "its word to be heard")
    assert drained(front, one.address)["reason"] == "drained"
    a.status = "200 OK"
    passed = front.backends()[one.address]["checks"]["passed"]
    eventually(lambda: front.backends()[one.address]["checks"]["passed"] > passed + 3, "probes to pass")
    assert front.states()[one.address] == "draining"
    assert obeyed(front, one.address, state="enabled")["state"] == "healthy"


# ---- reloads


def test_orders_survive_a_reload(two):
    _, (one, other), start = two
    front = start()
    obeyed(front, one.address, state="draining")
    obeyed(front, other.address, weight=5)
    front.write({**front.config, "drain_timeout": "6s"})
    assert tell(front, "reload") == "configuration 2 acts\n"
    told = front.backends()
    assert told[one.address]["orders"] == {"state": "draining"}
    assert told[other.address]["orders"] == {"weight": 5}
    assert {once(front.address()).body for _ in range(4)} == {b"b"}


def test_a_reload_by_command_says_what_is_wrong(two):
    _, _, start = two
    front = start()
    front.write("pools: { app: { bakends: [127.0.0.1:1] } }\n")
    said = tell(front, "reload", code=1)
    assert "did you mean `backends`?" in said and "the one before goes on" in said
    assert once(front.address()).status == 200


def test_a_removed_backend_ends_by_its_drain_timeout(origin, fairlead):
    one, other = origin(echo), origin(named("b"))
    options = {"protocol": "tcp", "pool_options": {"drain_timeout": "2s"}}
    front = fairlead(one_pool(one.address, **options))
    with front.client() as client:
        assert client.send(b"hello").exactly(5) == b"hello"
        front.reload(one_pool(other.address, **options))
        assert client.send(b"again").exactly(5) == b"again"
        (leaving,) = front.json("/api/v1/pools")["leaving"]
        assert leaving["pool"] == "app" and leaving["address"] == one.address
        assert leaving["drain"]["left"] == 1 and 0 < leaving["drain"]["seconds_left"] <= 2
        assert re.search(rf"{one.address} +removed .*no longer in the file; 1 left, {OLDEST}\d s to go", tell(front, "status"))
        assert client.rest() == (b"", "reset")
    eventually(lambda: front.json("/api/v1/pools")["leaving"] == [], "it to be gone")
    (event,) = events(front, "backend_drained")
    assert event["reason"] == "gone, drained: 1 was cut off after 2 s"


def test_the_count_down_names_the_oldest(origin, fairlead):
    held = threading.Event()
    backend = origin(serving(lambda request, connection: held.wait(PATIENCE) and None or ok(b"late")))
    front = fairlead(one_pool(backend.address, pool_options={"drain_timeout": "1m"}))

    def count_down():
        return front.backends()[backend.address]["drain"]

    with front.client() as client:
        client.send(request("/"))
        eventually(lambda: backend.requests, "the request to arrive")
        tell(front, "backend", "drain", "app", backend.address)
        eventually(lambda: count_down().get("oldest_seconds", 0) > 0.3, "the oldest to be known")
        assert count_down()["left"] == 1 and 1 < count_down()["seconds_left"] < 60
        assert re.search(r"1 left, the oldest for \d+ s, \d+ s to go", tell(front, "status"))
        held.set()
        assert client.final().status == 200
    assert "oldest_seconds" not in drained(front, backend.address)["drain"]


def test_status_counts_down_to_the_end_of_the_process(origin, fairlead):
    held = threading.Event()
    backend = origin(serving(lambda request, connection: held.wait(PATIENCE) and None or ok(b"late")))
    front = fairlead(one_pool(backend.address), drain="50s")
    with front.client() as client:
        client.send(request("/"))
        eventually(lambda: backend.requests, "the request to arrive")
        front.signal(15)
        eventually(lambda: front.json("/api/v1/status")["draining"], "the drain to begin")
        eventually(lambda: front.json("/api/v1/status")["drain"].get("oldest_seconds", 0) > 0.1, "the oldest to be known")
        drain = front.json("/api/v1/status")["drain"]
        assert drain["left"] == 1 and 10 < drain["seconds_left"] <= 50
        assert "draining: 1 connection left, " in tell(front, "status")
        held.set()
        assert client.final().status == 200
    assert front.wait() == 0


# ---- rolling restarts


class Server:
    """A backend in a process of its own, at an address that it keeps."""

    SCRIPT = "import sys, threading; from origin import Origin, named; Origin(named(sys.argv[1]), port=int(sys.argv[2])); threading.Event().wait()"

    def __init__(self, name):
        self.name, self.port = name, free_port()
        self.address = f"127.0.0.1:{self.port}"

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", self.SCRIPT, self.name, str(self.port)], cwd=Path(__file__).parent
        )
        eventually(self._up, "the backend to start")
        return self

    def __exit__(self, *_):
        self.end(signal.SIGKILL)

    def _up(self):
        try:
            return once(self.address).status == 200
        except OSError:
            return False

    def end(self, number):
        self.process.send_signal(number)
        self.process.wait(PATIENCE)

    def again(self, number):
        self.end(number)
        self.__enter__()


class Leaving(Server):
    """The same; on SIGTERM it asks to leave, in every answer, and works on."""

    SCRIPT = """import signal, sys, threading
from origin import Origin, ok, serving
word = []
signal.signal(signal.SIGTERM, lambda *_: word.append("X-Health: leaving"))
Origin(serving(lambda r, c: ok(sys.argv[1].encode(), *word)), port=int(sys.argv[2]))
threading.Event().wait()"""


class Reads(Load):
    """The same with requests that may be given to another backend."""

    def _kept(self):
        while not self.stopping.is_set():
            with Client(self.address) as client:
                while not self.stopping.is_set():
                    answer = client.ask("/")
                    self._count(answer)
                    if answer.get("connection") == "close":
                        break


@pytest.fixture
def servers(stack, fairlead):
    three = [stack.enter_context(Server(name)) for name in "abc"]
    options = {"health": {"tcp": {}, "interval": "100ms"}, "drain_timeout": "10s"}
    front = fairlead(one_pool(*[one.address for one in three], pool_options=options, workers=2))
    healthy(front)
    return three, front


def healthy(front):
    eventually(lambda: set(front.states().values()) == {"healthy"}, "all to be healthy", PATIENCE * 2)


def test_a_rolling_restart_behind_drains_fails_no_request(servers):
    three, front = servers
    with Load(front.address()) as load:
        load.more(100)
        for server in three:
            tell(front, "backend", "drain", "app", server.address)
            assert drained(front, server.address)["reason"] == "drained"
            load.more(50)
            server.again(signal.SIGTERM)
            tell(front, "backend", "enable", "app", server.address)
            healthy(front)
            load.more(50)
    assert not load.errors, load.errors[:5]


def test_a_rolling_restart_behind_the_backends_own_word_fails_no_request(stack, fairlead):
    three = [stack.enter_context(Leaving(name)) for name in "abc"]
    health = {"http": "/", "interval": "100ms", "draining": {"headers": {"x-health": "leaving"}}}
    options = {"health": health, "drain_timeout": "10s"}
    front = fairlead(one_pool(*[one.address for one in three], pool_options=options, workers=2))
    healthy(front)
    with Load(front.address()) as load:
        load.more(100)
        for server in three:
            server.process.send_signal(signal.SIGTERM)
            word = "draining by its own word: status 200, header x-health is `leaving`"
            assert drained(front, server.address)["reason"] == f"{word}; drained"
            load.more(50)
            server.again(signal.SIGKILL)
            healthy(front)
            load.more(50)
    assert not load.errors, load.errors[:5]


def test_killed_backends_fail_no_idempotent_request(servers):
    three, front = servers
    with Reads(front.address()) as load:
        load.more(100)
        for server in three:
            server.again(signal.SIGKILL)
            load.more(50)
            healthy(front)
            load.more(50)
    assert not load.errors, load.errors[:5]
