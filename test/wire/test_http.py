"""What HTTP/1 owes to both sides when all goes well: versions, methods, statuses, framing, routes."""
import email.utils
import re
import time

import pytest

from fairlead import one_pool
from origin import named, ok, ok_chunked, serving
from raw import Client, chunked, once, request
from timing import eventually

echo = serving(lambda r, c: ok(r.target.encode()))


# ---- HTTP/1.0 clients


def test_an_http_1_0_client_is_closed(origin, proxy):
    front = proxy(origin(echo).address)
    with front.client() as client:
        answer = client.send(b"GET /x HTTP/1.0\r\n\r\n").final()
        assert (answer.body, answer.complete) == (b"/x", True)
        client.expect_closed()


def test_an_http_1_0_client_can_keep_its_connection(origin, proxy):
    front = proxy(origin(echo).address)
    with front.client() as client:
        for path in ("/x", "/y"):
            answer = client.ask(path, fields=["Connection: keep-alive"], version="1.0")
            assert answer.body == path.encode() and answer.get("connection").lower() == "keep-alive"


def test_an_http_1_0_client_gets_no_chunks(origin, proxy):
    front = proxy(origin(serving(lambda r, c: ok_chunked(b"he", b"llo"))).address)
    with front.client() as client:
        answer = client.ask("/", fields=["Connection: keep-alive"], version="1.0")
        assert (answer.framing, answer.body, answer.complete) == ("close", b"hello", True)
        assert not answer.all("transfer-encoding") and answer.get("connection") != "keep-alive"


def test_an_http_1_0_client_gets_no_interim_response(origin, proxy):
    front = proxy(origin(serving(lambda r, c: b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok())).address)
    with front.client() as client:
        assert client.send(b"GET / HTTP/1.0\r\n\r\n").response().status == 200


def test_an_http_1_0_backend_is_understood(origin, proxy):
    backend = origin(lambda c: c.request() and c.send(b"HTTP/1.0 200 OK\r\n\r\nhello"))
    front = proxy(backend.address)
    with front.client() as client:
        for _ in range(3):
            answer = client.ask()
            assert (answer.version, answer.body, answer.complete) == ("HTTP/1.1", b"hello", True)
    assert len(backend.connections) == 3


def test_the_backend_is_always_spoken_to_in_1_1(origin, proxy):
    backend = origin(echo)
    with proxy(backend.address).client() as client:
        client.send(b"GET /x HTTP/1.0\r\n\r\n").final()
    assert backend.requests[0].line == "GET /x HTTP/1.1"
    assert len(backend.requests[0].all("host")) == 1


# ---- methods and statuses


