"""HTTP/2 from clients that mean harm: nothing of it is sent on, and nobody else notices."""
import fcntl
import struct
import termios
import threading

import pytest

from fairlead import Fairlead, one_pool, problem
from h2_frames import (ACK, PREFACE, SETTINGS, settings, CONTINUATION, END_HEADERS, END_STREAM, HEADERS, H2Client,
                       block, data, frame, get, headers, pseudo, rst_stream)
from hostile_http2 import BLOCKS, BODIES, FRAMES, HEADS, SMUGGLED
from origin import Origin, ok, serving
from raw import once
from test_bad_requests import mark, received_until_sentinel
from timing import PATIENCE, eventually

WEBSOCKET = [*pseudo("CONNECT", "/chat"), (":protocol", "websocket"), ("sec-websocket-version", "13")]


def answer(request, connection):
    if request.target == "/slow":
        connection.origin.gate.wait(PATIENCE)
    return ok(request.target.encode())


@pytest.fixture
def front(origin, proxy):
    backend = origin(serving(answer))
    backend.gate = threading.Event()
    started = proxy(backend.address, listener={"http": {"header_timeout": "1s"}})
    started.backend = backend
    return started


def targets(front):
    return [request.target for request in front.backend.requests]


def is_served(front):
    return once(front.address(), "/bystander").status == 200


def big_head(stream, method):
    """A head of 70 KiB, in frames of 16 KiB."""
    whole = block([*pseudo(method), *[(f"x-{i}", "y" * 1000) for i in range(70)]])
    pieces = [whole[i : i + 16384] for i in range(0, len(whole), 16384)]
    first, *rest = pieces
    out = frame(HEADERS, END_STREAM, stream, first)
    return out + b"".join(
        frame(CONTINUATION, END_HEADERS if i == len(rest) - 1 else 0, stream, piece) for i, piece in enumerate(rest)
    )


@pytest.mark.parametrize("length", [None, "43"])
def test_data_ahead_of_a_switch_that_is_refused_is_never_sent_on(front, length):
    fields = WEBSOCKET + ([("content-length", length)] if length else [])
    with H2Client(front.address()) as client:
        client.send(headers(1, fields, end=False), data(1, SMUGGLED))
        client.answer(1)
        assert is_served(front)
    assert set(targets(front)) <= {"/chat", "/bystander"}
    for connection in front.backend.connections:
        assert b"smuggled" not in connection.received, bytes(connection.received)


def test_trailers_are_no_second_head(front):
    with H2Client(front.address()) as client:
        got = client.ask("/t", "POST", body=b"hello", trailers=[("x-checksum", "1"), ("host", "evil.example")])
        assert got.status == 200, got
        assert client.ask("/after").status == 200
    first = front.backend.requests[0]
    assert (first.body, first.trailers, first.get("host")) == (b"hello", [("x-checksum", "1")], "a.example")
    assert b"evil" not in front.backend.connections[0].received


def test_a_malformed_stream_does_not_cost_the_others_their_connection(front):
    """Its head is over: no header_timeout runs on."""
    with H2Client(front.address()) as client:
        slow = client.begin("/slow")
        client.send(get(3, "/x", ("X-Upper", "1")))
        assert client.answer(3).reset == 1
        client.quiet(2)
        assert client.ended is None and not client.goaways, client.goaways
        front.backend.gate.set()
        assert client.answer(slow).status == 200


def test_the_answer_to_a_head_that_is_too_large_fits_its_own_method(front):
    with H2Client(front.address()) as client:
        client.send(big_head(1, "HEAD"))
        assert client.answer(1).status == 431 and not client.answer(1).body
        client.next_stream = 3
        assert client.ask("/h", "HEAD").body == b""
        client.send(big_head(5, "GET"))
        problem(client.answer(5), 431)


def test_a_stream_that_is_reset_at_once_is_logged_with_its_client(origin, fairlead):
    front = fairlead(one_pool(origin().address, workers=1, access_log={"format": "json", "to": "./a.log"}))
    with H2Client(front.address()) as client:
        client.send(get(1, "/gone"), rst_stream(1))
        client.next_stream = 3
        assert client.ask("/x").status == 200
    log = front.path.parent / "a.log"
    eventually(lambda: log.read_text().count("\n") == 2, "two lines")
    assert log.read_text().count('"client":"127.0.0.1"') == 2, log.read_text()


@pytest.mark.parametrize("authority", ["a:", "[::1]:"])
def test_an_empty_port_is_none(front, authority):
    with H2Client(front.address()) as client:
        assert client.ask(authority=authority).status == 200
    assert front.backend.requests[0].get("host") == authority[:-1]


# ---- the table


@pytest.fixture(scope="module")
def shared():
    def whole(request, connection):
        connection.origin.whole.append(request.target)
        connection.answered = request
        return ok()

    with Origin(serving(whole)) as backend, Fairlead(one_pool(backend.address, workers=1)) as proxy:
        proxy.backend, backend.whole = backend, []
        yield proxy


