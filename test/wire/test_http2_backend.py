"""Pools that speak HTTP/2 (`protocol: h2`): many exchanges on one connection, whatever the client speaks.

Against backends of frames made by hand, and against nghttpd and gRPC's own server.
"""
import os
import shutil
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from fairlead import Fairlead, one_pool, problem
from h2_backend import Peer, echoing_h2, speaking_h2
from h2_frames import (CANCEL, CONTINUATION, GOAWAY, HEADERS, INITIAL_WINDOW, INTERNAL_ERROR, MAX_FRAME, MAX_STREAMS,
                       NO_ERROR, PING, PUSH_PROMISE, REFUSED_STREAM, SETTINGS, H2Client, block, data, frame, headers,
                       literal, rst_stream, settings, wide, window_update)
from origin import Gone, Origin, Refusing, ok, serving
from raw import Client, Closed, chunked, once, request
from servers import Server
from timing import FACTOR, PATIENCE, eventually

MIB = 1 << 20
BLOCK = os.urandom(MIB)
H2 = {"protocol": "h2"}


@pytest.fixture
def h2_proxy(proxy):
    """`h2_proxy(address, ...)`: the pool speaks HTTP/2."""

    def start(*addresses, pool_options=None, **options):
        return proxy(*addresses, pool_options={**H2, **(pool_options or {})}, **options)

    return start


def in_chunks(body, trailers):
    return chunked(*([body] if body else []), trailers=trailers)


class H1:
    """raw.Client with the words of H2Client."""

    def __init__(self, front):
        self.client = front.client()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def ask(self, path="/", method="GET", fields=(), body=None, trailers=None):
        lines = [f"{name}: {value}" for name, value in fields]
        if trailers is None:
            return self.client.ask(path, method, lines, body)
        end = "".join(f"{name}: {value}\r\n" for name, value in trailers).encode()
        self.client.send(request(path, method, [*lines, "Transfer-Encoding: chunked"]) + in_chunks(body, end))
        return self.client.final(method)


CLIENTS = {"h1": H1, "h2": lambda front: H2Client(front.address())}


def echoing_h1(request, connection):
    head = f"HTTP/1.1 200 OK\r\nx-method: {request.method}\r\nx-path: {request.target}\r\n"
    if request.method == "HEAD":
        return head.encode() + b"content-length: 5\r\n\r\n"
    if request.trailers:
        end = "".join(f"{name}: {value}\r\n" for name, value in request.trailers).encode()
        return head.encode() + b"transfer-encoding: chunked\r\n\r\n" + in_chunks(request.body, end)
    return head.encode() + b"content-length: %d\r\n\r\n" % len(request.body) + request.body


@pytest.fixture(params=["h1", "h2"])
def backend(request, origin):
    """An echo of either version; `pool` is what its pool says."""
    started = origin(serving(echoing_h1) if request.param == "h1" else speaking_h2(echoing_h2))
    started.pool = {"protocol": "http1" if request.param == "h1" else "h2"}
    return started


@pytest.fixture(params=CLIENTS)
def client(request, backend, proxy, stack):
    """A client of either version before a backend of either version."""
    backend.front = proxy(backend.address, pool_options=backend.pool)
    return stack.enter_context(CLIENTS[request.param](backend.front))


# ---- all four combinations


def test_get(client, backend):
    got = client.ask("/a/../x?y=1", fields=[("x-a", "1"), ("x-a", "2"), ("cookie", "a=b")])
    assert (got.status, bytes(got.body), got.complete) == (200, b"", True), got
    assert (got.get("x-method"), got.get("x-path")) == ("GET", "/x?y=1")
    seen = backend.requests[0]
    assert seen.all("x-a") == ["1", "2"] and seen.get("cookie") == "a=b"
    assert seen.get("x-forwarded-proto") == "http" and seen.get("x-forwarded-for") == "127.0.0.1"
    assert not seen.body


def test_head(client, backend):
    for _ in range(2):
        got = client.ask("/x", "HEAD")
        assert (got.status, bytes(got.body), got.get("content-length")) == (200, b"", "5"), got
    assert backend.requests[0].method == "HEAD"


@pytest.mark.parametrize("size", [0, 1, 5, 16384, 65536, MIB])
def test_a_body_there_and_back(client, backend, size):
    got = client.ask("/x", "POST", [("content-length", str(size))] if isinstance(client, H2Client) else [], BLOCK[:size])
    assert got.status == 200 and bytes(got.body) == BLOCK[:size] and got.complete, got
    assert backend.requests[0].get("content-length") == str(size)


@pytest.mark.parametrize("size", [0, 5, 100_000])
def test_a_body_without_a_length_and_trailers_there_and_back(client, backend, size):
    got = client.ask("/x", "POST", [("te", "trailers")], BLOCK[:size], trailers=[("x-sum", "42"), ("x-more", "a b")])
    assert got.status == 200 and bytes(got.body) == BLOCK[:size] and got.complete, got
    assert [*map(tuple, got.trailers)] == [("x-sum", "42"), ("x-more", "a b")]
    assert backend.requests[0].trailers == [("x-sum", "42"), ("x-more", "a b")]
    assert backend.requests[0].get("content-length") is None


def test_one_after_the_other_on_one_connection(client, backend):
    for i in range(20):
        assert client.ask(f"/{i}", "POST", body=b"%d" % i).body == b"%d" % i
    assert len(backend.used()) == 1
    assert len(backend.requests) == 20


def test_methods_are_passed_on(client, backend):
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"):
        assert client.ask("/x", method).get("x-method") == method


def test_a_large_head_is_passed_on(client, backend):
    fields = [(f"x-{i}", str(i) * 300) for i in range(40)]
    assert client.ask("/x", fields=fields).status == 200
    for name, value in fields:
        assert backend.requests[0].get(name) == value


@pytest.mark.parametrize("fields", [
    ["Connection: close"], ["Connection: keep-alive, x-secret", "X-Secret: 1", "Keep-Alive: timeout=5"], ["Proxy-Connection: close"],
    ["TE: trailers, gzip;q=0.5", "Connection: TE"], ["Upgrade: foo"],
    ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"],
    ["Trailer: x-sum"], ["X-UPPER: 1"],
])
def test_fields_of_one_connection_stay_with_it(origin, h2_proxy, fields):
    """The backend checks each head that it gets: see Peer.take_head."""
    backend = origin(speaking_h2(echoing_h2))
    with h2_proxy(backend.address).client() as client:
        got = client.ask("/x", fields=fields)
        assert got.status in (200, 502), got
    if backend.requests:
        names = {name for name, _ in backend.requests[0].fields}
        assert not names & {"x-secret", "trailer", "http2-settings"}, names
        assert backend.requests[0].get("te") in (None, "trailers")


