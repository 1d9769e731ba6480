"""Malformed and ambiguous requests: refused, the connection closed, and nothing of them sent on.

Each case is raw bytes with a second, harmless-looking request behind it. The backend must receive
neither: a sentinel sent afterwards on a new connection must be all that it ever saw.
"""
import itertools

import pytest

from bad_requests import BODIES, HEADS, SMUGGLED, post
from fairlead import Fairlead, one_pool, problem
from origin import Origin
from raw import chunked, request
from timing import PATIENCE


@pytest.fixture(scope="module")
def front():
    # One worker: when the sentinel has arrived, so has everything that was sent on before it.
    with Origin() as backend, Fairlead(one_pool(backend.address, workers=1)) as proxy:
        proxy.backend = backend
        yield proxy


sentinels = itertools.count()


def received_until_sentinel(proxy, mark):
    """Sends a good request on its own connection; what the backend received since `mark`."""
    path = f"/sentinel-{next(sentinels)}"
    with proxy.client() as client:
        assert client.ask(path).body == b"ok"
    backend = proxy.backend
    targets = [request.target for request in backend.requests[mark["requests"] :]]
    sizes = mark["sizes"]
    news = [bytes(c.received[sizes.get(c.number, 0) :]) for c in list(backend.connections)]
    return targets, [data for data in news if data], path


def mark(proxy):
    return {
        "requests": len(proxy.backend.requests),
        "sizes": {c.number: len(c.received) for c in list(proxy.backend.connections)},
    }


def assert_nothing_came(proxy, before):
    targets, news, path = received_until_sentinel(proxy, before)
    assert targets == [path], targets
    assert len(news) == 1 and news[0].startswith(b"GET " + path.encode() + b" HTTP/1.1\r\n"), news
    assert news[0].count(b"\r\n\r\n") == 1 and news[0].endswith(b"\r\n\r\n"), news


@pytest.mark.parametrize("name", HEADS)
def test_a_bad_head_is_refused_and_nothing_is_sent_on(front, name):
    bad, statuses = HEADS[name]
    before = mark(front)
    with front.client() as client:
        client.send_what_goes(bad + SMUGGLED)
        answer = client.final()
        problem(answer, statuses, front.backend.address)
        assert answer.get("connection") == "close", answer
        client.expect_closed()
    assert_nothing_came(front, before)


@pytest.mark.parametrize("name", BODIES)
def test_a_bad_chunk_breaks_the_request_off(front, name):
    before = mark(front)
    with front.client() as client:
        client.send_what_goes(post(b"Transfer-Encoding: chunked") + BODIES[name] + SMUGGLED)
        answer = client.final()
        problem(answer, {400, 431}, front.backend.address)
        assert answer.get("connection") == "close", answer
        client.expect_closed()
    targets, news, path = received_until_sentinel(front, before)
    others = [data for data in news if path.encode() not in data]
    assert targets in ([path], ["/", path]), targets
    assert len(others) <= 1 and len(news) <= 2, news
    for data in others:
        head, _, body = data.partition(b"\r\n\r\n")
        assert head.startswith(b"POST / HTTP/1.1\r\n"), data[:300]
        assert b"0\r\n\r\n" not in body and b"smuggled" not in body, body[:300]
    # Whatever carried the broken request was given up, never reused.
    for connection in list(front.backend.connections):
        if connection.requests and connection.requests[-1].target == "/":
            assert connection.done.wait(PATIENCE), "the upstream connection was left open"
            assert connection.ended in ("end", "reset")


@pytest.mark.parametrize(
    "name",
    [
        "two spaces before the target",
        "version HTTP/2.0",
        "no host",
        "length and chunked",
        "folded by a space",
        "bare LF in a value",
        "coding b'gzip, chunked'",
        "201 fields",
        "target b'/%00'",
        "connect",
    ],
)
@pytest.mark.parametrize("together", [True, False], ids=["one packet", "after the answer"])
def test_a_bad_request_behind_a_good_one_ends_the_connection(front, name, together):
    bad, statuses = HEADS[name]
    before = mark(front)
    good = request("/good")
    with front.client() as client:
        client.send_what_goes(good + bad + SMUGGLED if together else good)
        answer = client.final()
        assert (answer.status, answer.body, answer.complete) == (200, b"ok", True)
        if not together:
            client.send_what_goes(bad + SMUGGLED)
        problem(client.final(), statuses, front.backend.address)
        client.expect_closed()
    targets, _, path = received_until_sentinel(front, before)
    assert targets == ["/good", path]


def test_a_body_that_looks_like_a_request_stays_a_body(front):
    before = mark(front)
    with front.client() as client:
        assert client.ask("/a", "POST", body=SMUGGLED).body == b"ok"
        client.send(request("/b", "POST", ["Transfer-Encoding: chunked"]) + chunked(SMUGGLED))
        assert client.final().body == b"ok"
    targets, _, path = received_until_sentinel(front, before)
    assert targets == ["/a", "/b", path]
    assert [r.body for r in front.backend.requests[-3:-1]] == [SMUGGLED, SMUGGLED]


