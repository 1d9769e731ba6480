"""SIGHUP: a new configuration in force, nothing lost, nothing forgotten; a wrong one changes nothing."""
import os
import signal
import socket
import threading

import pytest

from fairlead import one_pool
from origin import echo, named, ok, serving
from raw import Client, once, request
from timing import PATIENCE, eventually


class Load:
    """Clients that ask without pause until stopped; every answer that is not a whole 200 is kept."""

    def __init__(self, address, kept=3, single=3):
        self.address, self.stopping = address, threading.Event()
        self.answers, self.errors = 0, []
        self.lock = threading.Lock()
        work = [self._kept] * kept + [self._single] * single
        self.threads = [threading.Thread(target=self._guarded, args=(run,), daemon=True) for run in work]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(PATIENCE * 2)

    def _guarded(self, run):
        try:
            run()
        except Exception as error:
            self.errors.append(f"{run.__name__}: {error!r}")

    def _count(self, answer):
        with self.lock:
            self.answers += 1
            if answer.status != 200 or not answer.complete:
                self.errors.append(repr(answer))

    def _kept(self):
        """One connection for many requests; when the proxy says that it closes, another."""
        while not self.stopping.is_set():
            with Client(self.address) as client:
                while not self.stopping.is_set():
                    answer = client.ask("/", "POST", body=b"x" * 1000)
                    self._count(answer)
                    if answer.get("connection") == "close":
                        break

    def _single(self):
        while not self.stopping.is_set():
            self._count(once(self.address, fields=["Connection: close"]))

    def more(self, count):
        """Waits until so many further answers have come."""
        wanted = self.answers + count
        eventually(lambda: self.answers >= wanted or self.errors, f"{count} more answers", PATIENCE * 3)
        assert not self.errors, self.errors[:5]


@pytest.mark.parametrize("workers", [1, 2])
def test_reloads_under_load_lose_no_request(origin, fairlead, workers):
    a, b = origin(named("a")), origin(named("b"))
    front = fairlead(one_pool(a.address, workers=workers))
    with Load(front.address()) as load:
        for i in range(6):
            load.more(100)
            front.reload(
                one_pool(
                    *([a.address, b.address] if i % 2 == 0 else [a.address]),
                    workers=workers,
                    pool_options={"balance": ["round_robin", "random", "least_connections"][i % 3]},
                )
            )
        load.more(100)
        load.stop()
        assert not load.errors, load.errors[:5]


def test_an_unchanged_file_costs_nothing(origin, fairlead):
    front = fairlead(one_pool(origin().address))
    with front.client() as client:
        for _ in range(5):
            assert client.ask().status == 200
            front.reload()
        assert client.ask().status == 200


def test_new_backends_take_effect_also_on_open_connections(origin, fairlead):
    a, b = origin(named("a")), origin(named("b"))
    front = fairlead(one_pool(a.address))
    with front.client() as client:
        assert client.ask().body == b"a"
        front.reload(one_pool(b.address))
        assert eventually(lambda: client.ask().body == b"b", "the new backend")
        assert {client.ask().body for _ in range(10)} == {b"b"}
    assert set(front.states()) == {b.address}


def test_a_request_in_flight_ends_as_it_began(origin, fairlead):
    """Its backend is gone from the file while it is answered."""

    def answer(r, c):
        eventually(lambda: c.origin.go, "the test's word", 60)
        return ok(b"old")

    a, b = origin(serving(answer)), origin(named("b"))
    a.go = False
    front = fairlead(one_pool(a.address))
    with front.client() as client:
        client.send(request())
        a.wait_requests(1)
        front.reload(one_pool(b.address))
        assert once(front.address()).body == b"b"
        a.go = True
        assert client.final().body == b"old"
        assert client.ask().body == b"b"


def test_a_request_on_a_listener_that_is_gone_outlives_further_reloads(origin, fairlead):
    """It began with its listener's last view, while its pool follows what came later."""

    def answer(r, c):
        eventually(lambda: c.origin.go, "the test's word", 60)
        return ok(b"a")

    a = origin(serving(answer))
    a.go = False
    config = one_pool(a.address)
    config["listeners"]["more"] = {"bind": "127.0.0.1:<more>", "pool": "app"}
    front = fairlead(config)
    with front.client("more") as client:
        head = request()
        client.send(head[:10])
        eventually(lambda: front.metric("fairlead_connections", listener="more") == 1, "the connection")
        for patience in (4, 5):
            front.reload(one_pool(a.address, pool_options={"connect_timeout": f"{patience}s"}))
        eventually(lambda: refused(front.address("more")), "the removed listener to refuse connections")
        client.send(head[10:])
        a.wait_requests(1)
        for patience in (6, 7, 8):
            front.reload(one_pool(a.address, pool_options={"connect_timeout": f"{patience}s"}))
        a.go = True
        assert client.final().body == b"a"


