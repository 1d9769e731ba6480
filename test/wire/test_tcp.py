"""The TCP relay: bytes both ways, half-closes and resets as they are, memory that does not grow."""
import hashlib
import json
import os
import socket
import threading

import pytest

from fairlead import one_pool
from origin import Refusing, echo
from raw import Client
from timing import FACTOR, PATIENCE, eventually, steady

MIB = 1 << 20
BLOCK = os.urandom(MIB)


@pytest.fixture
def relay(proxy):
    """`relay(address, ...)` starts Fairlead with a TCP listener before these addresses."""
    return lambda *addresses, **options: proxy(*addresses, protocol="tcp", **options)


def test_bytes_go_both_ways(origin, relay):
    backend = origin(echo)
    with relay(backend.address).client() as client:
        for size in (1, 100, 10_000, MIB):
            data = BLOCK[:size]
            threading.Thread(target=client.send, args=(data,)).start()
            assert client.exactly(size) == data
    assert backend.connections[0].done.wait(PATIENCE) and backend.connections[0].ended == "end"


def test_any_bytes_are_let_through(origin, relay):
    """It is no HTTP: neither a broken head nor NULs mean anything here."""
    data = b"GET / HTTP/9.9\n\n\x00\xff" * 10
    with relay(origin(echo).address).client() as client:
        assert client.send(data).exactly(len(data)) == data


def test_a_backend_may_speak_first(origin, relay):
    def script(connection):
        connection.send(b"220 hello\r\n")
        echo(connection)

    with relay(origin(script).address).client() as client:
        assert client.until(b"\r\n") == b"220 hello\r\n"
        assert client.send(b"x").exactly(1) == b"x"


def test_each_client_has_a_connection_of_its_own(origin, relay):
    backend = origin(echo)
    front = relay(backend.address)
    clients = [front.client() for _ in range(10)]
    for i, client in enumerate(clients):
        assert client.send(b"%d" % i).exactly(1) == b"%d" % i
    assert len(backend.connections) == 10
    for client in clients:
        client.close()


def test_half_close_by_the_client_is_passed_on(origin, relay):
    def script(connection):
        connection.drain()
        connection.send(b"got " + bytes(connection.received))

    backend = origin(script)
    with relay(backend.address).client() as client:
        client.send(b"hello").half_close()
        assert client.rest() == (b"got hello", "end")
    assert backend.connections[0].ended == "end"


def test_half_close_by_the_backend_is_passed_on(origin, relay):
    def script(connection):
        connection.send(b"hello")
        connection.half_close()
        connection.drain()

    backend = origin(script)
    with relay(backend.address).client() as client:
        assert client.rest() == (b"hello", "end")
        client.send(b"still listening?").half_close()
        assert backend.connections[0].done.wait(PATIENCE)
    assert (bytes(backend.connections[0].received), backend.connections[0].ended) == (b"still listening?", "end")


def test_a_reset_by_the_client_is_passed_on_as_a_reset(origin, relay):
    backend = origin(echo)
    client = relay(backend.address).client()
    assert client.send(b"x").exactly(1) == b"x"
    client.reset()
    assert backend.connections[0].done.wait(PATIENCE)
    assert backend.connections[0].ended == "reset"


def test_a_reset_by_the_backend_is_passed_on_as_a_reset(origin, relay):
    def script(connection):
        connection.exactly(1)
        connection.reset()

    with relay(origin(script).address).client() as client:
        assert client.send(b"x").rest() == (b"", "reset")


def test_a_reset_by_the_client_after_its_half_close_ends_the_backend(origin, relay):
    def script(connection):
        connection.exactly(1)
        connection.drain()
        while True:
            connection.send(b"x" * 65536)

    backend = origin(script)
    client = relay(backend.address).client()
    client.send(b"x").half_close()
    client.exactly(1)
    client.reset()
    assert backend.connections[0].done.wait(PATIENCE)


def test_a_refused_connect_goes_to_another_backend(origin, relay, stack):
    backend = origin(echo)
    dead = [stack.enter_context(Refusing()).address for _ in range(2)]
    front = relay(*dead, backend.address, pool_options={"balance": "round_robin"})
    for _ in range(6):
        with front.client() as client:
            assert client.send(b"x").exactly(1) == b"x"
    assert len(backend.connections) == 6


def test_without_any_backend_the_client_is_closed(relay, stack):
    front = relay(stack.enter_context(Refusing()).address, run={"ready": "/health"})
    try:
        with front.client() as client:
            client.expect_closed()
    except ConnectionResetError:
        pass  # closed already when connect() returned


def test_an_idle_connection_ends(origin, relay):
    backend = origin(echo)
    with relay(backend.address, listener={"idle_timeout": "400ms"}).client() as client:
        for _ in range(5):
            assert client.send(b"x").exactly(1) == b"x"
        client.expect_closed()
    assert backend.connections[0].done.wait(PATIENCE)


def test_one_way_traffic_is_not_idle(origin, relay):
    """Only the backend speaks, longer than the timeout in sum."""

    def script(connection):
        for _ in range(40):
            if connection.done.wait(0.05):
                return
            connection.send(b"x")

    with relay(origin(script).address, listener={"idle_timeout": "1s"}).client() as client:
        assert client.rest() == (b"x" * 40, "end")