def test_a_client_of_http10(origin, h2_proxy):
    """No chunks, no trailers, and the end is the connection's."""
    def answer(request, peer):
        peer.reply(request.stream, b"hello", trailers=[("x-sum", "42")])

    front = h2_proxy(origin(speaking_h2(answer)).address)
    with front.client() as client:
        got = client.ask("/x", version="1.0")
        assert (got.status, got.body, got.framing, got.complete) == (200, b"hello", "close", True), got


def test_what_we_say_of_ourselves(origin, h2_proxy):
    backend = origin(speaking_h2(echoing_h2))
    assert once(h2_proxy(backend.address).address()).status == 200
    settings = backend.peers[0].settings
    assert settings.get(2) == 0, "a backend might push"
    assert settings.get(INITIAL_WINDOW, 65535) <= 1 << 20 and settings.get(MAX_FRAME, 16384) == 16384


@pytest.mark.parametrize("kind", CLIENTS)
def test_a_head_as_large_as_may_be(origin, h2_proxy, kind):
    """65,000 bytes in 190 fields are below our limits; what we take we must be able to send, and it is no backend's fault."""
    backends = [origin(speaking_h2(echoing_h2)) for _ in range(2)]
    front = h2_proxy(*[backend.address for backend in backends])
    fields = [(f"x-{i:03}", "y" * 332) for i in range(190)]
    for _ in range(6):
        with CLIENTS[kind](front) as client:
            got = client.ask("/x", fields=fields)
            assert got.status in (200, 431), got
    assert {*front.states().values()} == {"healthy"}
    assert not any(backend["errors"] for backend in front.backends().values()), front.backends()


def test_a_head_over_the_default_limits(origin, h2_proxy):
    """Whoever allows for more has more."""
    backend = origin(speaking_h2(echoing_h2))
    front = h2_proxy(backend.address, listener={"http": {"max_header_size": "192KiB", "max_request_line": "192KiB"}})
    for fields in ([f"X-{i}: " + "y" * 1000 for i in range(150)], ["X: " + "y" * 100_000]):
        got = once(front.address(), "/x", fields=fields)
        assert got.status in (200, 431), got
    assert not any(backend["errors"] for backend in front.backends().values()), front.backends()


# ---- one connection for many


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_many_exchanges_share_a_connection(origin, h2_proxy, warm):
    """Cold: those that come while the first connection is still being made wait for it."""
    held = []

    def answer(request, peer):
        if request.target == "/first":
            return peer.reply(request.stream)
        held.append(request)
        if len(held) == 50:
            for each in reversed(held):
                each.peer.reply(each.stream, each.target.encode())

    backend = origin(speaking_h2(answer))
    with H2Client(h2_proxy(backend.address).address()) as client:
        if warm:
            assert client.ask("/first").status == 200
        streams = [client.begin(f"/{i}") for i in range(50)]
        for i, stream in enumerate(streams):
            assert client.answer(stream).body == b"/%d" % i
    assert len(backend.used()) <= (1 if warm else 5)


def test_clients_of_http1_share_a_connection(origin, h2_proxy):
    held = []

    def answer(request, peer):
        if request.target == "/first":
            return peer.reply(request.stream)
        held.append(request)
        if len(held) == 20:
            for each in held:
                each.peer.reply(each.stream, each.target.encode())

    backend = origin(speaking_h2(answer))
    front = h2_proxy(backend.address)
    assert once(front.address(), "/first").status == 200
    with ThreadPoolExecutor(20) as threads:
        answers = threads.map(lambda i: once(front.address(), f"/{i}").body, range(20))
        assert [*answers] == [b"/%d" % i for i in range(20)]
    assert len(backend.used()) == 1


def limited(most, late=0.0):
    """A script that takes so many streams at once, answers each after a moment, and refuses what is above."""

    def head(request, peer):
        running = sum(not r.done for r in peer.streams.values() if r is not request)
        request.done = running >= most
        if request.done:
            peer.origin.refused += 1
            peer.send(rst_stream(request.stream, REFUSED_STREAM))

    def answer(request, peer):
        if not request.done:
            threading.Timer(0.03, finish, [request, peer]).start()

    def finish(request, peer):
        request.done = True
        try:
            peer.reply(request.stream, request.target.encode())
        except Gone:
            pass

    def script(connection):
        time.sleep(late)
        Peer(connection, on_head=head, on_end=answer, also=[(MAX_STREAMS, most)]).run()

    return script


def test_the_backends_limit_of_streams_is_respected(origin, h2_proxy):
    """More are asked on a further connection."""
    backend = origin(limited(3))
    backend.refused = 0
    front = h2_proxy(backend.address)
    with H2Client(front.address()) as client:
        assert client.ask("/first").body == b"/first"
        for _ in range(3):
            streams = [client.begin(f"/{i}") for i in range(3)]
            assert all(client.answer(stream).status == 200 for stream in streams), client.streams
        assert (backend.refused, len(backend.used())) == (0, 1), "a limit that was known"
        streams = [client.begin(f"/{i}") for i in range(20)]
        assert [bytes(client.answer(stream).body) for stream in streams] == [b"/%d" % i for i in range(20)]
    assert len(backend.used()) < 18, "a connection for each"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_limit_of_streams_that_comes_late(origin, h2_proxy, method):
    """Asked for before the backend could say how many it takes, it refuses some of them; none is lost."""
    backend = origin(limited(2, late=0.1))
    backend.refused = 0
    with H2Client(h2_proxy(backend.address).address()) as client:
        streams = [client.begin(f"/{i}", method) for i in range(20)]
        assert [client.answer(s).status for s in streams] == [200] * 20


def test_a_backend_that_takes_no_streams(origin, h2_proxy):
    """It is 503 or 502, in good time."""
    backend = origin(speaking_h2(lambda r, p: p.send(rst_stream(r.stream, REFUSED_STREAM)), also=[(MAX_STREAMS, 0)]))
    front = h2_proxy(backend.address, listener={"routes": [{"pool": "app", "timeout": "1s"}]})
    got = once(front.address())
    assert got.status in (502, 503, 504), got


# ---- what a backend may refuse