def test_a_tcp_connection_outlives_a_reload(origin, fairlead):
    a, b = origin(echo), origin(echo)
    front = fairlead(one_pool(a.address, protocol="tcp"))
    with front.client() as client:
        assert client.send(b"x").exactly(1) == b"x"
        front.reload(one_pool(b.address, protocol="tcp"))
        assert client.send(b"y").exactly(1) == b"y"
        with front.client() as other:
            assert other.send(b"z").exactly(1) == b"z"
    assert bytes(a.connections[0].received) == b"xy" and bytes(b.used()[0].received) == b"z"


@pytest.mark.parametrize(
    "wrong", ["listeners: [", 'listeners:\n  web: { bind: ":8080", pool: nobody }\n', "", "nonsense: 1\n"]
)
def test_a_wrong_file_changes_nothing(origin, fairlead, wrong):
    front = fairlead(one_pool(origin(named("a")).address))
    generation = front.metric("fairlead_config_generation")
    front.write(wrong)
    before = len(front.errors())
    with front.client() as client:
        front.signal(signal.SIGHUP)
        eventually(lambda: "fairlead.yaml" in front.errors()[before:], "the complaint")
        assert client.ask().body == b"a"
    assert once(front.address()).body == b"a"
    assert front.metric("fairlead_config_generation") == generation
    assert front.running() and front.admin("/ready").status == 200
    front.reload(front.config)  # and a right one is taken again


def test_a_port_in_use_at_a_reload_changes_nothing(origin, fairlead):
    a = origin(named("a"))
    front = fairlead(one_pool(a.address))
    before = len(front.errors())
    config = one_pool(a.address)
    config["listeners"]["more"] = {"bind": a.address, "pool": "app"}
    front.write(config)
    front.signal(signal.SIGHUP)
    eventually(lambda: a.address in front.errors()[before:], "the complaint")
    assert front.running() and once(front.address()).body == b"a"


def test_listeners_come_and_go(origin, fairlead):
    a = origin(named("a"))
    front = fairlead(one_pool(a.address))
    config = one_pool(a.address)
    config["listeners"]["more"] = {"bind": "127.0.0.1:<more>", "pool": "app"}
    front.reload(config)
    assert once(front.address("more")).body == b"a"
    with front.client("more") as client, front.client("web") as kept:
        assert client.ask().body == kept.ask().body == b"a"
        front.reload(one_pool(a.address))
        eventually(lambda: refused(front.address("more")), "the removed listener to refuse connections")
        assert kept.ask().body == b"a", "an unchanged listener's connection was cut"


def refused(address):
    try:
        Client(address).close()
        return False
    except (ConnectionRefusedError, ConnectionResetError):  # reset: it was closed in that moment
        return True


def test_an_unchanged_listener_keeps_its_sockets(origin, fairlead):
    """The very same sockets: a connection that waits in the kernel's queue must not be lost."""
    a, b = origin(named("a")), origin(named("b"))
    front = fairlead(one_pool(a.address))
    before = listening(front)
    assert before
    front.reload(one_pool(b.address))
    assert listening(front) == before


def listening(front):
    """Inode numbers of the sockets that listen on the listener's port, from the process's own table."""
    ours = set()
    for entry in os.listdir(f"/proc/{front.process.pid}/fd"):
        try:
            link = os.readlink(f"/proc/{front.process.pid}/fd/{entry}")
        except OSError:
            continue
        if link.startswith("socket:["):
            ours.add(link[8:-1])
    port = f":{front.port():04X}"
    rows = [line.split() for line in open(f"/proc/{front.process.pid}/net/tcp")][1:]
    return {row[9] for row in rows if row[1].endswith(port) and row[3] == "0A"} & ours


def test_numbers_survive(origin, fairlead):
    a, b = origin(named("a")), origin(named("b"))
    front = fairlead(one_pool(a.address))
    for _ in range(10):
        assert once(front.address()).status == 200
    labels = {"pool": "app", "backend": a.address, "code": "200"}
    assert eventually(lambda: front.metric("fairlead_backend_requests_total", **labels) == 10, "ten requests")
    front.reload(one_pool(a.address, b.address))
    assert front.metric("fairlead_backend_requests_total", **labels) == 10
    assert front.metric("fairlead_requests_total", code="200") == 10


