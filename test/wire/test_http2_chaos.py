"""HTTP/2 on both sides, and nobody behaves: afterwards nothing is left under way, and somebody else is served.

Clients and backends do at random what the other tests do one at a time, from a seed that a failure
shows. It proves nothing by itself; sanitizers and counts that must return to zero do.
"""
import random
import threading
import time

import pytest

from fairlead import pool
from h2_backend import speaking_h2
from h2_frames import (CONNECT_PROTOCOL, GOAWAY, INITIAL_WINDOW, MAX_FRAME, MAX_STREAMS, PING, PRIORITY_UPDATE,
                       TABLE_SIZE, H2Client, data, frame, get, headers, post, pseudo, rst_stream, settings,
                       window_update)
from hostile_http2 import BLOCKS, BODIES, FRAMES, HEADS
from origin import Gone, ok, ok_chunked
from raw import Client, Closed, chunked, request
from timing import FACTOR, eventually

LASTS = 4.0  # seconds
HOSTILE = [sent for sent, *_ in {**FRAMES, **BLOCKS, **HEADS, **BODIES}.values()]
WEBSOCKET = [*pseudo("CONNECT", "/chat"), (":protocol", "websocket"), ("sec-websocket-version", "13")]
CODES = [0, 1, 2, 5, 7, 8, 11]
SIZES = [0, 1, 100, 16384, 70_000, 300_000]


def put32(*values):
    return b"".join(value.to_bytes(4, "big") for value in values)


# ---- backends