def is_read(connection):
    """The backend's script has seen all that came over this connection."""
    if connection.done.is_set():
        return True
    try:
        waiting = struct.unpack("i", fcntl.ioctl(connection.sock, termios.FIONREAD, b"\0" * 4))[0]
    except (OSError, ValueError):
        return False  # its script closes it now
    idle = not connection.requests or connection.requests[-1] is getattr(connection, "answered", None)
    return waiting == 0 and connection.at == len(connection.received) and idle


def settle(front):
    """Nothing is under way any more, and the backend has read whatever was sent to it."""
    eventually(lambda: front.metric("fairlead_backend_active") == 0, "nothing is under way")
    eventually(lambda: all(map(is_read, list(front.backend.connections))), "the backend has read all")


def came_of(client, right):
    """What became of stream 1, or of the connection: (kind, code)."""
    if not client.round_trip():
        return "ends", client.goaways[-1][1] if client.goaways else None
    answer = client.streams.get(1)
    if not answer or not answer.over():
        if ("ignored", (None,)) in right:
            return "ignored", None
        answer = client.answer(1)
    if answer.status is None:
        return ("resets", answer.reset) if client.ended is None else ("ends", client.goaways[-1][1])
    if answer.status == 200:
        return "served", 200
    problem(answer, answer.status)
    return "refused", answer.status


def run_case(front, sent, right, before):
    """Sends it, judges what came of it, and gives the targets and the news at the backend."""
    front.backend.whole.clear()
    with H2Client(front.address()) as client:
        client.send(sent)
        kind, code = came_of(client, right)
        assert any(kind == each and code in codes for each, codes in right), (kind, code, right, client.frames[-5:])
        if kind == "ends":
            client.end()
        else:
            client.next_stream = 101
            assert client.ask("/after").status == 200, "the connection is of no use any more"
    settle(front)
    # Somebody else is served meanwhile: the sentinel is another client.
    targets, news, path = received_until_sentinel(front, before)
    return [target for target in targets if target not in (path, "/after")], news


@pytest.mark.parametrize("name", {**FRAMES, **BLOCKS})
def test_what_breaks_the_rules_of_frames(shared, name):
    sent, right, *reaches = {**FRAMES, **BLOCKS}[name]
    before = mark(shared)
    targets, news = run_case(shared, sent, right, before)
    assert set(targets) <= set(*reaches), targets
    assert b"smuggled" not in b"".join(news), news


@pytest.mark.parametrize("name", HEADS)
def test_a_malformed_head_is_not_sent_on(shared, name):
    sent, right, *reaches = HEADS[name]
    before = mark(shared)
    targets, news = run_case(shared, sent, right, before)
    assert targets == [*reaches[0]] if reaches else not targets, targets
    for word in (b"smuggled", b"evil", b"POST"):
        assert word not in b"".join(news), news


@pytest.mark.parametrize("name", BODIES)
def test_a_malformed_body_never_looks_whole(shared, name):
    sent, right = BODIES[name]
    before = mark(shared)
    targets, news = run_case(shared, sent, right, before)
    assert set(targets) <= {"/body"}, targets
    assert "/body" not in shared.backend.whole or ("served", (200,)) in right, "it arrived as a whole"
    for each in news:
        head, _, rest = each.partition(b"\r\n\r\n")
        assert b"smuggled" not in each or b"POST /body" in head, each
        if b"POST /body" in head and ("served", (200,)) not in right:
            assert not rest.endswith(b"0\r\n\r\n") and b"HTTP/1.1" not in rest, each
            assert b"smuggled" not in rest[len(b"hello"):].partition(b"\r\n\r\n")[2], each


PREFACES = {
    "HTTP/1 behind it": PREFACE + SMUGGLED * 3,
    "twice": PREFACE * 2 + settings() + get(1, "/smuggled"),
    "in small letters": PREFACE.lower() + settings() + get(1, "/smuggled"),
    "its second part wrong": PREFACE[:-6] + b"XX\r\n\r\n" + settings() + get(1, "/smuggled"),
    "its second part a request": PREFACE[:18] + SMUGGLED,
    "of HTTP/2.1": PREFACE.replace(b"2.0", b"2.1") + settings() + get(1, "/smuggled"),
    "of another target": PREFACE.replace(b"*", b"/") + settings() + get(1, "/smuggled"),
    "with a field": b"PRI * HTTP/2.0\r\nHost: a\r\n\r\nSM\r\n\r\n" + settings() + get(1, "/smuggled"),
    "without SETTINGS": PREFACE + get(1, "/smuggled"),
    "with an acknowledgement for SETTINGS": PREFACE + frame(SETTINGS, ACK) + get(1, "/smuggled"),
    "behind an empty line": b"\r\n" + PREFACE + settings() + get(1, "/smuggled"),
}


@pytest.mark.parametrize("name", PREFACES)
def test_a_preface_that_is_none(shared, name):
    """Whatever comes of it, the connection ends, and nothing is sent on."""
    before = mark(shared)
    with shared.client() as client:
        client.send_what_goes(PREFACES[name])
        client.rest()
    settle(shared)
    targets, news, path = received_until_sentinel(shared, before)
    assert targets == [path] or (name == "behind an empty line" and targets == ["/smuggled", path]), targets
