"""Upgrade: a 101 turns the connection into a tunnel, any other answer is a plain one."""
import base64
import hashlib
import os
import signal
import threading

import pytest

from origin import ok
from raw import request
from timing import PATIENCE

KEY = base64.b64encode(bytes(range(16))).decode()
# RFC 6455 4.2.2: the key and a fixed text, hashed.
ACCEPT = base64.b64encode(hashlib.sha1((KEY + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
ASK = ["Connection: Upgrade", "Upgrade: websocket", f"Sec-WebSocket-Key: {KEY}", "Sec-WebSocket-Version: 13"]
SWITCH = f"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {ACCEPT}\r\n\r\n".encode()


def echoing(connection):
    """Switches, then sends back what comes, and ends when the peer does."""
    connection.head()
    connection.send(SWITCH)
    while True:
        at = len(connection.received)
        if not connection.more():
            return connection.half_close()
        connection.send(bytes(connection.received[at:]))


def open_tunnel(front, **options):
    client = front.client(**options).send(request("/chat", fields=ASK))
    answer = client.response()
    assert answer.status == 101, answer
    return client, answer


def test_the_switch_is_passed_on_with_its_fields(origin, proxy):
    backend = origin(echoing)
    client, answer = open_tunnel(proxy(backend.address))
    assert answer.get("upgrade") == "websocket" and answer.get("connection").lower() == "upgrade"
    assert answer.get("sec-websocket-accept") == ACCEPT
    seen = backend.requests[0]
    assert seen.get("upgrade") == "websocket" and "upgrade" in seen.get("connection").lower()
    assert seen.get("sec-websocket-key") == KEY
    client.close()


def test_bytes_flow_both_ways(origin, proxy):
    client, _ = open_tunnel(proxy(origin(echoing).address))
    for size in (1, 10, 1000, 100_000):
        data = os.urandom(size)
        assert client.send(data).exactly(size) == data
    client.close()


def test_bytes_sent_with_the_switch_are_not_lost(origin, proxy):
    def script(connection):
        connection.head()
        connection.send(SWITCH + b"first words")
        connection.drain()

    client, _ = open_tunnel(proxy(origin(script).address))
    assert client.exactly(11) == b"first words"
    client.close()


def test_bytes_that_a_client_sends_ahead_are_not_lost(origin, proxy):
    """They follow the request at once; they belong to the tunnel, if there is one."""
    with proxy(origin(echoing).address).client() as client:
        client.send(request("/", fields=ASK) + b"too eager")
        assert client.response().status == 101
        assert client.exactly(9) == b"too eager"


def test_a_tunnel_carries_much_in_both_directions_at_once(origin, proxy):
    size, block = 32 << 20, os.urandom(1 << 20)

    def script(connection):
        connection.head()
        connection.send(SWITCH)
        sender = threading.Thread(target=lambda: [connection.sock.sendall(block) for _ in range(32)])
        sender.start()
        connection.exactly(size)
        sender.join()
        connection.origin.digest = hashlib.blake2b(connection.received[-size:]).digest()

    backend = origin(script)
    client, _ = open_tunnel(proxy(backend.address), timeout=PATIENCE * 3)
    sender = threading.Thread(target=lambda: [client.sock.sendall(block) for _ in range(32)])
    sender.start()
    data = client.exactly(size)
    sender.join()
    assert data == block * 32
    client.expect_closed()
    assert backend.connections[0].done.wait(PATIENCE)
    assert backend.digest == hashlib.blake2b(block * 32).digest()


def test_half_close_by_the_client_lets_the_backend_finish(origin, proxy):
    def script(connection):
        connection.head()
        connection.send(SWITCH)
        connection.drain()
        connection.send(b"goodbye")

    client, _ = open_tunnel(proxy(origin(script).address))
    client.send(b"hello").half_close()
    assert client.rest() == (b"goodbye", "end")


def test_half_close_by_the_backend_lets_the_client_finish(origin, proxy):
    def script(connection):
        connection.head()
        connection.send(SWITCH + b"hello")
        connection.half_close()
        connection.drain()

    backend = origin(script)
    client, _ = open_tunnel(proxy(backend.address))
    assert client.rest() == (b"hello", "end")
    client.send(b"goodbye").half_close()
    assert backend.connections[0].done.wait(PATIENCE)
    assert backend.connections[0].received.endswith(b"goodbye")
    assert backend.connections[0].ended == "end"


def test_a_reset_in_a_tunnel_ends_both_sides(origin, proxy):
    backend = origin(echoing)
    client, _ = open_tunnel(proxy(backend.address))
    client.reset()
    assert backend.connections[0].done.wait(PATIENCE)


@pytest.mark.parametrize("size", [5, 2_000_000])
def test_a_backends_reset_is_the_clients_reset(origin, proxy, size):
    seen = threading.Event()

    def script(connection):
        connection.head()
        connection.send(SWITCH + b"x" * size)
        assert seen.wait(PATIENCE)
        connection.reset()

    client, _ = open_tunnel(proxy(origin(script).address))
    client.exactly(size)
    seen.set()
    assert client.rest() == (b"", "reset")
    client.close()


def test_an_idle_tunnel_ends_by_its_own_timeout(origin, proxy):
    backend = origin(echoing)
    front = proxy(backend.address, listener={"tunnel_timeout": "700ms", "idle_timeout": "60s"})
    client, _ = open_tunnel(front)
    for _ in range(3):
        assert client.send(b"x").exactly(1) == b"x"
    assert client.rest() == (b"", "reset")
    assert backend.connections[0].done.wait(PATIENCE)


def test_a_tunnel_outlives_the_timeouts_of_http(origin, fairlead):
    """Neither the route's timeout nor keep-alive's ends a tunnel that is only quiet."""
    backend = origin(echoing)
    front = fairlead(
        {
            "listeners": {
                "web": {
                    "bind": "127.0.0.1:<web>",
                    "idle_timeout": "200ms",
                    "http": {"header_timeout": "200ms", "body_timeout": "200ms"},
                    "routes": [{"pool": "app", "timeout": "200ms"}],
                }
            },
            "pools": {"app": {"health": "off", "backends": [backend.address]}},
        }
    )
    client, _ = open_tunnel(front)
    for _ in range(5):  # each of these ends later than the tunnel would have
        with front.client() as other:
            assert other.send(b"GET / HTTP/1.1\r\n").final().status == 408
    assert client.send(b"still here").exactly(10) == b"still here"
    client.close()


@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "426 Upgrade Required", "503 Service Unavailable"])
def test_a_refused_upgrade_is_a_plain_answer(origin, proxy, status):
    def script(connection):
        while connection.request():
            connection.send(ok(b"plain", status=status))

    backend = origin(script)
    with proxy(backend.address).client() as client:
        answer = client.ask("/", fields=ASK)
        assert (answer.status, answer.body) == (int(status[:3]), b"plain")
        assert client.ask("/again").body == b"plain"


def test_a_switch_within_the_request_is_refused(origin, proxy):
    """What is left of the request would pass for bytes of the tunnel."""

    def script(connection):
        connection.head()
        connection.send(SWITCH + b"secret")
        connection.drain()

    with proxy(origin(script).address).client() as client:
        client.send(request("/", "POST", [*ASK, "Content-Length: 10"]) + b"01234")
        answer = client.final("POST")
        assert answer.status == 502 and b"secret" not in answer.body


def test_a_switch_nobody_asked_for_is_refused(origin, proxy):
    def script(connection):
        connection.request()
        connection.send(SWITCH + b"secret")
        connection.drain()

    with proxy(origin(script).address).client() as client:
        answer = client.ask("/")
        assert answer.status == 502 and b"secret" not in answer.body


@pytest.mark.parametrize("fields", [["Upgrade: websocket"], ["Connection: upgrade"]])
def test_half_an_upgrade_is_none(origin, proxy, fields):
    backend = origin()
    with proxy(backend.address).client() as client:
        assert client.ask("/", fields=fields).status == 200
    assert not backend.requests[0].all("upgrade")


def test_an_http_1_0_client_cannot_upgrade(origin, proxy):
    backend = origin()
    with proxy(backend.address).client() as client:
        assert client.ask("/", fields=ASK, version="1.0").status == 200
    assert not backend.requests[0].all("upgrade")


def test_a_tunnel_is_drained_by_its_deadline(origin, proxy):
    backend = origin(echoing)
    front = proxy(backend.address, run={"drain": "500ms"})
    client, _ = open_tunnel(front)
    assert client.send(b"x").exactly(1) == b"x"
    front.stop()
    client.rest()


CLOSE = b"\x88\x02\x03\xe9"  # 1001, going away
MASKED_CLOSE = b"\x88\x82\0\0\0\0\x03\xe9"


@pytest.mark.parametrize("begun", [b"", b"\x81\x7e\x03\xe8" + bytes(10)], ids=["between two frames", "within a frame"])
def test_a_websocket_that_is_drained_is_told_so_on_both_sides(origin, proxy, begun):
    """The close comes behind the frame that has begun, never within it."""
    heard = threading.Event()
    told = []

    def script(connection):
        connection.head()
        connection.send(SWITCH + begun)
        at = len(connection.received)
        while connection.more():
            told[:] = [bytes(connection.received[at:])]
            if begun and told[0].endswith(b"go on"):
                connection.send(bytes(990))
            if MASKED_CLOSE in told[0]:
                heard.set()

    front = proxy(origin(script).address, run={"drain": "500ms"})
    client, _ = open_tunnel(front)
    assert client.exactly(len(begun)) == begun
    client.send(b"\x81\x05hello")
    front.signal(signal.SIGTERM)
    if begun:
        client.send(b"\x81\x05go on")
        assert client.exactly(990) == bytes(990)
    assert client.exactly(len(CLOSE)) == CLOSE
    assert heard.wait(PATIENCE)
    assert told[0].startswith(b"\x81\x05hello") and told[0].endswith(MASKED_CLOSE)
    client.close()