def http1(connection):
    """A backend of HTTP/1.1 that often does as it should."""
    choose = random.Random(connection.number)
    while asked := connection.head():
        mood = choose.randrange(12)
        if mood == 0:
            return
        if mood == 1:
            return connection.reset()
        if mood == 2:
            connection.send(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n")
        if mood == 3:
            return connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + b"x" * choose.randrange(100_000))
        if mood == 4:
            connection.send(b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nhello")
            return connection.drain()
        if mood == 5:
            return connection.send(ok(b"early"))
        if mood == 6:
            time.sleep(choose.random() * 0.05)
        connection.body(asked)
        if asked.method == "HEAD":
            connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n")
        elif mood == 7:
            connection.send(ok_chunked(b"x" * choose.randrange(1, 200_000), trailers=b"x-t: 1\r\n"))
        else:
            connection.send(ok(b"y" * choose.choice(SIZES)))


def http2(seed):
    choose = random.Random(seed)

    def give_up(request, peer, *frames):
        peer.send(*frames, rst_stream(request.stream, choose.choice(CODES)))

    def on_head(request, peer):
        stream, mood = request.stream, choose.randrange(22)
        if mood == 0:
            give_up(request, peer)
        elif mood == 1:
            peer.send(frame(GOAWAY, payload=put32(choose.choice([0, stream, max(0, stream - 2), 0x7FFFFFFF]), choose.choice(CODES))))
        elif mood == 2:
            peer.connection.reset()
            raise Gone("as it pleases")
        elif mood == 3:
            peer.head(stream, 103, ("link", "x"))
        elif mood == 4:
            give_up(request, peer, headers(stream, [(":status", "200")], False), data(stream, b"x" * choose.randrange(16000)))
        elif mood == 5:
            give_up(request, peer, headers(stream, [(":status", "200"), ("content-length", "5")], False), data(stream, b"too long", True))
        elif mood == 6:
            give_up(request, peer, headers(stream, [("x", "y")]))
        elif mood == 7:
            peer.send(choose.choice(HOSTILE))
        elif mood == 8:
            peer.send(settings((choose.choice([TABLE_SIZE, MAX_STREAMS, INITIAL_WINDOW, MAX_FRAME]), choose.choice([0, 1, 100, 65535, 16384]))))
        elif mood == 9:
            give_up(request, peer, headers(stream, [(":status", "200")], False), data(stream, b"early", True))
        elif mood == 10:
            peer.send(window_update(stream, choose.choice([0, 1, 0x7FFFFFFF])))

    def on_end(request, peer):
        if request.stream in peer.gave_up or choose.randrange(12) == 0:
            return
        if request.method == "HEAD":
            return peer.head(request.stream, 200, ("content-length", "5"), end=True)
        peer.reply(request.stream, b"z" * choose.choice(SIZES), trailers=[("x-t", "1")] if choose.random() < 0.2 else None)

    script = speaking_h2(on_end, on_head)

    def tolerant(connection):
        """What it has broken itself, it does not complain of."""
        try:
            script(connection)
        except AssertionError:
            pass

    return tolerant


# ---- clients


class Mischief:
    """A client of HTTP/2 that says one thing after another."""

    def __init__(self, choose):
        self.choose, self.next, self.live = choose, 1, [1]

    def begin(self, make):
        out = make(self.next)
        self.live.append(self.next)
        self.next += 2
        return out

    def words(self):
        choose, stream = self.choose, self.choose.choice(self.live)
        mood = choose.randrange(20)
        if mood < 5:
            fields = [("x", "y" * choose.randrange(3000))] if choose.random() < 0.3 else []
            return self.begin(lambda i: get(i, choose.choice(["/", "/a?b"]), *fields))
        if mood < 8:
            fields = [("content-length", str(choose.choice([0, 5, 100, 100_000])))] if choose.random() < 0.5 else []
            return self.begin(lambda i: post(i, *fields))
        if mood < 11:
            return data(stream, b"x" * choose.choice([0, 1, 5, 100, 16000]), choose.random() < 0.4)
        return {
            11: lambda: rst_stream(stream, choose.choice(CODES)),
            12: lambda: window_update(choose.choice([0, stream]), choose.choice([1, 300, 65535])),
            13: lambda: headers(stream, [("x-t", "1")], choose.random() < 0.8),
            14: lambda: settings((choose.choice([TABLE_SIZE, INITIAL_WINDOW, MAX_FRAME, CONNECT_PROTOCOL]), choose.choice([0, 1, 100, 65535, 16384]))),
            15: lambda: frame(PING, payload=b"12345678"),
            16: lambda: self.begin(lambda i: headers(i, WEBSOCKET, False)),
            17: lambda: choose.choice(HOSTILE) if choose.random() < 0.3 else b"",
            18: lambda: self.begin(lambda i: headers(i, pseudo("HEAD"))),
            19: lambda: frame(PRIORITY_UPDATE, payload=put32(stream) + b"u=%d" % choose.randrange(8)),
        }[mood]()


def visit_http2(front, choose, listener):
    mischief = Mischief(choose)
    with H2Client(front.address(listener), window=choose.choice([None, 0, 1, 1000, 1 << 20]), credit=choose.random() < 0.7) as client:
        for _ in range(choose.randrange(60)):
            words = mischief.words()
            client.below.sock.settimeout(1)
            if choose.random() < 0.2:
                cut = choose.randrange(len(words) + 1)
                client.below.sock.sendall(words[:cut])
                time.sleep(0.001)
                words = words[cut:]
            client.below.sock.sendall(words)
            if choose.random() < 0.05:
                client.quiet(choose.random() * 0.02)
            if client.ended:
                return
        if choose.random() < 0.6:
            client.quiet(choose.random() * 0.1)
        if choose.random() < 0.5:
            client.below.reset()


def visit_http1(front, choose, listener):
    with Client(front.address(listener), timeout=0.3) as client:
        mood = choose.randrange(5)
        if mood == 0:
            client.send(request("/p", "POST", ["Content-Length: 100000"]) + b"x" * choose.randrange(100_000))
            return client.reset()
        client.send({
            1: request("/p", "POST", ["Transfer-Encoding: chunked"]) + chunked(b"x" * choose.randrange(1, 70_000), trailers=b"x-t: 1\r\n"),
            2: request("/c", fields=["Connection: Upgrade", "Upgrade: websocket"]),
        }.get(mood, request("/a") * 3))
        client.final()


@pytest.mark.parametrize("seed", [1, 2])
def test_nobody_behaves(origin, fairlead, seed):
    one, two = origin(http1), origin(http2(seed))
    three = origin(speaking_h2(lambda r, p: p.reply(r.stream), also=[(MAX_STREAMS, 3), (INITIAL_WINDOW, 1000)]))
    h2 = {"protocol": "h2", "passive": "off"}
    pools = {"one": pool(one.address, passive="off"), "two": pool(two.address, **h2, idle_timeout="1s"),
             "three": pool(two.address, three.address, **h2, max_connections=20)}

    def listener(name):
        http = {"header_timeout": "1s", "body_timeout": "1s", "max_connection_age": "1s" if name == "two" else "0s"}
        return {"bind": f"127.0.0.1:<{name}>", "tunnel_timeout": "1s", "idle_timeout": "2s", "http": http,
                "routes": [{"pool": name, "timeout": "700ms"}]}

    config = {
        "workers": 2,
        "listeners": {name: listener(name) for name in pools},
        "pools": pools,
    }
    front = fairlead(config)
    before, end = front.resident(), time.monotonic() + LASTS

    def clients(number):
        choose = random.Random(f"{seed} {number}")
        while time.monotonic() < end and front.running():
            try:
                visit = visit_http2 if choose.random() < 0.85 else visit_http1
                visit(front, choose, choose.choice([*pools]))
            except (OSError, Closed):
                pass
            except AssertionError as error:
                if "no byte in" not in str(error):
                    wrong.append(error)

    wrong = []
    threads = [threading.Thread(target=clients, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    while time.monotonic() < end and front.running():
        time.sleep(1)
        front.reload(config)
    for thread in threads:
        thread.join()
    assert front.running(), front.errors()
    assert not wrong, wrong
    eventually(lambda: front.metric("fairlead_backend_active") == 0, "nothing is under way")
    eventually(lambda: all(front.metric("fairlead_connections", listener=name) == 0 for name in pools), "every connection is over")
    assert front.resident() - before < (48 << 10) * FACTOR
    with H2Client(front.address("three")) as client:
        eventually(lambda: client.ask("/x").status == 200, "somebody else is served")
