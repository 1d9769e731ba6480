"""HTTP/2 with clients: what must work, over TLS and in clear text, before backends of HTTP/1.1.

With curl, nghttp and h2load as they are, and with frames made by hand where an exact word matters.
"""
import hashlib
import json
import os
import signal
import ssl
import subprocess
import threading
import time

import pytest

from certificates import Certificate, TlsClient, authority, trusting
from fairlead import Fairlead, one_pool, pool, problem
from h2_frames import (CONNECT_PROTOCOL, CONTINUATION, END_HEADERS, END_STREAM, HEADERS, MAX_STREAMS, NO_ERROR,
                       NO_PRIORITIES, PREFACE, PRIORITY_UPDATE, REFUSED_STREAM, H2Client, block, data, frame, get,
                       over_tls, pseudo, rst_stream, settings, window_update)
from origin import Origin, Refusing, ok, ok_chunked, serving
from raw import Client, chunked, once, request
from test_bad_requests import PATHS
from test_peers import Nginx
from timing import FACTOR, PATIENCE, eventually

MIB = 1 << 20
BLOCK = os.urandom(MIB)


def answer(request, connection):
    """Says what was asked; sends bodies and trailers back."""
    fields = [f"x-line: {request.line}"]
    if request.method == "HEAD":
        return ok(b"", *fields).replace(b"Content-Length: 0", b"Content-Length: 5")
    if request.target == "/chunked":
        trailers = "".join(f"{name}: {value}\r\n" for name, value in request.trailers).encode()
        return ok_chunked(*([request.body] if request.body else []), fields=fields, trailers=trailers)
    return ok(request.body or request.target.encode(), *fields)


@pytest.fixture(scope="module")
def ca():
    return authority()