def test_health_survives(origin, fairlead):
    """What is known of a backend is not forgotten: nobody is sent to the unhealthy one again."""
    sick = origin(serving(lambda r, c: ok(b"sick", status="500 x" if r.target == "/health" else "200 OK")))
    well = origin(named("well"))
    options = {"health": {"http": "/health", "interval": "100ms", "unhealthy_threshold": 1}, "balance": "round_robin"}
    front = fairlead(one_pool(sick.address, well.address, pool_options=options))
    eventually(lambda: front.states() == {sick.address: "unhealthy", well.address: "healthy"}, "the states")
    eventually(lambda: front.backends()[sick.address]["since_seconds"] > 1, "the state to be a second old")
    front.reload(one_pool(sick.address, well.address, pool_options={**options, "balance": "random"}))
    assert front.states() == {sick.address: "unhealthy", well.address: "healthy"}
    assert front.backends()[sick.address]["since_seconds"] > 1
    assert {once(front.address()).body for _ in range(10)} == {b"well"}


def test_timeouts_and_routes_take_effect(origin, fairlead):
    a = origin(named("a"))
    front = fairlead(one_pool(a.address))
    assert once(front.address(), "/x").body == b"a"
    config = one_pool(a.address)
    config["listeners"]["web"] = {
        "bind": "127.0.0.1:<web>",
        "http": {"header_timeout": "300ms"},
        "routes": [{"match": {"path": "/x"}, "respond": {"status": 200, "body": "new"}}, {"pool": "app"}],
    }
    front.reload(config)
    assert once(front.address(), "/x").body == b"new" and once(front.address(), "/y").body == b"a"
    with front.client() as client:
        assert client.send(b"GET").final().status == 408


def test_many_reloads_leave_nothing_behind(origin, fairlead):
    a, b = origin(named("a")), origin(named("b"))
    front = fairlead(one_pool(a.address))
    for i in range(10):
        front.reload(one_pool(a.address, b.address) if i % 2 else one_pool(a.address))
        assert once(front.address()).status == 200
    files = len(os.listdir(f"/proc/{front.process.pid}/fd"))
    for i in range(40):
        front.reload(one_pool(a.address, b.address) if i % 2 else one_pool(a.address))
        assert once(front.address()).status == 200
    eventually(lambda: len(os.listdir(f"/proc/{front.process.pid}/fd")) <= files + 4, "descriptors to be given back")


@pytest.mark.parametrize("more", ["127.0.0.1:<more>", "unix:{}/more.sock"])
def test_an_address_may_be_dropped_and_added_again_at_once(origin, fairlead, tmp_path, more):
    """A worker closes what the first reload drops when it comes to it, perhaps after the second."""
    a = origin(named("a"))
    bind = ["127.0.0.1:<web>", more.format(tmp_path)]
    with_more = one_pool(a.address, workers=16, listener={"bind": bind})
    front = fairlead(with_more)
    texts = []
    for config in (one_pool(a.address, workers=16, listener={"bind": bind[:1]}), with_more):
        front.write(config)
        texts.append(front.path.read_text())
    with front.client("admin") as admin:
        for i in range(100):
            front.path.write_text(texts[i % 2])
            answer = admin.ask("/api/v1/reload", "POST")
            assert answer.status == 200, answer.body
    assert once(front.address()).body == b"a"
    if more.startswith("unix:"):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(f"{tmp_path}/more.sock")
            client.sendall(request(fields=["Connection: close"]))
            assert client.recv(15) == b"HTTP/1.1 200 OK"
    else:
        assert once(front.address("more")).body == b"a"


def test_an_admin_address_that_a_reload_adds_waits_for_the_next_start(fairlead):
    """And harms nobody where the first round of probes, behind which the addresses are told, is still open."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        slow = {"health": {"http": "/", "timeout": "2s"}, "backends": [f"127.0.0.1:{silent.getsockname()[1]}"]}
        config = {**one_pool(), "pools": {"app": slow}, "admin": "off"}
        front = fairlead(config)
        front.write({**config, "admin": "127.0.0.1:<later>"})
        front.signal(signal.SIGHUP)
        eventually(lambda: "admin is changed" in front.errors(), "the reload")
        eventually(lambda: "listener web serves" in front.errors(), "the end of the first round")
        assert front.running(), front.errors()


def test_an_address_may_become_wider_and_narrower(origin, fairlead):
    a = origin(named("a"))
    front = fairlead(one_pool(a.address))
    for bind in [":<web>", "127.0.0.1:<web>", "0.0.0.0:<web>", ":<web>"]:
        front.reload(one_pool(a.address, listener={"bind": bind}))
        assert once(front.address()).body == b"a"
