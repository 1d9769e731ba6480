"""Malformed, ambiguous and cut responses: 502, or the client's connection cut; never passed off as whole.

Whatever a backend did wrong, its connection is not used again: the next request comes on a new one.
"""
import itertools
import threading

import pytest

from fairlead import Fairlead, one_pool, problem
from origin import Origin, ok
from raw import Closed, chunked
from timing import PATIENCE, eventually

SMUGGLED = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\nX-Smuggled: 1\r\n\r\nsmuggled"


def head(*fields, line=b"HTTP/1.1 200 OK"):
    return line + b"\r\n" + b"".join(f + b"\r\n" for f in fields) + b"\r\n"


def with_length(text, body=b"hello"):
    return head(b"Content-Length: " + text) + body


def status_line(line):
    return head(b"Content-Length: 5", line=line) + b"hello"


STATUS_LINES = {
    repr(line): status_line(line)
    for line in [
        b"HTTP/2.0 200 OK",
        b"HTTP/1.2 200 OK",
        b"HTTP/0.9 200 OK",
        b"HTTP/1.10 200 OK",
        b"HTTP/1 200 OK",
        b"http/1.1 200 OK",
        b"ICY 200 OK",
        b"200 OK",
        b"HTTP/1.1",
        b"HTTP/1.1 ",
        b"HTTP/1.1 OK",
        b"HTTP/1.1200 OK",
        b"HTTP/1.1  200 OK",
        b"HTTP/1.1\t200 OK",
        b"HTTP/1.1 99 x",
        b"HTTP/1.1 099 x",
        b"HTTP/1.1 000 x",
        b"HTTP/1.1 600 x",
        b"HTTP/1.1 999 x",
        b"HTTP/1.1 2000 x",
        b"HTTP/1.1 20 x",
        b"HTTP/1.1 2x0 x",
        b"HTTP/1.1 +200 x",
        b"HTTP/1.1 -200 x",
        b"HTTP/1.1 0x200 x",
        b"HTTP/1.1 200OK",
        b"HTTP/1.1 200 O\x00K",
        b"HTTP/1.1 200 O\x01K",
        b"HTTP/1.1 200 OK\r",
        b" HTTP/1.1 200 OK",
        b"\x00HTTP/1.1 200 OK",
        b"X",
    ]
}

FIELDS = {
    "bare LF": b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
    "LF behind the status line": b"HTTP/1.1 200 OK\nContent-Length: 5\r\n\r\nhello",
    "LF behind a field": b"HTTP/1.1 200 OK\r\nContent-Length: 5\nX: 1\r\n\r\nhello",
    "LF at the end": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\nhello",
    "CR in a value": head(b"X: 1\r2", b"Content-Length: 5") + b"hello",
    "folded": head(b"X: 1", b" 2", b"Content-Length: 5") + b"hello",
    "the first field folded": head(b" X: 1", b"Content-Length: 5") + b"hello",
    "NUL in a value": head(b"X: \x00", b"Content-Length: 5") + b"hello",
    "a control in a value": head(b"X: \x01", b"Content-Length: 5") + b"hello",
    "NUL in a name": head(b"X\x00: 1", b"Content-Length: 5") + b"hello",
    "a space in a name": head(b"X Y: 1", b"Content-Length: 5") + b"hello",
    "space before the colon": head(b"X : 1", b"Content-Length: 5") + b"hello",
    "no colon": head(b"X", b"Content-Length: 5") + b"hello",
    "no name": head(b": 1", b"Content-Length: 5") + b"hello",
    "a high byte in a name": head(b"\xe9: 1", b"Content-Length: 5") + b"hello",
    "a head of 100 KiB": head(b"X: " + b"y" * 100_000, b"Content-Length: 5") + b"hello",
    "a status line of 100 KiB": status_line(b"HTTP/1.1 200 " + b"y" * 100_000),
    "500 fields": head(*[b"X: 1"] * 500, b"Content-Length: 5") + b"hello",
    "a head of 2 MiB without an end": b"HTTP/1.1 200 OK\r\nX: " + b"y" * (2 << 20),
}

