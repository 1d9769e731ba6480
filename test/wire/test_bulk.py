"""Large bodies both ways: every byte arrives, and slow readers cost the proxy no memory."""
import hashlib
import os
import threading

import pytest

from origin import ok, ok_chunked, serving
from raw import request
from timing import FACTOR, PATIENCE, eventually, steady

MIB = 1 << 20
BLOCK = os.urandom(MIB)
BUDGET = 32 * 1024  # KiB that an exchange may add, whatever its size


def digest(blocks):
    whole = hashlib.blake2b()
    for _ in range(blocks):
        whole.update(BLOCK)
    return whole.hexdigest()


def keep_nothing(connection, size):
    """Reads a body at the origin without keeping it, and returns its digest."""
    left = bytes(connection.received[connection.at :])
    whole = hashlib.blake2b(left)
    size -= len(left)
    while size:
        data = connection.sock.recv(min(size, MIB))
        assert data, f"cut {size} bytes before the end"
        whole.update(data)
        size -= len(data)
    connection.at = len(connection.received)
    return whole.hexdigest()


@pytest.mark.parametrize("coding", ["length", "chunked"])
def test_a_large_body_comes_back_whole(origin, proxy, coding):
    pieces = [BLOCK[i * 1000 : i * 1777 + 500] for i in range(200)]
    body = b"".join(pieces)

    def answer(r, c):
        return ok(r.body) if coding == "length" else ok_chunked(*pieces)

    with proxy(origin(serving(answer)).address).client() as client:
        if coding == "length":
            sender = threading.Thread(target=client.send, args=(request("/", "POST", body=body),))
        else:
            whole = (
                request("/", "POST", ["Transfer-Encoding: chunked"])
                + b"".join(b"%X\r\n%s\r\n" % (len(p), p) for p in pieces)
                + b"0\r\n\r\n"
            )
            sender = threading.Thread(target=client.send, args=(whole,))
        sender.start()
        answered = client.final()
        sender.join()
    assert answered.complete and answered.body == body


def test_a_large_download_to_a_slow_reader_is_whole_and_costs_no_memory(origin, proxy):
    blocks = 300

    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (blocks * MIB))
        for i in range(blocks):
            connection.send(BLOCK)
            connection.origin.sent = i

    backend = origin(script)
    backend.sent = -1
    front = proxy(backend.address)
    before = front.resident()
    with front.client(timeout=PATIENCE * 3) as client:
        client.send(request())
        assert client.head().status == 200
        stopped = steady(lambda: backend.sent, "the backend to be held back")
        assert stopped < blocks // 2, "nothing holds the backend back"
        assert front.resident() - before < BUDGET * FACTOR
        rest = bytes(client.buffer)
        whole = hashlib.blake2b(rest)
        size = blocks * MIB - len(rest)
        while size:
            data = client.sock.recv(min(size, MIB))
            assert data
            whole.update(data)
            size -= len(data)
        assert whole.hexdigest() == digest(blocks)
    assert front.resident() - before < BUDGET * FACTOR


@pytest.mark.parametrize("coding", ["length", "chunked"])
def test_a_300_mib_upload_to_a_slow_backend_is_whole_and_costs_no_memory(origin, proxy, coding):
    blocks = 300
    framing = f"Content-Length: {blocks * MIB}" if coding == "length" else "Transfer-Encoding: chunked"
    progress = {"sent": 0}

    def script(connection):
        head = connection.head()
        eventually(lambda: connection.origin.go, "the test's word", PATIENCE * 2)
        if coding == "length":
            out = keep_nothing(connection, blocks * MIB)
        else:
            out = unchunk(connection)
        assert head.get("content-length") == (str(blocks * MIB) if coding == "length" else None)
        connection.send(ok(out.encode()))

    backend = origin(script)
    backend.go = False
    front = proxy(backend.address)
    before = front.resident()
    with front.client(timeout=PATIENCE * 3) as client:
        client.send(request("/", "POST", [framing]))

        def upload():
            for _ in range(blocks):
                client.sock.sendall(BLOCK if coding == "length" else b"100000\r\n" + BLOCK + b"\r\n")
                progress["sent"] += 1
            if coding == "chunked":
                client.sock.sendall(b"0\r\n\r\n")

        sender = threading.Thread(target=upload)
        sender.start()
        stopped = steady(lambda: progress["sent"], "the client to be held back")
        assert stopped < blocks // 2, "nothing holds the client back"
        assert front.resident() - before < BUDGET * FACTOR
        backend.go = True
        sender.join(PATIENCE * 3)
        answer = client.final()
        assert answer.body.decode() == digest(blocks)
    assert front.resident() - before < BUDGET * FACTOR


def unchunk(connection):
    """The digest of a chunked body, read without keeping it."""
    whole = hashlib.blake2b()
    stream = connection.sock.makefile("rb", buffering=MIB)
    left = bytes(connection.received[connection.at :])

    def line():
        nonlocal left
        while b"\r\n" not in left:
            more = stream.readline()
            assert more
            left += more
        out, _, left = left.partition(b"\r\n")
        return out

    def take(size):
        nonlocal left
        out, left = left[:size], left[size:]
        return out + (stream.read(size - len(out)) if len(out) < size else b"")

    while size := int(line(), 16):
        data = take(size)
        assert len(data) == size
        whole.update(data)
        assert take(2) == b"\r\n"
    assert line() == b""
    connection.at = len(connection.received)
    return whole.hexdigest()


def test_many_slow_readers_cost_little_each(origin, proxy):
    """40 downloads of which nobody reads: the proxy holds a bounded amount for each."""

    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (64 * MIB))
        connection.origin.started += 1
        while True:
            connection.send(BLOCK)
            connection.origin.sent += 1

    backend = origin(script)
    backend.started = backend.sent = 0
    front = proxy(backend.address)
    before = front.resident()
    clients = [front.client(receive_buffer=16384).send(request()) for _ in range(40)]
    eventually(lambda: backend.started == 40, "all downloads to begin")
    steady(lambda: backend.sent, "the backend to be held back")
    assert front.resident() - before < BUDGET * FACTOR
    for client in clients:
        client.reset()