@pytest.fixture(scope="module")
def files(ca, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    (folder / "ca.pem").write_text(ca.pem())
    return {"tls": Certificate("a.example", issuer=ca).write(folder, "site"), "ca": folder / "ca.pem"}


@pytest.fixture(scope="module")
def front(files):
    """Clear text on `web`, TLS on `secure`, before one backend."""
    with Origin(serving(answer)) as backend:
        config = one_pool(backend.address, workers=1)
        config["listeners"]["secure"] = {"bind": "127.0.0.1:<secure>", "pool": "app", "tls": files["tls"]}
        with Fairlead(config) as started:
            started.backend = backend
            yield started


@pytest.fixture(params=["clear", "tls"])
def client(request, front, ca):
    if request.param == "clear":
        opened = H2Client(front.address())
    else:
        opened = H2Client(front.address("secure"), over_tls(trusting(ca)))
    with opened:
        opened.scheme = "http" if request.param == "clear" else "https"
        yield opened


def last(front):
    return front.backend.requests[-1]


# ---- real clients


def run(*command, code=0, **options):
    done = subprocess.run([*map(str, command)], capture_output=True, timeout=PATIENCE * 3, **options)
    assert done.returncode == code, (command, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


@pytest.fixture(params=["clear", "tls"])
def curl(request, front, files):
    def ask(path, *arguments, **options):
        common = ["curl", "-sS", "--max-time", int(PATIENCE * 2), "-w", "\n%{http_version} %{http_code}"]
        if request.param == "clear":
            return run(*common, "--http2-prior-knowledge", f"http://{front.address()}{path}", *arguments, **options)
        port = front.port("secure")
        return run(*common, "--http2", "--cacert", files["ca"], "--resolve", f"a.example:{port}:127.0.0.1",
                   f"https://a.example:{port}{path}", *arguments, **options)

    return ask


def test_curl(front, curl, tmp_path):
    assert curl("/hello?x=1") == b"/hello?x=1\n2 200"
    assert curl("/post", "-d", "a=b") == b"a=b\n2 200"
    assert b"content-length: 5" in curl("/head", "-I")
    (tmp_path / "big").write_bytes(BLOCK)
    assert curl("/big", "--data-binary", f"@{tmp_path}/big") == BLOCK + b"\n2 200"
    assert curl("/chunked", "-T", "-", input=BLOCK) == BLOCK + b"\n2 200"
    assert last(front).body == BLOCK and last(front).method == "PUT"


def test_curl_many_at_once(front, files):
    port = front.port("secure")
    out = run("curl", "-sS", "-Z", "--parallel-max", 30, "--http2", "--cacert", files["ca"], "--resolve",
              f"a.example:{port}:127.0.0.1", "-w", "%{http_version} %{http_code}\n", "-o", "/dev/null",
              f"https://a.example:{port}/[1-60]")
    assert out == b"2 200\n" * 60


def test_nghttp(front, tmp_path):
    said = run("nghttp", "-v", f"http://{front.address()}/one", f"http://{front.address()}/two").decode()
    assert said.count(":status: 200") == 2 and "error" not in said.lower().replace("error_code=no_error", ""), said
    (tmp_path / "big").write_bytes(BLOCK)
    assert run("nghttp", "-d", tmp_path / "big", f"http://{front.address()}/big") == BLOCK
    said = run("nghttp", "-v", "--no-content-length", "--trailer", "x-sum: 42", "-d", tmp_path / "big",
               f"http://{front.address()}/chunked").decode(errors="replace")
    assert last(front).trailers == [("x-sum", "42")]
    assert said.count("x-sum: 42") == 2, "the trailers did not come back"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_h2load(front, scheme, fairlead, files):
    """No request fails, however many there are at once."""
    config = one_pool("127.0.0.1:1", workers=1)
    config["listeners"]["web"] |= {"routes": [{"respond": {"status": 200, "body": "x" * 1000}}]}
    del config["listeners"]["web"]["pool"], config["pools"]
    if scheme == "https":
        config["listeners"]["web"]["tls"] = files["tls"]
    said = run("h2load", "-n", 4000, "-c", 8, "-m", 100, f"{scheme}://{fairlead(config).address()}/").decode()
    assert "4000 succeeded, 0 failed, 0 errored, 0 timeout" in said, said
    assert "4000 2xx" in said, said


@pytest.fixture(scope="module")
def nginx():
    with Nginx() as server:
        yield server


def test_h2load_with_a_backend(proxy, nginx):
    said = run("h2load", "-n", 2000, "-c", 4, "-m", 100, f"http://{proxy(nginx.address).address()}/page.txt").decode()
    assert "2000 succeeded, 0 failed, 0 errored, 0 timeout" in said and "2000 2xx" in said, said


# ---- requests and answers


def test_get(front, client):
    got = client.ask("/a/../b?c=d", fields=[("x-a", "1"), ("x-a", "2"), ("accept", "text/html")])
    assert (got.status, got.body, got.get("content-length")) == (200, b"/b?c=d", "6")
    seen = last(front)
    assert seen.line == "GET /b?c=d HTTP/1.1" and seen.get("host") == "a.example"
    assert seen.all("x-a") == ["1", "2"] and seen.get("accept") == "text/html"
    assert not seen.all("content-length") and not seen.all("transfer-encoding")


def test_the_bytes_at_the_backend(front, client):
    """All of them: nothing of HTTP/2 leaks into HTTP/1."""
    fields = [("x-id", "1"), ("cookie", "a=1"), ("te", "trailers"), ("priority", "u=1"), ("cookie", "b=2"), ("x-obs", "caf\xe9"), ("x-empty", "")]
    connections = {c.number: len(c.received) for c in front.backend.connections}
    assert client.ask("/exact", "POST", fields, body=b"hello").status == 200
    news = [bytes(c.received[connections.get(c.number, 0):]) for c in front.backend.connections]
    head, _, rest = next(n for n in news if n).partition(b"\r\n\r\n")
    line, *lines = head.split(b"\r\n")
    assert line == b"POST /exact HTTP/1.1" and rest == b"5\r\nhello\r\n0\r\n\r\n"
    seen = {}
    for each in lines:
        name, _, value = each.lower().partition(b": ")
        assert name not in seen, f"{name} is there twice"
        seen[name] = value
    assert not [name for name in seen if name.startswith(b":")]
    request_id = seen.pop(b"x-request-id")
    assert request_id
    assert seen == {
        b"host": b"a.example", b"x-id": b"1", b"cookie": b"a=1; b=2", b"priority": b"u=1", b"x-obs": b"caf\xe9", b"x-empty": b"",
        b"x-forwarded-for": b"127.0.0.1", b"x-forwarded-proto": client.scheme.encode(), b"x-forwarded-host": b"a.example",
        b"transfer-encoding": b"chunked", **{name: seen[name] for name in (b"traceparent", b"te", b"connection", b"forwarded") if name in seen}}


def test_head(front, client):
    got = client.ask("/x", "HEAD")
    assert (got.status, got.body, got.get("content-length"), got.complete) == (200, b"", "5", True)
    assert client.ask("/y").status == 200


@pytest.mark.parametrize("size", [0, 1, 16384, 100_000, MIB])
def test_a_body_with_a_length(front, client, size):
    got = client.ask("/x", "POST", [("content-length", str(size))], BLOCK[:size])
    assert got.complete and bytes(got.body) == (BLOCK[:size] or b"/x")
    assert last(front).get("content-length") == str(size) and not last(front).all("transfer-encoding")


@pytest.mark.parametrize("size", [0, 1, 16384, 100_000, MIB])
def test_a_body_without_a_length(front, client, size):
    got = client.ask("/chunked", "POST", [], BLOCK[:size])
    assert got.complete and bytes(got.body) == BLOCK[:size]
    assert last(front).get("transfer-encoding") == "chunked" and not last(front).all("content-length")
    assert hashlib.sha256(last(front).body).digest() == hashlib.sha256(BLOCK[:size]).digest()


@pytest.mark.parametrize("size", [0, 5, 100_000])
def test_trailers_both_ways(front, client, size):
    got = client.ask("/chunked", "POST", [("te", "trailers")], BLOCK[:size], trailers=[("x-sum", "42"), ("x-more", "a, b")])
    assert got.complete and bytes(got.body) == BLOCK[:size] and got.trailers == [("x-sum", "42"), ("x-more", "a, b")]
    assert last(front).trailers == [("x-sum", "42"), ("x-more", "a, b")]


def test_methods(front, client):
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "get"):
        assert client.ask("/x", method).status == 200
        assert last(front).method == method


def test_100_continue(origin, proxy):
    def script(connection):
        while request := connection.head():
            assert request.get("expect") == "100-continue" and connection.at == len(connection.received)
            connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            connection.send(ok(connection.body(request).body))

    with H2Client(proxy(origin(script).address).address()) as client:
        for _ in range(2):
            stream = client.begin("/x", "POST", [("expect", "100-continue"), ("content-length", "5")], end=False)
            client.until(lambda: stream in client.streams and client.streams[stream].interim, "100")
            assert client.streams[stream].interim == [(100, [])]
            client.send(data(stream, b"hello", True))
            assert client.answer(stream).body == b"hello"


def test_an_expectation_that_is_refused(origin, proxy):
    def script(connection):
        connection.head()
        connection.send(ok(b"no", status="417 Expectation Failed"))
        connection.drain()

    with H2Client(proxy(origin(script).address).address()) as client:
        stream = client.begin("/x", "POST", [("expect", "100-continue"), ("content-length", "5")], end=False)
        got = client.answer(stream)
        assert (got.status, got.body, got.interim) == (417, b"no", [])


def test_103_is_passed_on_before_the_answer_is_made(origin, proxy):
    def script(connection):
        while connection.request():
            connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" * 2)
            assert connection.origin.seen.wait(PATIENCE)
            connection.send(ok(b"final"))

    backend = origin(script)
    backend.seen = threading.Event()
    with H2Client(proxy(backend.address).address()) as client:
        stream = client.begin()
        client.until(lambda: stream in client.streams and len(client.streams[stream].interim) == 2, "two 103")
        assert client.streams[stream].interim[0] == (103, [("link", "</a.css>; rel=preload")])
        backend.seen.set()
        assert client.answer(stream).body == b"final"


def test_crumbs_of_cookies_are_joined(front, client):
    client.ask("/x", fields=[("cookie", "a=1"), ("x", "y"), ("cookie", "b=2; c=3"), ("cookie", "d=4")])
    assert last(front).get("cookie") == "a=1; b=2; c=3; d=4"
    client.ask("/x", fields=[("cookie", "a=1")])
    assert last(front).get("cookie") == "a=1"


def test_a_large_head_by_continuation(front, client):
    fields = [(f"x-{i}", chr(97 + i % 26) * 600) for i in range(90)]
    got = client.ask("/x", fields=fields)
    assert got.status == 200, got
    for name, value in fields:
        assert last(front).get(name) == value


def test_a_head_in_small_frames(front, client):
    """Eight of them are all that nghttp2 takes."""
    whole = block(pseudo(path="/bytes"))
    client.send(frame(HEADERS, END_STREAM, 1, whole[:1]))
    for i in range(1, 8):
        client.send(frame(CONTINUATION, 0, 1, whole[i : i + 1]))
    client.send(frame(CONTINUATION, END_HEADERS, 1, whole[8:]))
    assert client.answer(1).body == b"/bytes"


@pytest.mark.parametrize("fields", [[(f"x-{i}", "y" * 1000) for i in range(70)], [("x", "y")] * 201], ids=["bytes", "fields"])
def test_431_leaves_the_connection(front, client, fields):
    before = len(front.backend.requests)
    got = client.ask("/x", fields=fields)
    assert problem(got, 431) == "header-too-large"
    assert client.ask("/next").body == b"/next"
    assert [r.target for r in front.backend.requests[before:]] == ["/next"]


@pytest.mark.parametrize("option, fields", [({"max_header_size": "4KiB"}, [("x", "y" * 5000)]), ({"max_header_fields": 10}, [("x", "y")] * 11)])
def test_431_over_limits_of_ones_own(origin, proxy, option, fields):
    with H2Client(proxy(origin(serving(answer)).address, listener={"http": option}).address()) as client:
        problem(client.ask("/x", fields=fields), 431)
        assert client.ask("/x", fields=fields[:5] if len(fields) > 1 else [("x", "y" * 2000)]).status == 200


@pytest.mark.parametrize("authority", ["a", "a.example:8080", "127.0.0.1:80", "[::1]", "[::1]:8080", "A-b.C_d"])
def test_authority_is_the_host(front, client, authority):
    assert client.ask("/x", authority=authority).status == 200
    assert last(front).get("host").lower() == authority.lower()


def test_host_in_the_place_of_authority(front, client):
    assert client.ask("/x", fields=[("host", "b.example:81")], authority=None).status == 200
    assert last(front).get("host") == "b.example:81"
    assert client.ask("/x", fields=[("host", "A.example")], authority="a.example").status == 200
    assert last(front).get("host").lower() == "a.example"


@pytest.mark.parametrize("sent", PATHS)
def test_a_path_has_the_form_that_it_has_over_http1(front, sent):
    with H2Client(front.address()) as client:
        assert client.ask(sent).status == 200
    assert last(front).line == f"GET {PATHS[sent]} HTTP/1.1"


def test_who_asked(front, client):
    client.ask("/x", fields=[("x-forwarded-for", "1.2.3.4"), ("x-forwarded-proto", "gopher"), ("x-forwarded-host", "evil"), ("x-request-id", "mine")],
               scheme="https" if client.scheme == "http" else "http")
    seen = last(front)
    assert seen.get("x-forwarded-for") == "127.0.0.1" and seen.get("x-forwarded-host") == "a.example"
    assert seen.get("x-forwarded-proto") == client.scheme, "what the client says of itself was believed"
    assert seen.get("x-request-id") not in ("mine", None, "")


@pytest.mark.parametrize("fields", [
    ["Connection: close"], ["Connection: keep-alive, x-secret", "X-Secret: 1", "Keep-Alive: timeout=5"], ["Proxy-Connection: close"],
    ["Upgrade: h2c", "Connection: Upgrade"], ["TE: trailers"], ["Connection: close, Upgrade", "Upgrade: h2, h2c"],
])
def test_fields_of_one_connection_are_not_passed_on(origin, proxy, fields):
    with H2Client(proxy(origin(serving(lambda r, c: ok(b"x", *fields, "X-Kept: Yes"))).address).address()) as client:
        got = client.ask()
        assert (got.status, got.body, got.get("x-kept")) == (200, b"x", "Yes")
        assert not {name for name, _ in got.fields} & {"connection", "keep-alive", "proxy-connection", "upgrade", "te", "x-secret"}, got


ANSWERS = {
    "with a length": (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, b"hello"),
    "in chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"he", b"llo"), 200, b"hello"),
    "up to the end": (b"HTTP/1.1 200 OK\r\n\r\nhello", 200, b"hello"),
    "of HTTP/1.0": (b"HTTP/1.0 200 OK\r\n\r\nhello", 200, b"hello"),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
    "304 with a length": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: x\r\n\r\n", 304, b""),
    "empty": (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, b""),
    "empty chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, b""),
    "capitals in names": (b"HTTP/1.1 200 OK\r\nX-UPPER-Case: VALUE\r\nCONTENT-LENGTH: 2\r\n\r\nok", 200, b"ok"),
    "without a reason": (b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok", 200, b"ok"),
    "an odd status": (b"HTTP/1.1 599 Odd\r\nContent-Length: 2\r\n\r\nok", 599, b"ok"),
    "high bytes in a value": (b"HTTP/1.1 200 OK\r\nX: caf\xc3\xa9\r\nContent-Length: 2\r\n\r\nok", 200, b"ok"),
    "spaces around a value": (b"HTTP/1.1 200 OK\r\nX: \t y \t\r\nContent-Length: 2\r\n\r\nok", 200, b"ok"),
    "cookies": (b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\nok", 200, b"ok"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer(origin, proxy, name):
    sent, status, body = ANSWERS[name]

    def script(connection):
        connection.request()
        connection.send(sent)

    with H2Client(proxy(origin(script).address).address()) as client:
        got = client.ask()
        assert (got.status, bytes(got.body), got.complete) == (status, body, True), got
        if name == "cookies":
            assert got.all("set-cookie") == ["a=1", "b=2"]
        if name == "spaces around a value":
            assert got.get("x") == "y"
        if name == "high bytes in a value":
            assert got.get("x") == "caf\xc3\xa9"
        if name == "capitals in names":
            assert got.get("x-upper-case") == "VALUE"


@pytest.mark.parametrize("count, size", [(60, 1000), (190, 330), (1, 65000), (198, 320)])
def test_a_large_head_of_an_answer(origin, proxy, count, size):
    """What goes over HTTP/1 goes over HTTP/2; if it does not, the client is told."""
    fields = [f"x-{i:03}: " + "y" * size for i in range(count)]
    front = proxy(origin(serving(lambda r, c: ok(b"x", *(fields if r.target == "/large" else [])))).address)
    assert once(front.address(), "/large").status == 200
    with H2Client(front.address()) as client:
        got = client.ask("/large")
        assert got.status in (200, 502), got
        if got.status == 200:
            assert got.get("x-000") == "y" * size and len(got.fields) >= count
        assert client.ask("/x").status == 200


CUT = {
    "a length": b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"x" * 100_000,
    "a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n30d40\r\n" + b"x" * 100_000,
    "between chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n" + b"x" * 100_000 + b"\r\n",
    "a bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n" + b"x" * 100_000 + b"\r\nzz\r\n",
}


@pytest.mark.parametrize("name", CUT)
def test_an_answer_that_is_cut_does_not_look_whole(origin, proxy, name):
    """Its stream is reset; the others go on."""

    def script(connection):
        while request := connection.request():
            if request.target == "/ok":
                connection.send(ok())
            else:
                connection.send(CUT[name])
                assert connection.origin.seen.wait(PATIENCE)
                return

    backend = origin(script)
    backend.seen = threading.Event()
    with H2Client(proxy(backend.address).address()) as client:
        stream = client.begin()
        if name != "a bad chunk":
            client.until(lambda: stream in client.streams and len(client.streams[stream].body) == 100_000, "what there is")
        backend.seen.set()
        got = client.answer(stream)
        assert got.reset not in (None, NO_ERROR) and not got.complete or got.status == 502, got
        assert client.ask("/ok").status == 200


# ---- answers of our own


def test_answers_of_our_own(origin, fairlead):
    dead = Refusing()
    config = {
        "workers": 1,
        "listeners": {"web": {"bind": "127.0.0.1:<web>", "routes": [
            {"match": "/dead", "pool": "dead"}, {"match": "/none", "pool": "none"}, {"match": "/said", "respond": {"status": 203, "body": "said"}},
            {"match": "/moved", "redirect": {"to": "https://b.example{uri}", "status": 308}}]}},
        "pools": {"dead": pool(dead.address, passive="off"), "none": {"health": {"http": "/", "interval": "100ms"}, "backends": [dead.address]}},
    }
    with dead, H2Client(fairlead(config, ready="/health").address()) as client:
        assert problem(client.ask("/nowhere"), 404) == "no-route"
        assert problem(client.ask("/dead"), 502) == "connect-failed"
        eventually(lambda: client.ask("/none").status == 503, "the probes have found out")
        got = client.ask("/none")
        assert problem(got, 503) == "no-healthy-backend" and got.get("retry-after") == "1"
        assert (client.ask("/said").status, client.ask("/said").body) == (203, b"said")
        got = client.ask("/moved?x=1")
        assert (got.status, got.get("location")) == (308, "https://b.example/moved?x=1")
        got = client.ask("/nowhere", "HEAD")
        assert (got.status, got.body) == (404, b"") and int(got.get("content-length")) > 0
        got = client.ask("/nowhere", "POST", body=b"x" * 1000)
        assert problem(got, 404)
        assert problem(client.ask("/../x"), 400) == "malformed-request"
        assert client.ask("/said").body == b"said"


def test_an_answer_does_not_wait_for_the_body(origin, fairlead):
    """A client that has more to send is told to stop: RST_STREAM of no error behind the answer."""
    front = fairlead({"workers": 1, "listeners": {"web": {"bind": "127.0.0.1:<web>", "routes": [{"respond": {"status": 403, "body": "no"}}]}}})
    with H2Client(front.address()) as client:
        stream = client.begin("/x", "POST", end=False)
        got = client.answer(stream)
        assert (got.status, got.body, got.complete) == (403, b"no", True)
        client.until(lambda: got.reset is not None, "RST_STREAM")
        assert got.reset == NO_ERROR
        client.send(data(stream, b"x" * 1000, True))
        assert client.ask("/y").status == 403


@pytest.mark.parametrize("said", [b"HTTP/1.1 204 No Content\r\n\r\n", ok(b"")], ids=["204", "empty"])
@pytest.mark.parametrize("length", [None, "0", "5"])
def test_an_answer_without_a_body_ahead_of_the_requests_end(origin, proxy, said, length):
    def script(connection):
        while connection.head():
            connection.send(said)
            if length != "0":
                return connection.drain()

    with H2Client(proxy(origin(script).address).address()) as client:
        for _ in range(3):
            stream = client.begin("/x", "POST", [("content-length", length)] if length else [], end=False)
            got = client.answer(stream)
            assert got.status in (200, 204) and got.complete, got
            client.send(data(stream, b"hello" if length == "5" else b"", True))


# ---- many at once


def test_many_streams_each_get_their_own_answer(origin, proxy):
    """All answers are made at once, in any order."""
    barrier = threading.Barrier(90)

    def script(connection):
        while request := connection.request():
            barrier.wait(PATIENCE)
            connection.send(ok(request.target.encode() * 100))

    with H2Client(proxy(origin(script).address).address()) as client:
        streams = {client.begin(f"/{i}"): b"/%d" % i * 100 for i in range(90)}
        for stream, body in streams.items():
            assert client.answer(stream).body == body


def bytes_of(client):
    return sum(len(answer.body) for answer in client.streams.values())


def let(client, size):
    """So much more of all streams together."""
    wanted = bytes_of(client) + size
    client.send(window_update(0, size))
    client.until(lambda: bytes_of(client) >= wanted, f"{size} bytes more")


def test_large_bodies_take_turns(origin, proxy):
    """None waits for another to end."""
    front = proxy(origin(serving(lambda r, c: ok(BLOCK))).address)
    with H2Client(front.address(), credit=False, window=MIB) as client:
        streams = [client.begin(f"/{i}") for i in range(4)]
        client.until(lambda: bytes_of(client) == 65535, "the first window")
        assert all(client.head(stream).status == 200 for stream in streams)
        before = len(client.log)
        for _ in range(32):
            let(client, 16384)
        sizes = [sum(size for s, size in client.log[before:] if s == stream) for stream in streams]
        assert min(sizes) > 4 * 16384, sizes
        client.credit = True
        client.send(window_update(0, 1 << 30))
        for stream in streams:
            assert bytes(client.answer(stream).body) == BLOCK


def test_a_stream_without_a_window_does_not_hold_up_others(origin, proxy):
    front = proxy(origin(serving(lambda r, c: ok(BLOCK if r.target == "/big" else b"small"))).address)
    with H2Client(front.address(), window=0, credit=False) as client:
        client.send(window_update(0, 1 << 30))
        stuck = client.begin("/big")
        assert client.head(stuck).status == 200
        for _ in range(5):
            stream = client.begin("/small")
            client.send(window_update(stream, 100))
            assert client.answer(stream).body == b"small"
        assert not client.streams[stuck].body
        client.send(window_update(stuck, MIB))
        assert bytes(client.answer(stuck).body) == BLOCK


def test_a_backend_that_does_not_read_a_body_holds_up_nobody_else(origin, proxy):
    def script(connection):
        while request := connection.head():
            if request.target == "/stuck":
                assert connection.origin.gate.wait(PATIENCE * 2)
            connection.body(request)
            connection.send(ok(b"%d" % len(request.body)))

    backend = origin(script, receive_buffer=65536)
    backend.gate = threading.Event()
    front = proxy(backend.address)
    with H2Client(front.address()) as client:
        client.round_trip()
        stuck = client.begin("/stuck", "POST", end=False)
        sent = 0
        for _ in range(30):  # until there is no window left
            while (room := min(client.window_of(0), client.window_of(stuck), 16384)) > 0:
                client.spend(stuck, room)
                client.send(data(stuck, b"x" * room))
                sent += room
            client.round_trip()
        assert client.window_of(0) > 0, "one stream took the window of all of them"
        for _ in range(3):
            assert client.ask("/fine", "POST", body=b"hello").body == b"5"
        backend.gate.set()
        client.send(data(stuck, b"", True))
        assert client.answer(stuck).body == b"%d" % sent


def test_memory_while_nobody_reads(proxy, nginx):
    """100 streams, 64 MiB each, and no window."""
    front = proxy(nginx.address)
    once(front.address(), "/small.txt")
    before = front.resident()
    with H2Client(front.address(), window=0) as client:
        for _ in range(100):
            client.begin("/large.bin")
        client.until(lambda: sum(a.status == 200 for a in client.streams.values()) == 100, "100 heads", PATIENCE * 2)
        client.quiet(0.3)
        assert front.resident() - before < (32 << 10) * FACTOR
        assert once(front.address(), "/small.txt").body == b"small\n"


def test_what_is_reset_is_cancelled_at_the_backend(origin, proxy):
    def script(connection):
        while request := connection.request():
            if request.target == "/never":
                return connection.drain()
            connection.send(ok())

    backend = origin(script)
    front = proxy(backend.address)
    with H2Client(front.address()) as client:
        never = client.begin("/never")
        backend.wait_requests(1)
        client.send(rst_stream(never))
        assert backend.connections[0].done.wait(PATIENCE), "the backend goes on working for nobody"
        assert client.ask("/x").status == 200
        eventually(lambda: front.metric("fairlead_backend_active") == 0, "nothing is under way")


def test_a_client_that_goes_cancels_all_of_its_streams(origin, proxy):
    def script(connection):
        if connection.request():
            connection.drain()

    backend = origin(script)
    front = proxy(backend.address)
    with H2Client(front.address()) as client:
        for i in range(10):
            client.begin(f"/{i}")
        backend.wait_requests(10)
    for connection in backend.connections:
        assert connection.done.wait(PATIENCE)
    eventually(lambda: front.metric("fairlead_backend_active") == 0 and front.metric("fairlead_connections", listener="web") == 0, "all is over")


def test_max_streams(origin, proxy):
    def script(connection):
        while connection.request():
            connection.origin.gate.wait(PATIENCE * 2)
            connection.send(ok())

    backend = origin(script)
    backend.gate = threading.Event()
    front = proxy(backend.address, listener={"http": {"max_streams": 3}})
    with H2Client(front.address()) as client:
        running = [client.begin("/slow") for _ in range(3)]  # before it could know of a limit
        more = [client.begin("/more") for _ in range(3)]
        assert [client.answer(stream).reset for stream in more] == [REFUSED_STREAM] * 3
        assert client.settings[MAX_STREAMS] == 3
        backend.wait_requests(3)
        backend.gate.set()
        assert [client.answer(stream).status for stream in running] == [200] * 3
        assert client.ask("/more").status == 200
    assert "/more" not in [r.target for r in backend.requests[:3]]


def test_what_we_say_of_ourselves(front, client):
    client.round_trip()
    assert client.settings[MAX_STREAMS] == 100 and client.settings[CONNECT_PROTOCOL] == 1
    assert client.settings.get(2, 0) == 0 and client.acked == 1


def test_priorities_are_accepted(front, client):
    """RFC 9218: by frame and by field, ahead of the stream and behind it."""
    client.send(frame(PRIORITY_UPDATE, payload=(1).to_bytes(4, "big") + b"u=0"))
    assert client.ask("/x", fields=[("priority", "u=7, i")]).status == 200
    stream = client.begin("/y", "POST", end=False)
    client.send(frame(PRIORITY_UPDATE, payload=stream.to_bytes(4, "big") + b"u=5, i"), data(stream, b"hello", True))
    assert client.answer(stream).body == b"hello"
    assert client.ask("/z").status == 200


def test_what_is_urgent_goes_first(origin, proxy):
    """Two large bodies wait for the connection's window: the urgent one gets it."""
    front = proxy(origin(serving(lambda r, c: ok(BLOCK))).address)
    with H2Client(front.address(), credit=False, window=1 << 20, also=[(NO_PRIORITIES, 1)]) as client:
        late = client.begin("/late", fields=[("priority", "u=7")])
        soon = client.begin("/soon", fields=[("priority", "u=0")])
        client.until(lambda: bytes_of(client) == 65535, "the first window")
        assert client.head(soon).status == 200 and client.head(late).status == 200
        before = len(client.log)
        for _ in range(20):
            let(client, 16384)
        sizes = {stream: sum(size for s, size in client.log[before:] if s == stream) for stream in (late, soon)}
        assert sizes[soon] > 10 * sizes[late], sizes


# ---- what is told of it


def test_the_access_log_and_the_metrics(origin, fairlead):
    front = fairlead(one_pool(origin(serving(answer)).address, workers=1, access_log={"format": "json", "to": "./a.log"}))
    with H2Client(front.address()) as client:
        got = client.ask("/x?y=1", "POST", [("user-agent", "agent/7"), ("referer", "r")], body=b"hello")
        assert got.status == 200
        client.ask("/%00")
        eventually(lambda: (front.path.parent / "a.log").read_text().count("\n") == 2, "two lines")
        first, second = [json.loads(line) for line in (front.path.parent / "a.log").read_text().splitlines()]
        assert "HTTP/2" in str(first), first
        assert (first["method"], first["status"], first["listener"], first["pool"]) == ("POST", 200, "web", "app")
        assert "agent/7" in first.values() and first["client"].startswith("127.0.0.1"), first
        assert second["status"] == 400 and second["error"] == "malformed", second
        assert front.metric("fairlead_requests_total", listener="web", code="200") == 1
        assert front.metric("fairlead_connections", listener="web") == 1
        assert front.metric("fairlead_connections_total", listener="web") == 1
        assert front.metric("fairlead_bytes_total", listener="web") > 100
    eventually(lambda: front.metric("fairlead_connections", listener="web") == 0, "the connection is counted out")


def test_bodies_are_counted_in_bytes(origin, fairlead):
    front = fairlead(one_pool(origin(serving(answer)).address, workers=1))
    with H2Client(front.address()) as client:
        client.ask("/x", "POST", body=BLOCK[:200_000])
    def counted():
        found = [value for labels, value in front.metrics()["fairlead_bytes_total"] if labels["listener"] == "web"]
        return len(found) == 2 and all(200_000 < value < 210_000 for value in found)

    eventually(counted, "as many bytes each way")


# ---- how a connection ends


def slow_backend(origin):
    def script(connection):
        while request := connection.request():
            if request.target == "/slow":
                connection.origin.gate.wait(PATIENCE * 2)
            connection.send(ok(request.target.encode()))

    backend = origin(script)
    backend.gate = threading.Event()
    return backend


def test_a_stop_lets_streams_end(origin, proxy):
    """GOAWAY twice: first that we are about to go, then the last stream; what runs is answered."""
    backend = slow_backend(origin)
    front = proxy(backend.address)
    with H2Client(front.address()) as client, H2Client(front.address()) as idle:
        assert idle.ask("/x").status == 200
        slow = client.begin("/slow")
        backend.wait_requests(2)
        front.signal(signal.SIGTERM)
        client.until(lambda: client.goaways, "GOAWAY")
        assert client.goaways[0][:2] == ((1 << 31) - 1, NO_ERROR)
        assert client.ask("/late").status == 200, "what was on its way is still served"
        client.until(lambda: len(client.goaways) == 2, "the second GOAWAY")
        assert client.goaways[1][:2] == (3, NO_ERROR)
        idle.end()
        assert idle.goaways and idle.goaways[-1][:2] == (1, NO_ERROR), idle.goaways
        assert front.running()
        backend.gate.set()
        assert client.answer(slow).body == b"/slow"
        assert client.end() == "end"
    front.wait()


def test_a_stop_breaks_off_what_does_not_end(origin, proxy):
    backend = slow_backend(origin)
    front = proxy(backend.address, run={"drain": "1s"})
    with H2Client(front.address()) as client:
        slow = client.begin("/slow")
        backend.wait_requests(1)
        front.signal(signal.SIGTERM)
        got = client.answer(slow)
        assert not got.complete or problem(got, 503) == "draining"
    front.wait()
    backend.gate.set()


def test_max_connection_age(origin, proxy):
    backend = slow_backend(origin)
    front = proxy(backend.address, listener={"http": {"max_connection_age": "300ms"}})
    with H2Client(front.address()) as client:
        slow = client.begin("/slow")
        client.until(lambda: len(client.goaways) == 2, "GOAWAY twice")
        assert client.goaways[1][:2] == (1, NO_ERROR)
        assert client.ended is None
        backend.gate.set()
        assert client.answer(slow).body == b"/slow"
        assert client.end() == "end"
    with H2Client(front.address()) as client:
        assert client.ask("/x").status == 200
        client.end()
        assert [code for _, code, _ in client.goaways] == [0, 0]


def test_idle_timeout(origin, proxy):
    front = proxy(origin(serving(answer)).address, listener={"idle_timeout": "300ms"})
    with H2Client(front.address()) as client:
        assert client.ask("/x").status == 200
        client.end()
        assert client.goaways[-1][:2] == (1, NO_ERROR), client.goaways


def test_a_ping_does_not_keep_an_idle_connection(origin, proxy):
    front = proxy(origin(serving(answer)).address, listener={"idle_timeout": "300ms"})
    with H2Client(front.address()) as client:
        for _ in range(int(100 * FACTOR)):
            if not client.round_trip():
                break
            client.quiet(0.05)
        assert client.ended is not None


def test_idle_timeout_does_not_end_what_runs(origin, proxy):
    backend = slow_backend(origin)
    front = proxy(backend.address, listener={"idle_timeout": "200ms"})
    with H2Client(front.address()) as client:
        slow = client.begin("/slow")
        client.quiet(0.6)
        assert client.ended is None and not client.goaways
        backend.gate.set()
        assert client.answer(slow).status == 200


@pytest.mark.parametrize("sent", [
    b"", PREFACE[:5], PREFACE[:20], PREFACE, PREFACE + settings() + frame(HEADERS, END_STREAM, 1, block(pseudo())[:5]),
    PREFACE + settings() + frame(HEADERS, END_HEADERS, 1, block(pseudo()))[:12], PREFACE + settings()[:4],
], ids=["nothing", "half a preface", "most of a preface", "a preface alone", "half a head", "half a frame", "half of SETTINGS"])
def test_header_timeout(origin, proxy, sent):
    """Whoever begins and does not go on is shed."""
    backend = origin()
    front = proxy(backend.address, listener={"http": {"header_timeout": "300ms"}, "idle_timeout": "3s"})
    with Client(front.address()) as client:
        if sent:
            client.send(sent)
        began = time.monotonic()
        client.rest()
        limit = 3 if sent.endswith(settings()[:4]) or len(sent) > 40 else 2
        assert time.monotonic() - began < (limit + 3) * FACTOR
    assert not backend.requests


def test_a_head_that_does_not_come_to_its_end_is_shed_while_others_are_served(origin, proxy):
    """Other streams do not extend its time."""
    backend = slow_backend(origin)
    front = proxy(backend.address, listener={"http": {"header_timeout": "300ms"}})
    with H2Client(front.address()) as client:
        client.begin("/slow")
        client.send(frame(HEADERS, END_STREAM, 3, block(pseudo())[:5]))
        client.end()
    backend.gate.set()


def test_body_timeout(origin, proxy):
    """A body of which nothing comes: 408 on its stream; the others go on."""
    front = proxy(origin(serving(answer)).address, listener={"http": {"body_timeout": "300ms"}})
    with H2Client(front.address()) as client:
        stream = client.begin("/x", "POST", end=False)
        client.send(data(stream, b"hello"))
        problem(client.answer(stream), 408)
        assert client.ask("/y").status == 200


def test_a_client_that_takes_nothing_is_cut(origin, proxy):
    """Its stream alone, after body_timeout; the connection stays."""
    front = proxy(origin(serving(lambda r, c: ok(BLOCK if r.target == "/big" else b"small"))).address, listener={"http": {"body_timeout": "300ms"}})
    with H2Client(front.address(), window=1000, credit=False) as client:
        stream = client.begin("/big")
        got = client.answer(stream)
        assert got.reset not in (None, NO_ERROR) and len(got.body) == 1000, got
        assert client.ask("/small").body == b"small"


# ---- which versions are spoken


def alpn(front, ca, *offered):
    context = trusting(ca)
    if offered:
        context.set_alpn_protocols([*offered])
    with TlsClient(front.address(), context) as client:
        return client.sock.selected_alpn_protocol()


def test_by_default_the_client_chooses(front, ca):
    for offered, chosen in ((("h2", "http/1.1"), "h2"), (("http/1.1", "h2"), "h2"), (("http/1.1",), "http/1.1"), (("h2",), "h2"), ((), None)):
        context = trusting(ca)
        if offered:
            context.set_alpn_protocols([*offered])
        with TlsClient(front.address("secure"), context) as client:
            assert client.sock.selected_alpn_protocol() == chosen, offered
    with TlsClient(front.address("secure"), trusting(ca)) as client:
        assert client.ask("/x").status == 200


def test_http1_over_a_connection_that_agreed_on_http2(front, ca):
    with TlsClient(front.address("secure"), over_tls(trusting(ca))) as client:
        client.send(request("/smuggled"))
        client.rest()
    assert not any(seen.target == "/smuggled" for seen in front.backend.requests)


def test_http2_over_a_connection_that_agreed_on_http1(front, ca):
    context = trusting(ca)
    context.set_alpn_protocols(["http/1.1"])
    with TlsClient(front.address("secure"), context, timeout=2 * FACTOR) as client:
        client.send(PREFACE + settings() + get(1, "/smuggled"))
        problem(client.final(), {400, 505})
    assert not any(seen.target == "/smuggled" for seen in front.backend.requests)


def test_http1_alone(origin, fairlead, files, ca):
    backend = origin(serving(answer))
    front = fairlead(one_pool(backend.address, workers=1, listener={"http": {"versions": [1.1]}}))
    with Client(front.address()) as client:
        client.send(PREFACE + settings() + get(1))
        problem(client.final(), 505)
        client.rest()
    front = fairlead(one_pool(backend.address, workers=1, listener={"http": {"versions": [1.1]}, "tls": files["tls"]}))
    assert alpn(front, ca, "h2", "http/1.1") == "http/1.1"
    with pytest.raises(ssl.SSLError):
        alpn(front, ca, "h2")
    assert not backend.requests


def test_http2_alone(origin, fairlead, files, ca):
    backend = origin(serving(answer))
    front = fairlead(one_pool(backend.address, workers=1, listener={"http": {"versions": [2]}}))
    with Client(front.address()) as client:
        client.send(request("/"))
        problem(client.final(), 505)
        client.expect_closed()
    with H2Client(front.address()) as client:
        assert client.ask("/x").status == 200
    front = fairlead(one_pool(backend.address, workers=1, listener={"http": {"versions": [2]}, "tls": files["tls"]}))
    assert alpn(front, ca, "http/1.1", "h2") == "h2"
    with pytest.raises(ssl.SSLError):
        alpn(front, ca, "http/1.1")
    with TlsClient(front.address(), trusting(ca)) as client:  # nothing is said of a version
        client.send(request("/"))
        assert client.final().status == 505
    assert len(backend.requests) == 1


def test_a_preface_that_comes_in_pieces(front):
    with H2Client(front.address(), greet=False) as client:
        for byte in PREFACE + settings():
            client.send(bytes([byte]))
            time.sleep(0.001)
        assert client.ask("/x").status == 200


def test_a_preface_behind_a_request_of_http1(front):
    """It is too late for that."""
    with Client(front.address()) as client:
        assert client.ask("/x").status == 200
        client.send(PREFACE + settings() + get(1, "/smuggled"))
        client.rest()
    assert last(front).target == "/x"


# ---- reloads


def test_a_reload_with_a_connection_open(origin, fairlead):
    one, two = slow_backend(origin), origin(serving(lambda r, c: ok(b"two")))
    front = fairlead(one_pool(one.address, workers=1))
    with H2Client(front.address()) as client:
        slow = client.begin("/slow")
        one.wait_requests(1)
        front.reload(one_pool(two.address, workers=1))
        assert client.ask("/x").body == b"two"
        one.gate.set()
        assert client.answer(slow).body == b"/slow"
        assert not client.goaways and client.ended is None


def test_a_reload_that_drops_the_listener_drains_it(origin, fairlead):
    backend = slow_backend(origin)
    front = fairlead(one_pool(backend.address, workers=1))
    config = one_pool(backend.address, workers=1)
    config["listeners"]["other"] = {**config["listeners"].pop("web"), "bind": "127.0.0.1:<other>"}
    with H2Client(front.address()) as client:
        slow = client.begin("/slow")
        backend.wait_requests(1)
        front.reload(config)
        client.until(lambda: client.goaways, "GOAWAY")
        backend.gate.set()
        assert client.answer(slow).body == b"/slow"
        assert client.end() == "end"


def test_a_client_that_reads_in_small_pieces_is_no_flood(origin, proxy):
    """Two larger windows for every 4 KiB, as some of the most used clients do."""
    body = bytes(20_000_000)
    front = proxy(origin(serving(lambda r, c: ok(body))).address)
    with H2Client(front.address(), window=4 << 20, piece=4096) as client:
        got = client.ask("/")
        assert got.complete and len(got.body) == len(body)


@pytest.mark.parametrize("size", [1, 5])
def test_a_body_byte_by_byte_is_no_flood(origin, proxy, size):
    backend = origin(serving(lambda r, c: ok(bytes(r.body))))
    with H2Client(proxy(backend.address).address()) as client:
        stream = client.begin("/", "POST", end=False)
        for _ in range(3000):
            client.send(data(stream, b"x" * size))
            time.sleep(0.0003)
        client.send(data(stream, b"", END_STREAM))
        assert client.answer(stream).body == b"x" * 3000 * size