FRAMING = {
    "two lengths": head(b"Content-Length: 5", b"Content-Length: 6") + b"hello",
    "the length twice": head(b"Content-Length: 5", b"Content-Length: 5") + b"hello",
    "length and chunked": head(b"Content-Length: 5", b"Transfer-Encoding: chunked") + chunked(b"hello"),
    "chunked and length": head(b"Transfer-Encoding: chunked", b"Content-Length: 5") + chunked(b"hello"),
    "length with a space before its colon": head(b"Content-Length : 5") + b"hello",
    "coding with a space before its colon": head(b"Transfer-Encoding : chunked") + chunked(b"hello"),
    "gzip, chunked": head(b"Transfer-Encoding: gzip, chunked") + chunked(b"hello"),
    "chunked, gzip": head(b"Transfer-Encoding: chunked, gzip") + chunked(b"hello"),
    "chunked twice": head(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked") + chunked(b"hello"),
    "gzip": head(b"Transfer-Encoding: gzip") + b"hello",
    "identity": head(b"Transfer-Encoding: identity") + b"hello",
    "xchunked": head(b"Transfer-Encoding: xchunked") + chunked(b"hello"),
    "chunked with a vertical tab": head(b"Transfer-Encoding: \x0bchunked") + chunked(b"hello"),
    "chunked in HTTP/1.0": head(b"Transfer-Encoding: chunked", line=b"HTTP/1.0 200 OK") + chunked(b"hello"),
    **{
        f"length {text!r}": with_length(text)
        for text in [
            b"",
            b"+5",
            b"-5",
            b"5 5",
            b"5, 5",
            b"5,6",
            b"0x5",
            b"5h",
            b"five",
            b"99999999999999999999",
            b"18446744073709551616",
            b"5;",
        ]
    },
}

EARLY = {
    "nothing at all": b"",
    "one byte": b"H",
    "half a status line": b"HTTP/1.1 20",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "a head without its last line": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
    "only an empty line": b"\r\n",
    "100 and the end": b"HTTP/1.1 100 Continue\r\n\r\n",
    "101 unasked": head(b"Upgrade: x", b"Connection: upgrade", line=b"HTTP/1.1 101 Switching Protocols") + b"hello",
    "101 unasked, without fields": head(line=b"HTTP/1.1 101 Switching Protocols"),
    "text": b"hello, this is no HTTP\r\n\r\n",
    "a TLS alert": b"\x15\x03\x03\x00\x02\x02\x28",
}

# 502 when nothing was sent on; where the head is good, the head and an end that shows the cut.
CUT = {
    "length, then nothing": with_length(b"5", b""),
    "length, one byte short": with_length(b"6"),
    "a big length, then little": with_length(b"1000000", b"x" * 100_000),
    **{
        f"chunk line {text[:24]!r}": head(b"Transfer-Encoding: chunked")
        + b"3\r\nabc\r\n"
        + text
        + b"hello\r\n0\r\n\r\n"
        for text in [
            b"\r\n",
            b"g\r\n",
            b"-5\r\n",
            b"+5\r\n",
            b"0x5\r\n",
            b" 5\r\n",
            b"5 5\r\n",
            b"5\n",
            b"5\r",
            b"5;a\nb\r\n",
            b"5\x00\r\n",
            b"FFFFFFFFFFFFFFFF\r\n",
            b"10000000000000005\r\n",
            b"5;" + b"x" * 70_000 + b"\r\n",
        ]
    },
    "chunked, no last chunk": head(b"Transfer-Encoding: chunked") + b"5\r\nhello\r\n",
    "chunked, half a chunk": head(b"Transfer-Encoding: chunked") + b"5\r\nhe",
    "chunked, half a size": head(b"Transfer-Encoding: chunked") + b"5\r\nhello\r\n1",
    "chunked, nothing": head(b"Transfer-Encoding: chunked"),
    "chunked, no end of the trailers": head(b"Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n",
    "chunked, half a trailer": head(b"Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\nx: 1",
    "chunked, no CRLF behind the data": head(b"Transfer-Encoding: chunked") + b"5\r\nhello0\r\n\r\n",
    "chunked, LF behind the last": head(b"Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\n\n",
    "a folded trailer": head(b"Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\nx: 1\r\n 2\r\n\r\n",
}

BROKEN = {**STATUS_LINES, **FIELDS, **FRAMING, **EARLY}
numbers = itertools.count()


class Scripted(Origin):
    """A backend that answers by path: bytes, and whether it ends the connection behind them."""

    def __init__(self):
        self.answers = {}
        super().__init__(self.serve)

    def serve(self, connection):
        while request := connection.request():
            out, end = self.answers.get(request.target, (ok(), False))
            connection.send(out)
            if end == "reset":
                return connection.reset()
            if end == "end":
                connection.half_close()
                return connection.drain()


@pytest.fixture(scope="module")
def front():
    with Scripted() as backend, Fairlead(one_pool(backend.address, workers=1)) as proxy:
        proxy.backend = backend
        yield proxy


def answer_to(proxy, out, end=False, method="GET"):
    """What a client gets when the backend answers `out`; asserts that the connection is not reused."""
    path = f"/case-{next(numbers)}"
    proxy.backend.answers[path] = (out, end)
    with proxy.client() as client:
        client.send(f"{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        try:
            answer = client.final(method)
        except Closed:
            raise AssertionError("closed without a byte: as nothing was sent on yet, a 502 was due")
        client.expect_closed()
    assert_given_up(proxy, path)
    return answer


def assert_given_up(proxy, path):
    with proxy.client() as client:
        after = client.ask(f"/after{path}")
    assert (after.status, after.body, after.get("x-smuggled")) == (200, b"ok", None), after
    requests = proxy.backend.requests
    wrong = [r.connection for r in requests if r.target == path]
    then = [r.connection for r in requests if r.target == f"/after{path}"]
    assert wrong and len(then) == 1
    assert then[0] not in wrong, "the connection was used again"
    for connection in wrong:
        assert connection.done.wait(PATIENCE), "the connection was left open"


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_response_is_a_502(front, name):
    end = "end" if name in EARLY else False
    problem(answer_to(front, BROKEN[name], end), 502, front.backend.address)


@pytest.mark.parametrize("name", ["nothing at all", "half a head"])
def test_a_reset_before_the_response_is_a_502(front, name):
    problem(answer_to(front, BROKEN[name], "reset"), 502, front.backend.address)


@pytest.mark.parametrize("end", ["end", "reset"])
@pytest.mark.parametrize("name", CUT)
def test_a_cut_body_is_cut_towards_the_client_too(front, name, end):
    answer = answer_to(front, CUT[name], end)
    if answer.status == 502:
        problem(answer, 502, front.backend.address)
    else:
        assert answer.status == 200
        assert not answer.complete, f"passed off as whole: {answer}"
        assert answer.framing in ("chunked", "length")


@pytest.mark.parametrize("name", ["length, one byte short", "chunked, no last chunk"])
def test_a_cut_body_is_cut_towards_an_http_1_0_client_too(front, name):
    path = f"/old-{next(numbers)}"
    front.backend.answers[path] = (CUT[name], "end")
    with front.client() as client:
        client.send(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        answer = client.final()
        # Behind a body without a length only a reset can say that it is not whole.
        assert answer.status == 502 or not answer.complete, answer


def test_a_response_until_close_that_is_reset_is_not_passed_off_as_whole(front):
    answer = answer_to(front, head(b"X: 1") + b"hello", "reset")
    assert answer.status == 502 or not answer.complete, answer


@pytest.mark.parametrize("size", [4, 100_000, 3_000_000])
def test_what_went_out_already_is_cut_by_a_later_reset(origin, proxy, size):
    """An HTTP/1.0 client knows a body's end by the connection's alone."""
    seen = threading.Event()

    def script(connection):
        connection.head()
        connection.send(head(b"X: 1") + b"x" * size)
        assert seen.wait(PATIENCE)
        connection.reset()

    front = proxy(origin(script).address)
    with front.client() as client:
        client.send(b"GET / HTTP/1.0\r\n\r\n")
        assert client.until(b"\r\n\r\n").startswith(b"HTTP/1.1 200 ")
        client.exactly(size)
        seen.set()
        assert client.rest() == (b"", "reset")


def test_a_response_until_close_ends_well_with_its_connection(front):
    answer = answer_to(front, head(b"X: 1") + b"hello", "end")
    assert (answer.status, answer.body, answer.complete) == (200, b"hello", True)


@pytest.mark.parametrize("extra", [SMUGGLED, b"x", b"\r\n", b"HTTP/1.1 200 OK\r\n", b"0\r\n\r\n"])
@pytest.mark.parametrize(
    "whole",
    [
        ok(b"hello"),
        head(b"Transfer-Encoding: chunked") + chunked(b"hello"),
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
    ],
    ids=["length", "chunked", "204", "304"],
)
def test_bytes_behind_a_response_never_reach_another_client(front, whole, extra):
    answer = answer_to(front, whole + extra)
    assert answer.complete and answer.status in (200, 204, 304)
    assert answer.body == (b"hello" if answer.status == 200 else b"")


def test_a_body_behind_the_answer_to_head_never_reaches_another_client(front):
    answer = answer_to(front, ok(b"hello"), method="HEAD")
    assert (answer.status, answer.get("content-length"), answer.body) == (200, "5", b"")


@pytest.mark.parametrize("end", [False, "end"])
def test_bytes_sent_on_an_idle_connection_never_reach_a_client(end):
    """They come after the exchange is over: the connection is thrown away with them."""

    def script(connection):
        while request := connection.request():
            connection.send(ok(request.target.encode()))
            if request.target == "/first":
                connection.asked = request
                eventually(lambda: connection.origin.go, "the test's word")
                connection.send(SMUGGLED)
                if end:
                    connection.half_close()
                connection.origin.sent = True

    with Origin(script) as backend, Fairlead(one_pool(backend.address, workers=1)) as proxy, proxy.client() as client:
        backend.go = backend.sent = False
        assert client.ask("/first").body == b"/first"
        backend.go = True
        eventually(lambda: backend.sent, "the bytes behind the response")
        for path in ("/second", "/third"):
            answer = client.ask(path)
            assert (answer.status, answer.body) == (200, path.encode())
        assert backend.requests[1].connection is not backend.requests[0].connection
        assert backend.connections[0].done.wait(PATIENCE)


def test_a_flood_of_interim_responses_is_cut(front):
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    path = f"/flood-{next(numbers)}"
    front.backend.answers[path] = (interim * 20_000 + ok(), "end")
    with front.client() as client:
        client.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        passed = 0
        while (answer := client.response()).status == 103:
            passed += 1
            assert passed < 1000, "interim responses without end"
        problem(answer, 502, front.backend.address)
    assert_given_up(front, path)


def test_a_broken_response_behind_an_interim_one_is_a_502(front):
    answer = answer_to(front, b"HTTP/1.1 103 Early Hints\r\n\r\n" + head(b"Content-Length: x"))
    problem(answer, 502, front.backend.address)


def test_an_interim_response_is_no_place_for_a_body(front):
    answer = answer_to(front, b"HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nhello" + ok(), "end")
    problem(answer, 502, front.backend.address)