@pytest.mark.parametrize("others", [0, 1])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refused_stream_is_asked_again(origin, h2_proxy, method, others):
    """Nothing of it was done (RFC 9113 8.7): another backend is asked, or the same one again."""
    refused = []

    def answer(request, peer):
        if not refused and request.target == "/x":
            refused.append(request)
            return peer.send(rst_stream(request.stream, REFUSED_STREAM))
        echoing_h2(request, peer)

    backends = [origin(speaking_h2(answer)) for _ in range(1 + others)]
    front = h2_proxy(*[backend.address for backend in backends], pool_options={"balance": "round_robin"})
    for _ in backends:
        assert once(front.address(), "/first").status == 200
    got = once(front.address(), "/x", method, body=b"hello" if method == "POST" else None)
    assert refused and got.status == 200, got
    assert got.body == (b"hello" if method == "POST" else b"")


@pytest.mark.parametrize("size", [5, 100_000])
@pytest.mark.parametrize("kind", CLIENTS)
def test_a_body_is_never_sent_again_in_part(origin, h2_proxy, kind, size):
    """Refused when half of it had come: the next backend gets all of it, or nobody does."""
    refused = []

    def on_frame(got, peer):
        request = peer.streams.get(got.stream)
        if request and request.reset is None and not refused and len(request.body) >= size // 2:
            refused.append(request)
            request.reset = REFUSED_STREAM
            peer.send(rst_stream(got.stream, REFUSED_STREAM))

    backends = [origin(speaking_h2(lambda r, p: refused and r.reset is None and echoing_h2(r, p), on_frame=on_frame)) for _ in range(2)]
    front = h2_proxy(*[backend.address for backend in backends])
    with CLIENTS[kind](front) as client:
        got = client.ask("/x", "POST", body=BLOCK[:size])
    assert refused
    assert (got.status == 200 and bytes(got.body) == BLOCK[:size]) or (got.status == 502 and size > 5), got
    whole = [r for backend in backends for r in backend.requests if r.ended and r.reset is None]
    assert all(bytes(r.body) == BLOCK[:size] for r in whole) and len(whole) <= 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_above_the_last_stream_of_a_goaway_is_asked_again(origin, h2_proxy, method):
    def answer(request, peer):
        if request.target == "/first":
            return peer.reply(request.stream)
        if peer is peer.origin.peers[0]:
            peer.send(frame(GOAWAY, payload=(1).to_bytes(4, "big") + (0).to_bytes(4, "big")))
            return
        echoing_h2(request, peer)

    backend = origin(speaking_h2(answer))
    front = h2_proxy(backend.address)
    assert once(front.address(), "/first").status == 200
    got = once(front.address(), "/x", method, body=b"hello" if method == "POST" else None)
    assert got.status == 200 and got.body == (b"hello" if method == "POST" else b""), got
    assert len(backend.used()) == 2


def test_goaway_lets_what_runs_come_to_its_end(origin, h2_proxy):
    """And what comes next has a connection of its own."""

    def answer(request, peer):
        if request.target == "/slow":
            peer.send(frame(GOAWAY, payload=request.stream.to_bytes(4, "big") + (0).to_bytes(4, "big")))
            return
        if peer is not peer.origin.peers[0] or request.target == "/first":
            return peer.reply(request.stream, b"fast")

    backend = origin(speaking_h2(answer))
    front = h2_proxy(backend.address)
    with H2Client(front.address()) as client:
        assert client.ask("/first").status == 200
        slow = client.begin("/slow")
        backend.wait_requests(2)
        assert client.ask("/next").body == b"fast"
        first = backend.peers[0]
        first.reply(3, b"slow")
        assert client.answer(slow).body == b"slow"
        assert backend.connections[0].done.wait(PATIENCE), "an old connection that nobody needs stays open"
    assert len(backend.used()) == 2


def test_a_goaway_that_announces_itself(origin, h2_proxy):
    """2^31-1 first: what is on its way is still served."""

    def answer(request, peer):
        if peer is peer.origin.peers[0]:
            peer.send(frame(GOAWAY, payload=(0x7FFFFFFF).to_bytes(4, "big") + (0).to_bytes(4, "big")))
        peer.reply(request.stream)

    backend = origin(speaking_h2(answer))
    front = h2_proxy(backend.address)
    for _ in range(3):
        assert once(front.address()).status == 200
    assert len(backend.used()) == 2


def test_a_stream_that_is_reset_before_its_answer(origin, h2_proxy):
    """It may have been at work: a GET is asked again of another backend, a POST is not."""

    def answer(request, peer):
        peer.send(rst_stream(request.stream, INTERNAL_ERROR))

    one, two = origin(speaking_h2(answer)), origin(speaking_h2(answer))
    front = h2_proxy(one.address, two.address)
    problem(once(front.address(), "/x", "POST", body=b"hello"), 502)
    assert len(one.requests) + len(two.requests) == 1


@pytest.mark.parametrize("kind", CLIENTS)
def test_a_stream_that_is_reset_within_its_answer_is_cut(origin, h2_proxy, kind):
    def answer(request, peer):
        if request.target == "/ok":
            return peer.reply(request.stream)
        peer.head(request.stream, 200)
        peer.say(request.stream, b"x" * 100_000, end=False)
        eventually(lambda: peer.origin.seen.is_set(), "the client has the first bytes")
        peer.send(rst_stream(request.stream, INTERNAL_ERROR))

    backend = origin(speaking_h2(answer))
    backend.seen = threading.Event()
    front = h2_proxy(backend.address)
    if kind == "h2":
        with H2Client(front.address()) as client:
            stream = client.begin("/")
            client.until(lambda: stream in client.streams and len(client.streams[stream].body) > 50_000, "a part of it")
            backend.seen.set()
            got = client.answer(stream)
            assert not got.complete and got.reset, got
            assert client.ask("/ok").status == 200, "the client's connection went with it"
    else:
        with front.client() as client:
            client.send(request("/"))
            client.head()
            client.exactly(50_000)
            backend.seen.set()
            data, how = client.rest()
            assert b"\r\n0\r\n\r\n" not in data[-20:], "it looks whole"
        assert once(front.address(), "/ok").status == 200
    assert len(backend.used()) == 1, "one stream's end cost the connection"


def test_an_answer_ahead_of_the_request_body(origin, h2_proxy):
    """The backend does not want the rest: RST_STREAM of no error behind a whole answer (RFC 9113 8.1)."""

    def head(request, peer):
        peer.reply(request.stream, b"no", status=413)
        peer.send(rst_stream(request.stream, NO_ERROR))

    backend = origin(speaking_h2(on_head=head))
    front = h2_proxy(backend.address)
    with H2Client(front.address()) as client:
        stream = client.begin("/x", "POST", end=False)
        client.send(data(stream, b"hello"))
        got = client.answer(stream)
        assert (got.status, got.body) == (413, b"no"), got
    with front.client() as client:
        client.send(request("/x", "POST", ["Content-Length: 1000000"]) + b"hello")
        assert client.final().status == 413