def test_head_keeps_the_length_and_has_no_body(origin, proxy):
    backend = origin(
        serving(lambda r, c: b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n" if r.method == "HEAD" else ok(b"x"))
    )
    with proxy(backend.address).client() as client:
        for _ in range(3):
            assert client.ask("/", "HEAD").get("content-length") == "12345"
            assert client.ask("/").body == b"x"
    assert len(backend.connections) == 1


def test_head_with_a_chunked_answer_has_no_body(origin, proxy):
    backend = origin(
        serving(
            lambda r, c: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" if r.method == "HEAD" else ok(b"x")
        )
    )
    with proxy(backend.address).client() as client:
        assert client.ask("/", "HEAD").status == 200
        assert client.ask("/").body == b"x"


@pytest.mark.parametrize(
    "out",
    [
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n',
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n",
        b"HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_a_status_without_a_body_ends_at_once(origin, proxy, out):
    backend = origin(serving(lambda r, c: out))
    with proxy(backend.address).client() as client:
        for _ in range(3):
            answer = client.ask()
            assert (answer.status, answer.body, answer.complete) == (int(out[9:12]), b"", True)
            assert answer.status != 204 or not answer.all("content-length") + answer.all("transfer-encoding")
    assert len(backend.connections) == 1


@pytest.mark.parametrize("status", [200, 201, 206, 299, 301, 400, 404, 418, 429, 451, 500, 501, 503, 599])
def test_a_final_status_is_passed_on_with_its_body(origin, proxy, status):
    front = proxy(origin(serving(lambda r, c: ok(b"body", "X-A: 1", status=f"{status} Some Words"))).address)
    with front.client() as client:
        answer = client.ask("/", "POST", body=b"")
        assert (answer.status, answer.get("x-a"), answer.body) == (status, "1", b"body")


def test_a_status_without_words_is_passed_on(origin, proxy):
    front = proxy(origin(serving(lambda r, c: ok(b"x", status="200 "))).address)
    with front.client() as client:
        assert client.ask().body == b"x"


@pytest.mark.parametrize(
    "method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "get", "X-Y!#$%&'*+.^_`|~1"]
)
def test_any_method_token_is_passed_on(origin, proxy, method):
    backend = origin(echo)
    with proxy(backend.address).client() as client:
        assert client.ask("/x", method).body == b"/x"
    assert backend.requests[0].line == f"{method} /x HTTP/1.1"


@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS"])
def test_a_body_is_passed_on_whatever_the_method(origin, proxy, method):
    backend = origin(echo)
    with proxy(backend.address).client() as client:
        assert client.ask("/x", method, body=b"hello").status == 200
    assert (backend.requests[0].body, backend.requests[0].get("content-length")) == (b"hello", "5")


def test_options_asterisk_is_passed_on(origin, proxy):
    backend = origin(echo)
    with proxy(backend.address).client() as client:
        assert client.ask("*", "OPTIONS").status == 200
    assert backend.requests[0].line == "OPTIONS * HTTP/1.1"


def test_options_for_a_host_as_a_whole_is_an_asterisk(origin, proxy):
    """RFC 9112 3.2.4: the last proxy writes the form that a server takes."""
    backend = origin(echo)
    with proxy(backend.address).client() as client:
        assert client.ask("http://example.test", "OPTIONS").status == 200
    assert backend.requests[0].line == "OPTIONS * HTTP/1.1" and backend.requests[0].get("host") == "example.test"


# ---- Date

DATE = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z][a-z] \d{4} \d\d:\d\d:\d\d GMT"


def test_a_response_without_a_date_gets_one_and_an_interim_one_does_not(origin, proxy):
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    with proxy(origin(serving(lambda r, c: hints + ok(b"x"))).address).client() as client:
        client.send(request("/"))
        assert client.response().get("date") is None
        final = client.response()
    assert re.fullmatch(DATE, final.get("date"))
    sent = email.utils.parsedate_to_datetime(final.get("date")).timestamp()
    assert abs(sent - time.time()) < 60


def test_the_date_of_a_backend_stays(origin, proxy):
    then = "Sun, 06 Nov 1994 08:49:37 GMT"
    front = proxy(origin(serving(lambda r, c: ok(b"x", f"date: {then}"))).address)
    assert once(front.address()).get("date") == then


@pytest.mark.parametrize("path, status", [("/a%2fb", 400), ("/x", 502)])
def test_an_answer_of_our_own_has_one_date(proxy, path, status):
    answer = once(proxy("127.0.0.1:1").address(), path)
    assert answer.status == status and re.fullmatch(DATE, answer.get("date"))


# ---- framing


@pytest.mark.parametrize("size", [0, 1, 100, 65535, 65536, 1 << 20])
def test_a_length_is_preserved_both_ways(origin, proxy, size):
    backend = origin(serving(lambda r, c: ok(r.body)))
    body = bytes(i % 251 for i in range(size))
    with proxy(backend.address).client() as client:
        answer = client.ask("/", "POST", body=body)
    assert (answer.framing, answer.body, answer.complete) == ("length", body, True)
    assert backend.requests[0].get("content-length") == str(size)
    assert not backend.requests[0].all("transfer-encoding")


def test_a_request_without_a_body_has_no_framing(origin, proxy):
    backend = origin(echo)
    with proxy(backend.address).client() as client:
        client.ask("/")
    assert not backend.requests[0].all("content-length") + backend.requests[0].all("transfer-encoding")


def test_chunked_goes_both_ways_with_its_trailers(origin, proxy):
    backend = origin(
        serving(lambda r, c: ok_chunked(b"answer", fields=["Trailer: X-Sum"], trailers=b"X-Sum: 42\r\nX-Two: b\r\n"))
    )
    with proxy(backend.address).client() as client:
        for _ in range(2):
            client.send(
                request("/", "POST", ["Transfer-Encoding: chunked", "Trailer: X-Hash", "TE: trailers"])
                + chunked(b"ques", b"tion", trailers=b"X-Hash: abc\r\n")
            )
            answer = client.final()
            assert (answer.framing, answer.body) == ("chunked", b"answer")
            assert answer.trailers == [("X-Sum", "42"), ("X-Two", "b")]
    seen = backend.requests[0]
    assert (seen.get("transfer-encoding"), seen.body, seen.trailers) == ("chunked", b"question", [("X-Hash", "abc")])


def test_empty_chunked_bodies_go_both_ways(origin, proxy):
    backend = origin(serving(lambda r, c: ok_chunked()))
    with proxy(backend.address).client() as client:
        for _ in range(2):
            answer = client.send(request("/", "POST", ["Transfer-Encoding: chunked"]) + chunked()).final()
            assert (answer.body, answer.complete) == (b"", True)
    assert backend.requests[0].body == b""


def test_chunk_extensions_are_dropped(origin, proxy):
    backend = origin(
        serving(lambda r, c: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0;c\r\n\r\n")
    )
    with proxy(backend.address).client() as client:
        client.send(request("/", "POST", ["Transfer-Encoding: chunked"]) + b'5;x="y";z\r\nworld\r\n0;q\r\n\r\n')
        assert client.final().body == b"hello"
    assert backend.requests[0].body == b"world"
    assert b";" not in bytes(backend.connections[0].received).partition(b"\r\n\r\n")[2]


def test_a_coding_in_capitals_is_the_same_coding(origin, proxy):
    backend = origin(serving(lambda r, c: ok(r.body)))
    with proxy(backend.address).client() as client:
        client.send(request("/", "POST", ["transfer-ENCODING: Chunked"]) + chunked(b"x"))
        assert client.final().body == b"x"
    assert backend.requests[0].get("transfer-encoding") == "chunked"


def test_a_response_until_close_becomes_chunked(origin, proxy):
    front = proxy(origin(lambda c: c.request() and c.send(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000)).address)
    with front.client() as client:
        for _ in range(2):
            answer = client.ask()
            assert (answer.framing, len(answer.body), answer.complete) == ("chunked", 100_000, True)


def test_a_streamed_response_arrives_as_it_is_made(origin, proxy):
    """Each piece is sent only after the client has seen the one before it."""

    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for i in range(5):
            connection.send(b"2\r\n%d\n\r\n" % i)
            eventually(lambda: connection.origin.seen > i, "the client")
        connection.send(b"0\r\n\r\n")

    backend = origin(script)
    backend.seen = 0
    with proxy(backend.address).client() as client:
        client.send(request())
        assert client.head().status == 200
        for i in range(5):
            assert client.until(b"\r\n") == b"2\r\n" and client.until(b"\r\n") == b"%d\n\r\n" % i
            backend.seen = i + 1
        assert client.until(b"\r\n\r\n") == b"0\r\n\r\n"


# ---- limits from below


def test_a_head_just_under_its_limit_is_served(origin, proxy):
    backend = origin(echo)
    with proxy(backend.address).client() as client:
        value = "y" * 60_000
        assert client.ask("/x", fields=[f"X-Big: {value}"]).status == 200
        assert backend.requests[0].get("x-big") == value
        assert client.ask("/x", fields=[f"X-{i}: {i}" for i in range(190)]).status == 200
        assert backend.requests[1].get("x-189") == "189"


def test_a_response_head_of_30_kib_is_passed_on(origin, proxy):
    front = proxy(origin(serving(lambda r, c: ok(b"x", "X-Big: " + "y" * 30_000))).address)
    with front.client() as client:
        assert len(client.ask().get("x-big")) == 30_000


# ---- more than one address


def test_a_listener_serves_every_address_it_binds(origin, fairlead):
    backend = origin(named("a"))
    front = fairlead(one_pool(backend.address, listener={"bind": ["127.0.0.1:<web>", "[::1]:<six>"]}))
    with front.client() as four, Client(f"[::1]:{front.port('six')}") as six:
        assert four.ask().body == six.ask().body == b"a"


def test_backends_are_reached_over_ipv6(origin, proxy):
    backend = origin(named("six"), host="::1")
    with proxy(backend.address).client() as client:
        assert client.ask().body == b"six"


def test_routes_choose_by_what_was_asked(origin, fairlead):
    backends = {name: origin(named(name)) for name in ("api", "admin", "rest")}
    front = fairlead(
        {
            "listeners": {
                "web": {
                    "bind": "127.0.0.1:<web>",
                    "routes": [
                        {"match": {"path": "/api/*"}, "pool": "api"},
                        {"match": {"host": "admin.test", "method": ["GET", "POST"]}, "pool": "admin"},
                        {"match": {"path": "/healthz"}, "respond": {"status": 200, "body": "well"}},
                        {"match": {"path": "/old"}, "redirect": {"to": "https://new.test{uri}", "status": 301}},
                        {"match": {"headers": {"x-go": "*"}}, "pool": "rest"},
                    ],
                }
            },
            "pools": {name: {"health": "off", "backends": [backend.address]} for name, backend in backends.items()},
        }
    )
    with front.client() as client:
        for path, fields, expected in [
            ("/api", [], b"api"),
            ("/api/1", [], b"api"),
            ("//api//x", [], b"api"),
            ("/x/../api/1", [], b"api"),
            ("/%61pi/1", [], b"api"),
            ("/healthz", [], b"well"),
            ("/x", ["X-Go: 1"], b"rest"),
            ("/apis", ["X-Go: 1"], b"rest"),
        ]:
            assert client.ask(path, fields=fields).body == expected, path
        for host in (b"admin.test", b"ADMIN.Test:8080"):
            assert client.send(b"GET /x HTTP/1.1\r\nHost: " + host + b"\r\n\r\n").final().body == b"admin"
        answer = client.ask("/old?a=1")
        assert (answer.status, answer.get("location")) == (301, "https://new.test/old?a=1")
        assert client.ask("/apis").status == 404
