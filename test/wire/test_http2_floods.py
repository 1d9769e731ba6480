"""HTTP/2 clients that ask for much and give nothing: their connection ends, or they cost next to nothing.

A flood lasts about a second, as fast as it goes or paced. By then its connection has ended, or the
process's CPU time stayed below a quarter of the time that went by; its memory has grown by less than
32 MiB; and another client was served all along.
"""
import itertools
import select
import socket
import threading
import time
from pathlib import Path

import pytest

from fairlead import Fairlead, one_pool
from h2_frames import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, INITIAL_WINDOW, PADDED, PING,
                       PRIORITY, PRIORITY_UPDATE, SETTINGS, TABLE_SIZE, H2Client, block, data, frame, get, headers,
                       literal, post, pseudo, rst_stream, settings, window_update)
from origin import Origin, ok
from raw import once
from timing import FACTOR, PATIENCE, eventually

LASTS = 0.8  # seconds
MOST_GROWTH = 32 << 10  # KiB
SLOWEST = 5.0  # seconds, for one answer to somebody else on a machine that has much else to do
BIG = b"x" * (1 << 20)


def cpu(front):
    """Seconds of CPU time that the process has used."""
    return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{front.process.pid}/task").glob("*/schedstat")) / 1e9


def script(connection):
    while request := connection.head():
        if request.target == "/never":
            return connection.drain()
        connection.body(request)
        connection.send(ok(BIG if request.target == "/big" else b"ok"))


@pytest.fixture(scope="module")
def front():
    with Origin(script) as backend, Fairlead(one_pool(backend.address, workers=1)) as proxy:
        for _ in range(3):
            once(proxy.address())
        proxy.backend = backend
        yield proxy


class Bystander:
    """Another client, with a connection of its own, that asks all the time."""

    def __init__(self, front):
        self.front, self.stopped, self.answers, self.slowest, self.error = front, threading.Event(), 0, 0.0, None
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        try:
            with H2Client(self.front.address()) as client:
                while not self.stopped.wait(0.05):
                    began = time.monotonic()
                    assert client.ask("/bystander").status == 200
                    self.slowest = max(self.slowest, time.monotonic() - began)
                    self.answers += 1
        except BaseException as error:
            self.error = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join(PATIENCE)


def streams():
    return itertools.count(1, 2)


def each(make, count=100):
    """An endless row of `count` times `make(stream)` at once, each on a new stream."""
    ids = streams()
    return lambda: (b"".join(make(next(ids)) for _ in range(count)) for _ in itertools.count())


def same(first, then, count=100):
    """`first`, then endlessly `then`."""
    return lambda: itertools.chain([first], itertools.repeat(then * count))


HALF = frame(HEADERS, END_STREAM, 1, block(pseudo()))
SLOW_POST = post(1, path="/never")
FEED = literal("x", "y" * 4000, 0x40)  # fills the table
EAT = b"\xbe" * 15  # 60 KB of it in 15 bytes


def fed(first, then):
    """`first(1)`, whose block fills the table, then `then(stream)`."""
    ids = itertools.count(3, 2)
    return lambda: itertools.chain([first(1)], (b"".join(then(next(ids)) for _ in range(20)) for _ in itertools.count()))