def test_a_body_that_ends_early_is_not_passed_off_as_whole(front):
    before = mark(front)
    with front.client() as client:
        client.send(post(b"Content-Length: 10", body=b"hello"))
        client.half_close()
        data, _ = client.rest()
        assert data == b"" or data.startswith(b"HTTP/1.1 400 ")
    targets, news, path = received_until_sentinel(front, before)
    others = [data for data in news if path.encode() not in data]
    assert all(data.partition(b"\r\n\r\n")[2] in (b"", b"hello") for data in others)


def test_one_empty_line_before_a_request_is_let_pass(front):
    with front.client() as client:
        assert client.send(b"\r\n" + request("/x")).final().status == 200
        assert client.send(b"\r\n" + request("/y")).final().status == 200


PATHS = {
    "/": "/",
    "//": "/",
    "/a": "/a",
    "/a/": "/a/",
    "/a//b": "/a/b",
    "//admin": "/admin",
    "///a///b//": "/a/b/",
    "/a/./b": "/a/b",
    "/a/.": "/a/",
    "/./a": "/a",
    "/a/b/../c": "/a/c",
    "/a/..": "/",
    "/a/b/..": "/a/",
    "/a/%2e/b": "/a/b",
    "/a/%2E%2e/b": "/b",
    "/a/.%2e/b": "/b",
    "/a/../b//../c": "/c",
    "/a//../b": "/b",
    "/%61dmin": "/admin",
    "/%41dmin": "/Admin",
    "/%7Euser": "/~user",
    "/%2Dx%5Fy": "/-x_y",
    "/%30": "/0",
    "/a%20b": "/a%20b",
    "/caf%c3%a9": "/caf%C3%A9",
    "/%3f": "/%3F",
    "/%23": "/%23",
    "/%25": "/%25",
    "/%252e%252e/x": "/%252e%252e/x",
    "/...": "/...",
    "/a/.../b": "/a/.../b",
    "/.a/..b": "/.a/..b",
    "/a;b=c,d": "/a;b=c,d",
    "/a:b@c!$&'()*+=": "/a:b@c!$&'()*+=",
    "/x?": "/x?",
    "/x?a=1&b=%2f..//../": "/x?a=1&b=%2f..//../",
    "/a/../b?c=/../d": "/b?c=/../d",
    "/x??y": "/x??y",
    "/CaseIsKept": "/CaseIsKept",
}


@pytest.mark.parametrize("sent", PATHS)
def test_a_path_is_sent_on_in_its_one_normal_form(front, sent):
    before = mark(front)
    with front.client() as client:
        assert client.ask(sent).status == 200
    received_until_sentinel(front, before)
    assert front.backend.requests[before["requests"]].line == f"GET {PATHS[sent]} HTTP/1.1"


@pytest.mark.parametrize(
    "target, line_sent, host",
    [
        ("http://other.test/x", "GET /x HTTP/1.1", "other.test"),
        ("http://other.test", "GET / HTTP/1.1", "other.test"),
        ("http://other.test:81/x/../y?q", "GET /y?q HTTP/1.1", "other.test:81"),
        ("http://other.test?q", "GET /?q HTTP/1.1", "other.test"),
        ("HTTP://OTHER.test/", "GET / HTTP/1.1", "other.test"),
    ],
)
def test_an_absolute_target_that_agrees_with_the_host_is_sent_on_in_origin_form(front, target, line_sent, host):
    before = mark(front)
    with front.client() as client:
        client.send(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert client.final().status == 200
    received_until_sentinel(front, before)
    seen = front.backend.requests[before["requests"]]
    assert (seen.line, seen.get("host").lower()) == (line_sent, host)


@pytest.mark.parametrize(
    "host", ["a", "a.example:8080", "127.0.0.1:80", "[::1]", "[::1]:8080", "A-b.C_d", "xn--caf-dma.example"]
)
def test_a_good_host_is_passed_on_as_it_is(front, host):
    before = mark(front)
    with front.client() as client:
        client.send(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert client.final().status == 200
    received_until_sentinel(front, before)
    assert front.backend.requests[before["requests"]].get("host") == host


@pytest.mark.parametrize("target, host", [("/", "a:"), ("/", "[::1]:"), ("http://a:/", "a"), ("http://a/", "a:80")])
def test_an_empty_port_is_none(front, target, host):
    before = mark(front)
    with front.client() as client:
        client.send(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert client.final().status == 200
    received_until_sentinel(front, before)
    seen = front.backend.requests[before["requests"]]
    assert (seen.line, seen.get("host")) == ("GET / HTTP/1.1", "[::1]" if "[" in host else "a")