@pytest.mark.parametrize("body", [b"", b"some", BLOCK[:100_000]], ids=len)
def test_trailers_ahead_of_the_requests_end(origin, h2_proxy, body):
    """As gRPC's servers end a call that they do not want: nothing of it may be lost."""

    def head(request, peer):
        if body:
            peer.reply(request.stream, body, trailers=[("grpc-status", "7")])
        else:
            peer.head(request.stream, 200, ("grpc-status", "7"), end=True)

    with H2Client(h2_proxy(origin(speaking_h2(on_head=head)).address).address()) as client:
        for _ in range(3):
            stream = client.begin("/x", "POST", [("te", "trailers")], end=False)
            client.send(data(stream, b"hello"))
            got = client.answer(stream)
            assert got.status == 200 and got.complete and bytes(got.body) == body, got
            assert ("grpc-status", "7") in (got.trailers if body else got.fields), got


# ---- backends that go, or fall silent


def test_a_backend_that_closes_while_idle(origin, h2_proxy):
    backend = origin(speaking_h2(lambda r, p: p.reply(r.stream)))
    front = h2_proxy(backend.address)
    for i in range(3):
        assert once(front.address(), "/x", "POST", body=b"x").status == 200
        backend.connections[-1].sock.shutdown(2)
        assert backend.connections[-1].done.wait(PATIENCE)
    assert len(backend.used()) == 3


def test_a_backend_that_closes_under_exchanges(origin, h2_proxy):
    def answer(request, peer):
        if request.target == "/first":
            return peer.reply(request.stream)
        if len(peer.streams) == 5:
            peer.connection.reset()
            raise Gone("closed")

    bad = origin(speaking_h2(answer))
    front = h2_proxy(bad.address, pool_options={"passive": "off"})
    with H2Client(front.address()) as client:
        assert client.ask("/first").status == 200
        streams = [client.begin("/x", method="POST") for _ in range(4)]
        for stream in streams:
            got = client.answer(stream)
            assert got.status == 502, got


def test_nobody_listens(h2_proxy, stack):
    nobody = stack.enter_context(Refusing())
    problem(once(h2_proxy(nobody.address).address()), 502)


