"""HTTP/2 from clients that mean harm: nothing of it is sent on, and nobody else notices."""
import threading

import pytest

from fairlead import one_pool, problem
from h2_frames import (CONTINUATION, END_HEADERS, END_STREAM, HEADERS, H2Client, block, data, frame, get, headers,
                       pseudo, rst_stream)
from origin import ok, serving
from raw import once
from timing import PATIENCE, eventually

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nhost: a.example\r\n\r\n"
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