def test_64_mib_each_way_at_once_arrive_whole(origin, relay):
    blocks, wanted = 64, hashlib.blake2b(BLOCK * 64).digest()

    def pour(sock):
        for _ in range(blocks):
            sock.sendall(BLOCK)
        sock.shutdown(socket.SHUT_WR)

    def swallow(sock):
        whole = hashlib.blake2b()
        while data := sock.recv(MIB):
            whole.update(data)
        return whole.digest()

    def script(connection):
        sender = threading.Thread(target=pour, args=(connection.sock,))
        sender.start()
        connection.origin.digest = swallow(connection.sock)
        sender.join()

    backend = origin(script)
    with relay(backend.address).client(timeout=PATIENCE * 3) as client:
        sender = threading.Thread(target=pour, args=(client.sock,))
        sender.start()
        assert swallow(client.sock) == wanted
        sender.join()
        assert backend.connections[0].done.wait(PATIENCE)
    assert backend.digest == wanted


@pytest.mark.parametrize("reader", ["client", "backend"])
def test_who_does_not_read_holds_the_other_back(origin, relay, reader):
    """512 MiB are offered; the proxy takes what its buffers hold and no more."""
    sent = {"bytes": 0}

    def pour(sock):
        try:
            for _ in range(512):
                sock.sendall(BLOCK)
                sent["bytes"] += MIB
        except OSError:
            pass

    def script(connection):
        if reader == "client":
            pour(connection.sock)
        else:
            eventually(lambda: connection.origin.go, "the test's word", PATIENCE * 2)

    backend = origin(script)
    backend.go = False
    front = relay(backend.address)
    before = front.resident()
    client = front.client()
    if reader == "backend":
        threading.Thread(target=pour, args=(client.sock,), daemon=True).start()
    eventually(lambda: sent["bytes"], "the first bytes")
    assert steady(lambda: sent["bytes"], "the sender to be held back") < 256 * MIB
    assert front.resident() - before < 32 * 1024 * FACTOR
    client.reset()
    backend.go = True


def test_hundreds_of_idle_connections_cost_little(origin, relay):
    count = 400
    backend = origin(echo)
    front = relay(backend.address)
    with front.client() as warm:
        assert warm.send(b"x").exactly(1) == b"x"
    before = front.resident()
    clients = [front.client() for _ in range(count)]
    for client in clients:
        client.send(b"x")
    for client in clients:
        assert client.exactly(1) == b"x"
    assert front.resident() - before < count * 32 * FACTOR  # KiB: no buffers are held while idle
    assert front.metric("fairlead_connections", listener="web") == count
    for client in clients:
        client.close()
    eventually(lambda: front.metric("fairlead_connections", listener="web") == 0, "the count to return to zero")


def test_a_drain_waits_for_connections_that_end_in_time(origin, relay):
    backend = origin(echo)
    front = relay(backend.address, run={"drain": "60s"})
    client = front.client()
    assert client.send(b"x").exactly(1) == b"x"
    front.signal(15)
    eventually(lambda: refused(front), "the listener to close")
    assert client.send(b"still").exactly(5) == b"still"
    client.close()
    assert front.wait() == 0


def test_a_drain_ends_by_its_deadline(origin, relay):
    backend = origin(echo)
    front = relay(backend.address, run={"drain": "500ms"})
    client = front.client()
    assert client.send(b"x").exactly(1) == b"x"
    front.signal(15)
    assert front.wait() == 0
    client.expect_closed()


def test_what_a_drain_cuts_is_broken_off_and_told(origin, relay):
    """Neither side may take what it got for all there was."""
    backend = origin(echo)
    log = {"format": "json", "to": "./access.log"}
    front = relay(backend.address, run={"drain": "100ms"}, access_log=log)
    client = front.client()
    assert client.send(b"hello").exactly(5) == b"hello"
    front.signal(15)
    assert front.wait() == 0
    assert client.rest() == (b"", "reset")
    eventually(lambda: backend.connections[0].ended, "the backend to see it")
    assert backend.connections[0].ended == "reset"
    entry = json.loads((front.path.parent / "access.log").read_text())
    assert entry["error"] == "draining" and entry["backend"] == backend.address, entry
    assert (entry["bytes_in"], entry["bytes_out"]) == (5, 5), entry


def refused(front):
    try:
        Client(front.address()).close()
        return False
    except (ConnectionRefusedError, ConnectionResetError):  # reset: it was closed in that moment
        return True


def test_active_counts_return_to_zero(origin, relay):
    backend = origin(echo)
    front = relay(backend.address)
    clients = [front.client().send(b"x") for _ in range(5)]
    for client in clients:
        client.exactly(1)
    assert front.metric("fairlead_backend_active", pool="app") == 5
    for i, client in enumerate(clients):
        client.reset() if i % 2 else client.close()
    eventually(lambda: front.metric("fairlead_backend_active", pool="app") == 0, "the active count to return to zero")


def test_the_protocol_may_stand_in_the_address(origin, fairlead):
    config = one_pool(origin(echo).address)
    config["listeners"]["web"]["bind"] = "tcp://127.0.0.1:<web>"
    with fairlead(config).client() as client:
        assert client.send(b"\x00\x01").exactly(2) == b"\x00\x01"