def test_a_backend_that_speaks_http1(origin, h2_proxy):
    """It does not understand the preface: 502, and not for ever."""

    def script(connection):
        connection.more()
        connection.send(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")

    front = h2_proxy(origin(script).address)
    for _ in range(2):
        problem(once(front.address(), "/x", "POST", body=b"x"), 502)


def test_a_backend_that_never_says_a_word(origin, h2_proxy):
    front = h2_proxy(origin(lambda c: c.drain()).address, listener={"routes": [{"pool": "app", "timeout": "500ms"}]})
    problem(once(front.address()), 504)


def test_a_backend_that_stops_answering_is_doubted(origin, h2_proxy):
    """504; then the connection gets nothing new, and ends when a PING is not answered in 5 s."""

    def answer(request, peer):
        if request.target == "/first" or peer is not peer.origin.peers[0]:
            peer.reply(request.stream)

    backend = origin(speaking_h2(answer))
    backend.answers_pings = False
    front = h2_proxy(backend.address, listener={"routes": [{"pool": "app", "timeout": "500ms"}]})
    assert once(front.address(), "/first").status == 200
    problem(once(front.address(), "/never"), 504)
    eventually(lambda: [f for f in backend.peers[0].frames if f.kind == PING], "a PING")
    assert once(front.address(), "/next").status == 200
    assert len(backend.used()) == 2, "the doubted one was used"
    assert not backend.connections[0].done.is_set()
    assert backend.connections[0].done.wait(PATIENCE), "the doubted connection stays"


def test_a_backend_that_answers_the_ping_is_trusted_again(origin, h2_proxy):
    def answer(request, peer):
        if request.target != "/never":
            peer.reply(request.stream)

    backend = origin(speaking_h2(answer))
    front = h2_proxy(backend.address, listener={"routes": [{"pool": "app", "timeout": "300ms"}]})
    assert once(front.address()).status == 200
    for _ in range(2):
        problem(once(front.address(), "/never"), 504)
        eventually(lambda: [r for r in backend.requests if r.target == "/never"][-1].reset == CANCEL, "RST_STREAM")
        assert once(front.address()).status == 200
    assert len(backend.used()) == 1


def test_a_client_that_breaks_off_cancels_its_stream_alone(origin, h2_proxy):
    def answer(request, peer):
        if request.target != "/never":
            peer.reply(request.stream)

    backend = origin(speaking_h2(answer))
    front = h2_proxy(backend.address)
    for kind in ("h1", "h2"):
        if kind == "h1":
            with front.client() as client:
                client.send(request("/never"))
                eventually(lambda: backend.requests and backend.requests[-1].target == "/never", "it is asked")
                client.reset()
        else:
            with H2Client(front.address()) as client:
                stream = client.begin("/never")
                eventually(lambda: backend.requests[-1].target == "/never", "it is asked")
                client.send(rst_stream(stream))
                client.round_trip()
        eventually(lambda: backend.requests[-1].reset == CANCEL, "the backend hears of it")
        assert once(front.address()).status == 200
    assert len(backend.used()) == 1


# ---- flow control


@pytest.mark.parametrize("kind", CLIENTS)
def test_a_slow_client_holds_back_its_own_answer_alone(origin, h2_proxy, kind):
    def answer(request, peer):
        peer.reply(request.stream, BLOCK * 16 if request.target == "/big" else b"small")

    backend = origin(speaking_h2(answer))
    front = h2_proxy(backend.address)
    if kind == "h2":
        slow = H2Client(front.address(), window=0)
        slow.begin("/big")
    else:
        slow = front.client(receive_buffer=4096)
        slow.send(request("/big"))
    with slow:
        backend.wait_requests(1)
        with H2Client(front.address()) as other:
            got = other.ask("/big")
            assert got.complete and len(got.body) == 16 * MIB and bytes(got.body[:MIB]) == BLOCK
        assert once(front.address(), "/small").body == b"small"
        pending = backend.peers[0].replies.get(1)  # what it has taken stands in the kernel's buffers, and a window
        assert pending and pending[0].at < 10 * MIB, "all of it was taken though nobody reads it"
    assert len(backend.used()) == 1


def test_many_slow_clients_do_not_hold_up_the_others(origin, h2_proxy):
    """Their streams hold less than the connection's window."""

    def answer(request, peer):
        peer.reply(request.stream, BLOCK if request.target == "/big" else b"small")

    backend = origin(speaking_h2(answer))
    front = h2_proxy(backend.address)
    assert once(front.address(), "/small").status == 200
    before = front.resident()
    with H2Client(front.address(), window=0) as slow:
        for _ in range(30):
            slow.begin("/big")
        backend.wait_requests(31)
        slow.round_trip()
        for _ in range(5):
            assert once(front.address(), "/small").body == b"small"
        assert front.resident() - before < (32 << 10) * FACTOR


def test_a_backend_that_gives_no_window_holds_back_the_client(origin, h2_proxy):
    def head(request, peer):
        if request.target == "/small":
            peer.reply(request.stream)

    backend = origin(speaking_h2(on_head=head))
    backend.unread = {"/stuck"}
    front = h2_proxy(backend.address)
    before = front.resident()
    with H2Client(front.address()) as client:
        stream = client.begin("/stuck", "POST", end=False)
        sent = 0
        client.round_trip()
        while (room := min(client.window_of(0), client.window_of(stream), 16384)) > 0:
            client.spend(stream, room)
            client.send(data(stream, b"x" * room))
            sent += room
            client.round_trip()
        assert 65535 < sent < 2 * MIB, sent
        for _ in range(5):
            assert client.ask("/small").status == 200
    assert front.resident() - before < (8 << 10) * FACTOR
    assert len(backend.used()) == 1
    assert len(backend.requests[0].body) == 65535


UPLOADS = {
    "reset by the client": ("/never", [], lambda stream: rst_stream(stream)),
    "answered early": ("/early", [], lambda stream: b""),
    "malformed trailers": ("/never", [], lambda stream: headers(stream, [("X", "y")])),
    "longer than it said": ("/never", [("content-length", "40000")], lambda stream: data(stream, b"x" * 16384)),
}


@pytest.mark.parametrize("version", ["h1", "h2"])
@pytest.mark.parametrize("name", UPLOADS)
def test_uploads_that_break_off_give_their_window_back(origin, proxy, name, version):
    """Sixty of them are more than the connection's window."""
    target, fields, end = UPLOADS[name]

    def head(request, peer):
        if request.target == "/early":
            peer.reply(request.stream, b"early")
            peer.send(rst_stream(request.stream, NO_ERROR))

    def h1(connection):
        while request := connection.head():
            if request.target == "/early":
                connection.send(ok(b"early"))
            if request.target != "/fine":
                return connection.drain()
            connection.send(echoing_h1(connection.body(request), connection))

    backend = origin(h1 if version == "h1" else speaking_h2(lambda r, p: r.target == "/fine" and echoing_h2(r, p), on_head=head))
    backend.unread = {"/never"}
    with H2Client(proxy(backend.address, pool_options={"protocol": "h2" if version == "h2" else "http1"}).address()) as client:
        client.round_trip()
        whole = client.window_of(0)
        for _ in range(60):
            stream = client.begin(target, "POST", fields, end=False)
            client.pour(stream, BLOCK[:32768], end=False)
            client.send(end(stream))
            assert client.answer(stream).over() if not name.startswith("reset") else client.round_trip()
        assert client.ask("/fine", "POST", body=BLOCK).body == BLOCK
        client.round_trip()
        assert client.window_of(0) > whole // 2


def test_downloads_that_break_off_give_their_window_back(origin, h2_proxy):
    backend = origin(speaking_h2(lambda r, p: p.reply(r.stream, BLOCK)))
    front = h2_proxy(backend.address)
    for i in range(30):
        with H2Client(front.address(), window=1000) as client:
            stream = client.begin("/x")
            client.head(stream)
            if i % 2:
                client.send(rst_stream(stream))
                client.round_trip()
    got = once(front.address(), "/x")
    assert got.body == BLOCK and len(backend.used()) == 1
    eventually(lambda: backend.peers[0].window_of(0) > MIB // 2, "the connection's window")


def test_windows_of_a_backend_are_respected(origin, h2_proxy):
    """Small ones."""

    def on_frame(got, peer):
        if got.kind == 0 and got.payload:
            stream = got.stream
            request = peer.streams[stream]
            if not request.ended and request.target == "/x":
                peer.send(window_update(stream, 300), window_update(0, 300))

    backend = origin(speaking_h2(echoing_h2, on_frame=on_frame, also=[(INITIAL_WINDOW, 300)], credit=False))
    with H2Client(h2_proxy(backend.address).address()) as client:
        assert client.ask("/first").status == 200
        got = client.ask("/x", "POST", body=BLOCK[:100_000])
        assert bytes(got.body) == BLOCK[:100_000]
    sizes = [size for _, size in backend.peers[0].log]
    assert max(sizes) <= 300


def test_memory_does_not_grow_with_the_body(origin, h2_proxy):

    def answer(request, peer):
        peer.head(request.stream)
        for i in range(24):
            peer.say(request.stream, BLOCK, end=i == 23)

    front = h2_proxy(origin(speaking_h2(answer)).address)
    before = front.resident()
    with H2Client(front.address()) as client:
        got = client.ask("/")
        assert len(got.body) == 24 * MIB and got.complete
    assert front.resident() - before < (16 << 10) * FACTOR


# ---- answers that are malformed


def raw_head(*fields, end=True, payload=None):
    return lambda stream: headers(stream, payload if payload is not None else [*fields], end)


OK = (":status", "200")
BAD_HEADS = {
    **{f":status {text!r}": raw_head((":status", text)) for text in ["", "20", "2000", "abc", "099", "600", "-20", "2 0", "20x", "200 OK"]},
    "no :status": raw_head(("x", "y")),
    "no fields": raw_head(),
    ":status twice": raw_head(OK, OK),
    ":status behind a field": raw_head(("x", "y"), OK),
    ":path in an answer": raw_head(OK, (":path", "/")),
    "an unknown pseudo field": raw_head(OK, (":x", "y")),
    "101": raw_head((":status", "101"), end=False),
    "100 that ends the stream": raw_head((":status", "100")),
    "a name in capitals": raw_head(OK, ("X-Upper", "1")),
    "a name with a space": raw_head(OK, ("x y", "1")),
    "a name with a line": raw_head(OK, ("x\r\ny", "1")),
    "a value with a line": raw_head(OK, ("x", "1\r\nset-cookie: evil=1")),
    "a value with LF": raw_head(OK, ("x", "1\nset-cookie: evil=1")),
    "a value with NUL": raw_head(OK, ("x", "1\0")),
    "connection": raw_head(OK, ("connection", "close")),
    "keep-alive": raw_head(OK, ("keep-alive", "timeout=5")),
    "proxy-connection": raw_head(OK, ("proxy-connection", "close")),
    "transfer-encoding": raw_head(OK, ("transfer-encoding", "chunked"), end=False),
    "upgrade": raw_head(OK, ("upgrade", "h2c")),
    "two lengths": raw_head(OK, ("content-length", "5"), ("content-length", "6"), end=False),
    "the same length twice": raw_head(OK, ("content-length", "5"), ("content-length", "5"), end=False),
    "a length that is none": raw_head(OK, ("content-length", "five"), end=False),
    "a length of less than nothing": raw_head(OK, ("content-length", "-5"), end=False),
    "a list of lengths": raw_head(OK, ("content-length", "5, 5"), end=False),
    "a length, and no body": raw_head(OK, ("content-length", "5")),
    "300 fields": raw_head(OK, *[(f"x-{i}", "y") for i in range(300)]),
    "a head of 70 KiB": lambda stream: wide(stream, [OK, *[(f"x-{i}", "y" * 1000) for i in range(70)]]),
}


@pytest.fixture(scope="module")
def bad_front():
    """One backend that answers with what the test has put there; each case on a connection that others use, too."""

    def answer(request, peer):
        if request.target == "/ok":
            return peer.reply(request.stream)
        peer.send(peer.origin.bad(request.stream))

    with Origin(speaking_h2(answer)) as backend:
        config = one_pool(backend.address, workers=1, pool_options={**H2, "passive": "off"},
                          listener={"routes": [{"pool": "app", "timeout": "2s", "retry": "off"}]})
        with Fairlead(config) as front:
            front.backend = backend
            yield front


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("name", BAD_HEADS)
def test_a_malformed_answer_is_502(bad_front, name, kind):
    bad_front.backend.bad = BAD_HEADS[name]
    with CLIENTS[kind](bad_front) as client:
        got = client.ask("/bad", "POST", body=b"x")
        assert got.status == 502, got
        problem(got, 502)
        assert client.ask("/ok").status == 200


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("method, status", [("HEAD", "200"), ("GET", "204"), ("GET", "304")])
def test_a_body_where_none_may_be(bad_front, method, status, kind):
    bad_front.backend.bad = lambda s: headers(s, [(":status", status)], False) + data(s, b"hello", True)
    with CLIENTS[kind](bad_front) as client:
        got = client.ask("/bad", method)
        assert got.status in (int(status), 502) or got.reset, got
        assert b"hello" not in bytes(got.body)
        assert client.ask("/ok").status == 200


BAD_BODIES = {
    "more than content-length": lambda s: headers(s, [OK, ("content-length", "5")], False) + data(s, b"hello, and more", True),
    "less than content-length": lambda s: headers(s, [OK, ("content-length", "50")], False) + data(s, b"hello", True),
    "less, ended by trailers": lambda s: headers(s, [OK, ("content-length", "50")], False) + data(s, b"hello") + headers(s, [("x", "y")]),
    "a second head within the body": lambda s: headers(s, [OK], False) + data(s, b"hello") + headers(s, [OK, ("x", "y")], False),
    "trailers with :status": lambda s: headers(s, [OK], False) + data(s, b"hello") + headers(s, [(":status", "200")]),
    "trailers in capitals": lambda s: headers(s, [OK], False) + data(s, b"hello") + headers(s, [("X", "y")]),
    "trailers with a line": lambda s: headers(s, [OK], False) + data(s, b"hello") + headers(s, [("x", "y\r\nz: 1")]),
    "reset behind the body": lambda s: headers(s, [OK], False) + data(s, b"hello") + rst_stream(s, INTERNAL_ERROR),
    "no error, and no end": lambda s: headers(s, [OK], False) + data(s, b"hello") + rst_stream(s, NO_ERROR),
}


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_malformed_body_of_an_answer_never_looks_whole(bad_front, name, kind):
    bad_front.backend.bad = BAD_BODIES[name]
    if kind == "h2":
        with H2Client(bad_front.address()) as client:
            got = client.ask("/bad")
            assert got.status == 502 or (got.reset and not got.complete), got
            assert client.ask("/ok").status == 200
    else:
        with bad_front.client() as client:
            client.send(request("/bad"))
            try:
                got = client.final()
            except Closed:
                return  # cut before a byte of it had left
            assert got.status == 502 or not got.complete, got
    assert once(bad_front.address(), "/ok").status == 200


ENDS_IT = {
    "DATA before a head": lambda s: data(s, b"hello", True),
    "DATA on an idle stream": lambda s: data(s + 100, b"hello"),
    "a head on an even stream": lambda s: headers(2, [OK]),
    "PUSH_PROMISE": lambda s: frame(PUSH_PROMISE, 4, s, (2).to_bytes(4, "big") + block([(":method", "GET")])),
    "a head that cannot be unpacked": lambda s: headers(s, b"\xbe"),
    "SETTINGS of 5 bytes": lambda s: frame(SETTINGS, payload=b"12345"),
    "a frame of 16 MiB": lambda s: frame(HEADERS, 4, s, b"", 0xFFFFFF),
    "CONTINUATION without a head": lambda s: frame(CONTINUATION, 4, s, b""),
    "a window over 2^31": lambda s: window_update(0, 0x7FFFFFFF),
    "GOAWAY of an error": lambda s: frame(GOAWAY, payload=(0).to_bytes(4, "big") + (2).to_bytes(4, "big") + b"go away"),
    "HTTP/1": lambda s: b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
    "DATA over our window": lambda s: headers(s, [OK], False) + data(s, b"x" * 16384) * 100,
    "a bomb": lambda s: headers(s, block([OK]) + literal("x", "y" * 4000, 0x40) + b"\xbe" * 12000),
    "empty DATA without an end": lambda s: headers(s, [OK], False) + data(s, b"") * 5000,
    "PING of many": lambda s: frame(PING, payload=b"12345678") * 5000,
    "SETTINGS of many": lambda s: settings() * 5000,
}


@pytest.mark.parametrize("name", ENDS_IT)
def test_a_backend_that_breaks_the_rules_of_frames(bad_front, name):
    """The exchange fails or is cut; others go on, on another connection if need be."""
    bad_front.backend.bad = ENDS_IT[name]
    with bad_front.client() as client:
        client.send(request("/bad", "POST", body=b"x"))
        try:
            got = client.final()
            assert got.status in (502, 504) or not got.complete, got
        except Closed:
            pass
    assert once(bad_front.address(), "/ok").status == 200
    assert bad_front.running()


# ---- what is more than an answer


@pytest.mark.parametrize("kind", CLIENTS)
def test_interim_heads_are_passed_on(origin, h2_proxy, kind):
    def answer(request, peer):
        peer.head(request.stream, 103, ("link", "</a.css>; rel=preload"))
        peer.head(request.stream, 103, ("link", "</b.css>; rel=preload"))
        peer.reply(request.stream, b"final")

    front = h2_proxy(origin(speaking_h2(answer)).address)
    if kind == "h2":
        with H2Client(front.address()) as client:
            got = client.ask()
            assert [status for status, _ in got.interim] == [103, 103] and got.body == b"final", got
            assert ("link", "</b.css>; rel=preload") in got.interim[1][1]
    else:
        with front.client() as client:
            client.send(request())
            first, second, last = client.response(), client.response(), client.response()
            assert (first.status, second.status, last.status, last.body) == (103, 103, 200, b"final")


@pytest.mark.parametrize("kind", CLIENTS)
def test_100_continue(origin, h2_proxy, kind):
    def head(request, peer):
        assert request.get("expect") == "100-continue"
        peer.head(request.stream, 100)

    backend = origin(speaking_h2(echoing_h2, on_head=head))
    front = h2_proxy(backend.address)
    if kind == "h2":
        with H2Client(front.address()) as client:
            stream = client.begin("/x", "POST", [("expect", "100-continue")], end=False)
            client.until(lambda: stream in client.streams and client.streams[stream].interim, "100")
            client.send(data(stream, b"hello", True))
            assert client.answer(stream).body == b"hello"
    else:
        with front.client() as client:
            client.send(request("/x", "POST", ["Expect: 100-continue", "Content-Length: 5"]))
            assert client.response().status == 100
            assert client.send(b"hello").response().body == b"hello"


def test_too_many_interim_heads(origin, h2_proxy):
    def answer(request, peer):
        for _ in range(100):
            peer.head(request.stream, 103)
        peer.reply(request.stream)

    problem(once(h2_proxy(origin(speaking_h2(answer)).address).address(), "/x", "POST", body=b"x"), 502)


@pytest.mark.parametrize("status", [204, 304])
def test_answers_that_have_no_body(origin, h2_proxy, status):
    front = h2_proxy(origin(speaking_h2(lambda r, p: p.head(r.stream, status, ("etag", "x"), end=True))).address)
    with front.client() as client:
        for _ in range(2):
            got = client.ask()
            assert (got.status, got.body, got.get("etag")) == (status, b"", "x")
            assert not got.all("transfer-encoding") and not got.all("content-length"), got
    with H2Client(front.address()) as client:
        assert client.ask().status == status


def test_an_answer_that_ends_with_its_head(origin, h2_proxy):
    front = h2_proxy(origin(speaking_h2(lambda r, p: p.head(r.stream, 200, end=True))).address)
    with front.client() as client:
        for _ in range(2):
            got = client.ask()
            assert (got.status, got.body, got.complete) == (200, b"", True), got


@pytest.mark.parametrize("kind", CLIENTS)
def test_an_upgrade_is_refused_plainly(origin, h2_proxy, kind):
    backend = origin(speaking_h2(echoing_h2))
    front = h2_proxy(backend.address)
    if kind == "h2":
        with H2Client(front.address()) as client:
            stream = client.begin("/chat", "CONNECT", [(":protocol", "websocket"), ("sec-websocket-version", "13")], end=False)
            kind = problem(client.answer(stream), 502)
            assert client.ask("/x").status == 200
    else:
        with front.client() as client:
            got = client.ask("/chat", fields=["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"])
            kind = problem(got, 502)
    assert kind != "bad-response", "no backend has sent anything"
    assert not [r for r in backend.requests if r.target == "/chat"]


# ---- life


def test_a_backend_is_drained_behind_its_exchanges(origin, h2_proxy):
    def answer(request, peer):
        if request.target != "/slow":
            peer.reply(request.stream, b"fast")

    one = origin(speaking_h2(answer))
    front = h2_proxy(one.address)
    with H2Client(front.address()) as client:
        slow = [client.begin("/slow") for _ in range(3)]
        one.wait_requests(3)
        done = front.admin(f"/api/v1/pools/app/backends/{one.address}", "PATCH", b'{"state":"draining"}')
        assert done.status == 200, done
        problem(client.ask("/next"), 503)
        for peer in one.peers:
            for each in peer.open():
                peer.reply(each.stream, b"slow")
        assert [bytes(client.answer(s).body) for s in slow] == [b"slow"] * 3
        eventually(lambda: all(c.done.is_set() for c in one.connections), "its connections end")


def test_a_reload_that_removes_a_backend_lets_its_exchanges_end(origin, h2_proxy):
    def answer(request, peer):
        if request.target != "/slow":
            peer.reply(request.stream, b"fast")

    one, two = origin(speaking_h2(answer)), origin(speaking_h2(answer))
    front = h2_proxy(one.address)
    with H2Client(front.address()) as client:
        slow = client.begin("/slow")
        one.wait_requests(1)
        front.reload(one_pool(two.address, workers=1, pool_options=H2))
        assert client.ask("/next").body == b"fast"
        assert [r.target for r in two.requests] == ["/next"]
        one.peers[0].reply(1, b"slow")
        assert client.answer(slow).body == b"slow"
        assert one.connections[0].done.wait(PATIENCE), "the connection of a backend that is gone stays"


def test_a_reload_keeps_the_connection(origin, h2_proxy):
    backend = origin(speaking_h2(echoing_h2))
    front = h2_proxy(backend.address)
    assert once(front.address()).status == 200
    front.reload(one_pool(backend.address, workers=1, pool_options=H2))
    assert once(front.address()).status == 200
    assert len(backend.used()) == 1


def test_a_reload_that_changes_the_protocol_opens_a_new_connection(origin, fairlead):
    def either(connection):
        connection.more()
        (speaking_h2(echoing_h2) if connection.received.startswith(b"PRI ") else serving())(connection)

    backend = origin(either)
    front = fairlead(one_pool(backend.address, workers=1))
    for protocol, preface in [("http1", b"GET "), ("h2", b"PRI "), ("http1", b"GET ")]:
        front.reload(one_pool(backend.address, workers=1, pool_options={"protocol": protocol}))
        assert once(front.address()).status == 200
        assert backend.connections[-1].received.startswith(preface), protocol


def test_an_idle_connection_ends(origin, h2_proxy):
    backend = origin(speaking_h2(echoing_h2))
    front = h2_proxy(backend.address, pool_options={"idle_timeout": "300ms"})
    assert once(front.address()).status == 200
    assert backend.connections[0].done.wait(PATIENCE)
    assert once(front.address()).status == 200
    assert [code for _, code in backend.peers[0].goaways] == [0], "it left without a word"


def test_max_connections_counts_exchanges(origin, h2_proxy):
    """At a backend of HTTP/2, too: work at once, whatever connection it is on."""

    def answer(request, peer):
        if request.target != "/slow":
            peer.reply(request.stream)

    backend = origin(speaking_h2(answer))
    front = h2_proxy(backend.address, pool_options={"max_connections": 2, "queue": "off"})
    with H2Client(front.address()) as client:
        slow = [client.begin("/slow") for _ in range(2)]
        backend.wait_requests(2)
        problem(client.ask("/more"), 503)
        assert front.metric("fairlead_backend_active", pool="app") == 2
        client.send(rst_stream(slow[0]))
        eventually(lambda: front.metric("fairlead_backend_active", pool="app") == 1, "one less")
        assert client.ask("/more").status == 200


def test_a_stop_ends_behind_what_runs(origin, h2_proxy):
    def answer(request, peer):
        peer.origin.running.set()

    backend = origin(speaking_h2(answer))
    backend.running = threading.Event()
    front = h2_proxy(backend.address)
    with front.client() as client:
        client.send(request("/slow"))
        assert backend.running.wait(PATIENCE)
        front.signal(15)
        eventually(lambda: front.admin("/ready").status == 503, "it drains")
        backend.peers[0].reply(1, b"slow")
        assert client.final().body == b"slow"
    front.wait()
    assert backend.connections[0].done.wait(PATIENCE)


# ---- real servers


class Nghttpd(Server):
    """nghttpd in clear text, with files to serve; sends back what is uploaded."""

    def prepare(self):
        self.root = self.folder / "root"
        self.root.mkdir()
        (self.root / "hello.txt").write_text("hello\n")
        (self.root / "big.bin").write_bytes(BLOCK)
        if os.getuid() == 0:
            for path in (self.root, *self.root.iterdir()):
                path.chmod(0o755)

    def command(self):
        nghttpd = shutil.which("nghttpd") or "/usr/sbin/nghttpd"
        return [nghttpd, "--no-tls", "-a", "127.0.0.1", "-d", str(self.root), "--trailer", "x-sum: 42", "-m", "10", str(self.port)]

    def is_answering(self):
        try:
            Client(self.address).close()
            return True
        except OSError:
            return False


@pytest.fixture(scope="module")
def nghttpd():
    with Nghttpd() as server:
        yield server


@pytest.mark.parametrize("kind", CLIENTS)
def test_nghttpd(nghttpd, h2_proxy, kind):
    front = h2_proxy(nghttpd.address)
    with CLIENTS[kind](front) as client:
        got = client.ask("/hello.txt")
        assert (got.status, bytes(got.body)) == (200, b"hello\n"), got
        assert got.trailers == [("x-sum", "42")] or kind == "h1"  # behind a length HTTP/1 has none
        got = client.ask("/big.bin")
        assert got.complete and bytes(got.body) == BLOCK
        assert client.ask("/hello.txt", "HEAD").get("content-length") in ("6", None)
        assert client.ask("/none").status == 404
    if kind == "h2":
        with H2Client(front.address()) as client:
            streams = [client.begin("/hello.txt") for _ in range(60)]
            assert all(client.answer(stream).body == b"hello\n" for stream in streams)


def test_h2load_before_nghttpd(nghttpd, h2_proxy):
    front = h2_proxy(nghttpd.address)
    done = subprocess.run(["h2load", "-n", "2000", "-c", "4", "-m", "20", f"http://{front.address()}/hello.txt"],
                          capture_output=True, text=True, timeout=PATIENCE * 3)
    assert "2000 succeeded, 0 failed, 0 errored, 0 timeout" in done.stdout, done.stdout


@pytest.fixture(scope="module")
def greeter():
    """A gRPC server of grpcio: bytes in, bytes out."""
    calls = {
        "Unary": grpc.unary_unary_rpc_method_handler(unary),
        "Down": grpc.unary_stream_rpc_method_handler(lambda message, context: (b"%d" % i for i in range(int(message)))),
        "Up": grpc.stream_unary_rpc_method_handler(lambda messages, context: b"".join(messages)),
        "Both": grpc.stream_stream_rpc_method_handler(lambda messages, context: (message[::-1] for message in messages)),
    }
    server = grpc.server(ThreadPoolExecutor(8))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("test.Greeter", calls)])
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield address
    server.stop(None).wait()


