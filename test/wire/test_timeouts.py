"""Who is too slow is told so, or cut, by a deadline; every timeout is set small here.

A peer that dribbles never stops by itself: if the deadline did not act, the test would run into its
own. Nothing here measures how exact a timeout is.
"""
import threading
import time

import pytest

from fairlead import problem
from origin import Gone, Silent, ok, serving
from raw import Closed, request
from timing import PATIENCE, eventually

LONG = "300s"


def dribble(client, stop, byte=b"x"):
    """Sends a byte now and then, in a thread, until told to stop or refused."""

    def run():
        while not stop.wait(0.03):
            try:
                client.sock.send(byte)
            except OSError:
                return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def routed(address, timeout, listener=None, **pool_options):
    """One pool behind one route with this timeout; all others long."""
    return {
        "workers": 1,
        "listeners": {
            "web": {
                "bind": "127.0.0.1:<web>",
                "idle_timeout": LONG,
                "http": {"header_timeout": LONG, "body_timeout": LONG},
                "routes": [{"pool": "app", "timeout": timeout}],
                **(listener or {}),
            }
        },
        "pools": {"app": {"health": "off", "backends": [address], **pool_options}},
    }


@pytest.mark.parametrize("start", [b"G", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX: "])
def test_a_head_that_dribbles_is_shed_by_a_deadline(origin, proxy, start):
    backend = origin()
    front = proxy(backend.address, listener={"http": {"header_timeout": "500ms"}, "idle_timeout": LONG})
    stop = threading.Event()
    with front.client() as client:
        client.send(start)
        thread = dribble(client, stop)
        problem(client.final(), 408)
        stop.set()
        thread.join()
    assert not backend.requests and not backend.used()


def test_a_head_that_stops_is_shed(origin, proxy):
    backend = origin()
    front = proxy(backend.address, listener={"http": {"header_timeout": "300ms"}, "idle_timeout": LONG})
    with front.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n")
        problem(client.final(), 408)
        client.expect_closed()
    assert not backend.used()


def test_the_deadline_counts_for_each_head(origin, proxy):
    """A second request on the same connection has a deadline of its own."""
    front = proxy(origin().address, listener={"http": {"header_timeout": "500ms"}, "idle_timeout": LONG})
    with front.client() as client:
        for _ in range(3):
            assert client.ask().status == 200
        problem(client.send(b"GET / HTTP/1.1\r\n").final(), 408)


def test_a_connection_that_says_nothing_is_closed(origin, proxy):
    front = proxy(origin().address, listener={"http": {"header_timeout": "300ms"}, "idle_timeout": "300ms"})
    with front.client() as client:
        data, _ = client.rest()
        assert data == b"" or data.startswith(b"HTTP/1.1 408 ")


def test_an_idle_keep_alive_connection_is_closed_without_a_word(origin, proxy):
    front = proxy(origin().address, listener={"idle_timeout": "300ms", "http": {"header_timeout": LONG}})
    with front.client() as client:
        assert client.ask().status == 200
        client.expect_closed()


def test_an_idle_connection_is_not_closed_early(origin, proxy):
    front = proxy(origin().address, listener={"idle_timeout": LONG, "http": {"header_timeout": "200ms"}})
    with front.client() as client, front.client() as other:
        assert client.ask().status == 200
        other.send(b"G")
        other.rest()  # by then the header timeout has gone by
        assert client.ask().status == 200


def test_a_body_that_stops_is_shed(origin, proxy):
    backend = origin()
    front = proxy(backend.address, listener={"http": {"body_timeout": "400ms"}, "idle_timeout": LONG})
    with front.client() as client:
        client.send(request("/", "POST", ["Content-Length: 100"]) + b"hello")
        problem(client.final(), 408)
        client.expect_closed()
    eventually(lambda: all(c.done.is_set() for c in backend.used()), "the upstream connection to be given up")


def test_a_body_that_dribbles_is_no_idle_one(origin, proxy):
    backend = origin()
    front = proxy(backend.address, listener={"http": {"body_timeout": "2s"}, "idle_timeout": LONG})
    began = time.monotonic()
    with front.client() as client:
        client.send(request("/", "POST", ["Content-Length: 3"]))
        with front.client() as pace:  # each round is an idle stretch of the body, and shorter than its limit
            for byte in (b"a", b"b", b"c"):
                while time.monotonic() - began < 0.8:
                    assert pace.ask().status == 200
                began = time.monotonic()
                client.send(byte)
        assert client.final().status == 200
    assert b"abc" in [r.body for r in backend.requests]


def test_a_connect_that_is_not_answered_is_given_up(proxy, stack):
    silent = stack.enter_context(Silent())
    front = proxy(silent.address, pool_options={"connect_timeout": "300ms"}, run={"ready": "/health"})
    with front.client() as client:
        kind = problem(client.ask(), {502, 504}, silent.address)
        assert "timeout" in kind or "connect" in kind, kind


def test_a_response_head_that_does_not_come_is_a_504(origin, fairlead):
    backend = origin(lambda c: (c.request(), c.drain()))
    front = fairlead(routed(backend.address, "400ms"))
    with front.client() as client:
        kind = problem(client.ask(), 504, backend.address)
        assert "timeout" in kind, kind
    assert backend.connections[0].done.wait(PATIENCE)
    assert len(backend.requests) == 1, "a request that may have been acted on was sent again"


def test_a_response_head_that_dribbles_is_a_504(origin, fairlead):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nX: ")
        while not connection.done.wait(0.03):
            connection.send(b"x")

    front = fairlead(routed(origin(script).address, "500ms"))
    with front.client() as client:
        problem(client.ask(), 504)


def test_interim_responses_do_not_put_the_deadline_off(origin, fairlead):
    def script(connection):
        connection.request()
        while not connection.done.wait(0.1):
            connection.send(b"HTTP/1.1 102 Processing\r\n\r\n")

    front = fairlead(routed(origin(script).address, "700ms"))
    with front.client() as client:
        client.send(request())
        problem(client.final(), {502, 504})


def test_a_response_body_that_stops_is_cut(origin, fairlead):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello")
        connection.drain()

    backend = origin(script)
    front = fairlead(routed(backend.address, "400ms"))
    with front.client() as client:
        answer = client.ask()
        assert (answer.status, answer.body, answer.complete) == (200, b"hello", False)
    assert backend.connections[0].done.wait(PATIENCE)


def test_a_response_body_that_dribbles_is_whole(origin, fairlead):
    """The timeout bounds each idle stretch of a body, not the whole of it."""

    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n")
        for _ in range(40):
            if connection.done.wait(0.05):
                raise Gone
            connection.send(b"x")

    front = fairlead(routed(origin(script).address, "1s"))
    with front.client() as client:
        assert (answer := client.ask()).complete and len(answer.body) == 40


def test_a_client_that_does_not_read_its_answer_is_cut(origin, fairlead):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            connection.send(b"x" * 100_000)

    backend = origin(script)
    front = fairlead(routed(backend.address, "600ms", {"http": {"body_timeout": "600ms"}, "idle_timeout": "600ms"}))
    with front.client(receive_buffer=16384) as client:
        client.send(request())
        backend.wait_requests(1)
        assert backend.connections[0].done.wait(PATIENCE), "held for a client that does not read"


def test_an_idle_upstream_connection_is_closed(origin, proxy):
    backend = origin()
    front = proxy(backend.address, pool_options={"idle_timeout": "300ms"})
    with front.client() as client:
        assert client.ask().status == 200
        assert backend.connections[0].done.wait(PATIENCE)
        assert backend.connections[0].ended == "end"
        assert client.ask().status == 200
    assert len(backend.connections) == 2


def test_no_more_idle_connections_are_kept_than_allowed(origin, proxy):
    """Six requests at once, then only two connections stay."""
    backend = origin(serving(lambda r, c: eventually(lambda: len(c.origin.requests) == 6, "all six") and ok()))
    front = proxy(backend.address, pool_options={"idle_connections": 2, "idle_timeout": LONG})
    clients = [front.client().send(request()) for _ in range(6)]
    for client in clients:
        assert client.final().status == 200
    eventually(lambda: sum(c.done.is_set() for c in backend.connections) == 4, "four connections to be closed")
    for client in clients:
        client.close()


def test_max_connections_of_a_listener_are_a_limit(origin, proxy):
    front = proxy(origin().address, listener={"max_connections": 3, "idle_timeout": LONG})
    inside = [front.client() for _ in range(3)]
    for client in inside:
        assert client.ask().status == 200

    def answer():
        """What one more client gets; it may be refused before its connect has returned."""
        try:
            with front.client() as client:
                return client.send_what_goes(request()).final().status
        except (Closed, ConnectionResetError):
            return None

    assert answer() in (None, 503)
    inside[0].close()
    eventually(lambda: answer() == 200, "room after a client has gone")
    for client in inside:
        client.close()


# ---- slow is not stuck


def slowly(sock, size, total, pause=0.05):
    """Takes `total` bytes, `size` at a time."""
    taken = 0
    while taken < total:
        piece = sock.recv(size)
        if not piece:
            break
        taken += len(piece)
        time.sleep(pause)
    return taken


def test_a_client_that_takes_slowly_gets_all(origin, fairlead):
    """Its limit passes many times over while megabytes of the response stand in the kernel's buffers."""
    size = 6 << 20
    backend = origin(serving(lambda r, c: ok(bytes(size))))
    config = routed(backend.address, LONG)
    config["listeners"]["web"]["http"]["body_timeout"] = "400ms"
    front = fairlead(config)
    with front.client(receive_buffer=1 << 16) as client:
        client.send(request())
        assert client.until(b"\r\n\r\n").startswith(b"HTTP/1.1 200 ")
        rest = size - len(client.buffer)
        assert slowly(client.sock, 1 << 16, rest) == rest


def test_a_backend_that_takes_slowly_gets_all(fairlead, origin):
    size = 6 << 20

    def script(connection):
        connection.head()
        slowly(connection.sock, 1 << 16, size - (len(connection.received) - connection.at))
        connection.send(ok(b"all"))

    backend = origin(script, receive_buffer=1 << 16)
    front = fairlead(routed(backend.address, "400ms"))
    with front.client() as client:
        client.send(request("/", "PUT", [f"Content-Length: {size}"]))
        client.send(bytes(size))
        assert client.final("PUT").status == 200


def test_a_tcp_client_that_takes_slowly_gets_all(origin, proxy):
    size = 3 << 20

    def script(connection):
        connection.send(bytes(size))
        connection.half_close()

    front = proxy(origin(script).address, protocol="tcp", listener={"idle_timeout": "400ms"})
    with front.client(receive_buffer=1 << 16) as client:
        assert slowly(client.sock, 1 << 16, size) == size