FLOODS = {
    "rapid reset": each(lambda i: get(i) + rst_stream(i)),
    "rapid reset of posts": each(lambda i: post(i) + data(i, b"x") + rst_stream(i)),
    "rapid reset of no error": each(lambda i: get(i) + rst_stream(i, 0)),
    "rapid reset within a head": each(lambda i: frame(HEADERS, END_HEADERS, i, block(pseudo("POST", "/never"))) + rst_stream(i)),
    "resets that the proxy is made to send, by windows": each(lambda i: post(i) + window_update(i, 0x7FFFFFFF)),
    "resets that the proxy is made to send, by lengths": each(lambda i: post(i, ("content-length", "1")) + data(i, b"xx")),
    "resets that the proxy is made to send, by trailers": each(lambda i: post(i) + headers(i, [("x", "y")], end=False)),
    "streams without an end": each(lambda i: post(i, path="/never")),
    "malformed heads": each(lambda i: get(i, "/", ("X", "1"))),
    "heads with connection": each(lambda i: get(i, "/", ("connection", "close"))),
    "heads that are refused": each(lambda i: get(i, "/%00")),
    "heads over the limits": each(lambda i: headers(i, [*pseudo(), *[("x", "y")] * 210]), 10),
    "PING": each(lambda i: frame(PING, payload=b"12345678")),
    "PING that nobody reads": each(lambda i: frame(PING, payload=b"12345678"), 1000),
    "PING answers": each(lambda i: frame(PING, ACK, payload=b"12345678")),
    "PING among DATA": same(SLOW_POST, data(1, b"x") * 2 + frame(PING, payload=b"12345678")),
    "SETTINGS": each(lambda i: settings()),
    "SETTINGS that change the window": each(lambda i: settings((INITIAL_WINDOW, i % 60000))),
    "SETTINGS that change the table": each(lambda i: settings((TABLE_SIZE, 0), (TABLE_SIZE, 4096))),
    "SETTINGS acknowledgements": each(lambda i: frame(SETTINGS, ACK)),
    "SETTINGS of many": each(lambda i: settings(*[(0x100 + n, n) for n in range(30)])),
    "empty DATA": same(SLOW_POST, data(1), 500),
    "padded empty DATA": same(SLOW_POST, frame(DATA, PADDED, 1, b"\0"), 500),
    "DATA of padding": same(SLOW_POST, frame(DATA, PADDED, 1, b"\xff" + b"\0" * 255), 100),
    "DATA of one byte": same(post(1), data(1, b"x"), 500),
    "DATA on a stream that is over": same(post(1) + rst_stream(1), data(1, b"x"), 500),
    "WINDOW_UPDATE on a stream that is over": same(post(1) + rst_stream(1), window_update(1, 1000), 500),
    "RST_STREAM on a stream that is over": same(post(1), rst_stream(1), 500),
    "PRIORITY": each(lambda i: frame(PRIORITY, 0, i, b"\0\0\0\0\1")),
    "PRIORITY of idle streams in a chain": each(lambda i: frame(PRIORITY, 0, i + 2, (i % (1 << 30)).to_bytes(4, "big") + b"\1")),
    "PRIORITY_UPDATE": each(lambda i: frame(PRIORITY_UPDATE, payload=i.to_bytes(4, "big") + b"u=1")),
    "WINDOW_UPDATE of one byte": each(lambda i: window_update(0, 1)),
    "WINDOW_UPDATE of a stream": same(SLOW_POST, window_update(1, 1)),
    "GOAWAY": each(lambda i: frame(GOAWAY, payload=b"\0" * 8)),
    "unknown frames": each(lambda i: frame(0x77)),
    "unknown frames of 16 KiB": each(lambda i: frame(0x77, payload=b"x" * 16384), 5),
    "CONTINUATION": same(HALF, frame(CONTINUATION, 0, 1, literal("x", "y" * 1000)), 10),
    "empty CONTINUATION": same(HALF, frame(CONTINUATION, 0, 1), 500),
    "CONTINUATION of crumbs": same(HALF, frame(CONTINUATION, 0, 1, literal("cookie", "a=b")), 200),
    "CONTINUATION of table sizes": same(frame(HEADERS, END_STREAM, 1), frame(CONTINUATION, 0, 1, b"\x20"), 200),
    "an HPACK bomb, again and again": fed(lambda i: get(i, "/", ("x", "y")) + headers(i + 2, block(pseudo()) + FEED),
                                          lambda i: headers(i + 2, block(pseudo()) + b"\xbe" * 16000)),
    "an HPACK bomb below the limit": fed(lambda i: headers(i, block(pseudo()) + FEED), lambda i: headers(i, block(pseudo(path="/never")) + EAT)),
    "an HPACK bomb below the limit, reset": fed(
        lambda i: headers(i, block(pseudo()) + FEED), lambda i: headers(i, block(pseudo(path="/never")) + EAT) + rst_stream(i)),
    "an HPACK bomb in trailers": fed(
        lambda i: headers(i, block(pseudo()) + FEED), lambda i: post(i, path="/never") + headers(i, b"\xbe" * 16000)),
    "trailers over the limits": each(lambda i: post(i) + headers(i, [("x", "y" * 1000)] * 15), 10),
}