def unary(message, context):
    context.set_trailing_metadata([("x-trailing", "yes")])
    if message == b"fail":
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "as asked")
    return message.upper()


def test_grpc(greeter, h2_proxy):
    front = h2_proxy(greeter)
    with grpc.insecure_channel(front.address()) as channel:
        call = channel.unary_unary("/test.Greeter/Unary")
        answer, state = call.with_call(b"hello", timeout=PATIENCE)
        assert answer == b"HELLO" and ("x-trailing", "yes") in state.trailing_metadata()
        with pytest.raises(grpc.RpcError) as error:
            call(b"fail", timeout=PATIENCE)
        assert error.value.code() == grpc.StatusCode.FAILED_PRECONDITION and error.value.details() == "as asked"
        with pytest.raises(grpc.RpcError) as error:
            channel.unary_unary("/test.Greeter/None")(b"", timeout=PATIENCE)
        assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED
        assert [*channel.unary_stream("/test.Greeter/Down")(b"100", timeout=PATIENCE)] == [b"%d" % i for i in range(100)]
        assert channel.stream_unary("/test.Greeter/Up")(iter([BLOCK[:100_000]] * 10), timeout=PATIENCE) == BLOCK[:100_000] * 10
        both = channel.stream_stream("/test.Greeter/Both")
        assert [*both(iter([b"ab", b"cd"]), timeout=PATIENCE)] == [b"ba", b"dc"]


def test_grpc_talks_back_and_forth(greeter, h2_proxy):
    """Each message is answered before the next is sent."""
    front = h2_proxy(greeter)
    with grpc.insecure_channel(front.address()) as channel:
        answered = threading.Semaphore(0)

        def messages():
            for i in range(20):
                yield b"%d-" % i
                assert answered.acquire(timeout=PATIENCE)

        for i, message in enumerate(channel.stream_stream("/test.Greeter/Both")(messages(), timeout=PATIENCE)):
            assert message == (b"%d-" % i)[::-1]
            answered.release()