def flood(front, frames, pause=0.0, reads=True, lasts=LASTS, **options):
    """Floods; how it went is said when it went wrong."""
    before, used, began = front.resident(), cpu(front), time.monotonic()
    sent, ended, most = 0, None, before
    with Bystander(front) as bystander:
        with H2Client(front.address(), **options) as client:
            client.below.sock.settimeout(0.2)
            for burst in frames():
                if time.monotonic() > began + lasts:
                    break
                try:
                    client.below.sock.sendall(burst)
                    sent += len(burst)
                except (socket.timeout, TimeoutError):
                    pass  # it is not read any more: that costs nothing
                except OSError:
                    ended = time.monotonic() - began
                    break
                if reads and not drop(client):
                    ended = time.monotonic() - began
                    break
                most = max(most, front.resident())
                time.sleep(pause)
            most = max(most, front.resident())
        # What is still to be worked off counts, too.
        eventually(lambda: front.metric("fairlead_connections", listener="web") <= 1, "the connection's end")
        share = (cpu(front) - used) / (time.monotonic() - began)
    story = (f"{sent} bytes; ended after {ended} s; {share:.0%} of a CPU; {most - before} KiB more; "
             f"the bystander had {bystander.answers} answers, the slowest in {bystander.slowest:.2f} s")
    print(story)
    assert front.running()
    assert bystander.error is None, (bystander.error, story)
    assert bystander.slowest < SLOWEST * FACTOR, story
    assert most - before < MOST_GROWTH * FACTOR, story
    assert (ended is not None and ended < 1.0 * FACTOR) or share < 0.25 * FACTOR, story
    assert once(front.address(), "/behind").status == 200


def drop(client):
    """Reads what is there, unseen; false at the connection's end."""
    try:
        while select.select([client.below.sock], [], [], 0)[0]:
            if not client.below.sock.recv(1 << 16):
                return False
    except OSError:
        return False
    return True


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood(front, name):
    flood(front, FLOODS[name])


@pytest.mark.parametrize("name", ["rapid reset", "streams without an end", "malformed heads", "heads that are refused", "PING",
                                  "SETTINGS", "empty DATA", "DATA of one byte", "an HPACK bomb below the limit", "CONTINUATION"])
def test_a_flood_whose_answers_nobody_reads(front, name):
    flood(front, FLOODS[name], reads=False, receive_buffer=4096)


# A few at a time, so that no limit of streams is ever reached.
PACED = {
    "rapid reset": each(lambda i: get(i) + rst_stream(i), 20),
    "rapid reset of posts": each(lambda i: post(i, path="/never") + data(i, b"x") + rst_stream(i), 20),
    "malformed heads": each(lambda i: get(i, "/", ("X", "1")), 20),
    "heads that are refused": each(lambda i: get(i, "/%00"), 20),
    "heads over the limits": each(lambda i: headers(i, [*pseudo(), *[("x", "y")] * 210]), 3),
    "resets that the proxy is made to send": each(lambda i: post(i) + window_update(i, 0x7FFFFFFF), 20),
    "PING": each(lambda i: frame(PING, payload=b"12345678"), 20),
    "SETTINGS": each(lambda i: settings(), 10),
    "empty DATA": same(SLOW_POST, data(1), 20),
    "PRIORITY": each(lambda i: frame(PRIORITY, 0, i, b"\0\0\0\0\1"), 20),
    "WINDOW_UPDATE of one byte": each(lambda i: window_update(0, 1), 20),
    "CONTINUATION": same(HALF, frame(CONTINUATION, 0, 1, literal("x", "y")), 1),
    "a head of single bytes": lambda: (bytes([byte]) for byte in frame(HEADERS, END_STREAM, 1, block(pseudo()) + literal("x", "y" * 5000), 16384)),
    "DATA of single bytes": lambda: itertools.chain([post(1)], itertools.repeat(data(1, b"x"))),
    "an HPACK bomb below the limit": fed(
        lambda i: headers(i, block(pseudo()) + FEED), lambda i: headers(i, block(pseudo(path="/never")) + EAT) + rst_stream(i)),
}


@pytest.mark.parametrize("name", PACED)
def test_a_flood_that_is_paced(front, name):
    flood(front, PACED[name], pause=0.01)


def hundred(path):
    return b"".join(get(i, path) for i in range(1, 200, 2))


STARVED = {
    "no window": (0, lambda: itertools.chain([hundred("/big")], itertools.repeat(b""))),
    "a window of one byte": (1, lambda: itertools.chain([hundred("/big")], itertools.repeat(b""))),
    "tiny windows, one byte more each": (
        1, lambda: itertools.chain([hundred("/big")], itertools.repeat(b"".join(window_update(i, 1) for i in range(1, 200, 2))))),
    "tiny windows, by settings": (
        0, lambda: itertools.chain([hundred("/big")], (settings((INITIAL_WINDOW, i)) for i in itertools.count(1)))),
    "a window that is taken back": (
        65535, lambda: itertools.chain([hundred("/big")], (settings((INITIAL_WINDOW, i % 2 * 65535)) for i in itertools.count()))),
}


@pytest.mark.parametrize("name", STARVED)
def test_a_hundred_answers_of_a_mebibyte_that_find_no_window(front, name):
    window, frames = STARVED[name]
    flood(front, frames, pause=0.01, window=window, credit=False)
