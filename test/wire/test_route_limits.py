"""Limits and buffers of routes: max_body, max_connections, buffer."""
import socket
import threading
import time

import pytest

from edited import one_route
from fairlead import problem
from origin import ok, serving
from raw import chunked, once, request
from timing import eventually


@pytest.fixture
def front(origin, fairlead):
    def start(script=None, **route):
        backend = origin(script)
        return fairlead(one_route(backend.address, **route)), backend

    return start


# ---- max_body


def test_a_body_that_is_said_to_be_too_large_is_not_read(front):
    proxy, backend = front(max_body="10B")
    with proxy.client() as client:
        client.send(request("/", "POST", ["Expect: 100-continue", "Content-Length: 11"]))
        answer = client.final()
    assert problem(answer, 413) == "body-too-large"
    assert answer.get("connection") == "close" and not backend.requests
    assert once(proxy.address(), method="POST", body=b"0123456789").status == 200
    assert proxy.metric("fairlead_route_refused_total", reason="max_body") == 1


def test_a_body_that_grows_too_large_is_not_passed_on(front):
    proxy, backend = front(max_body="10B")
    with proxy.client() as client:
        client.send(request("/", "POST", ["Transfer-Encoding: chunked"]) + b"5\r\nhello\r\n")
        backend.wait_requests(0)
        client.send_what_goes(b"6\r\nworld!\r\n0\r\n\r\n")
        problem(client.final(), 413)
    eventually(lambda: all(c.done.is_set() for c in backend.used()), "the backend's connections end")
    assert all(b"world!" not in c.received for c in backend.used())
    with proxy.client() as client:
        client.send(request("/", "POST", ["Transfer-Encoding: chunked"]) + chunked(b"01234", b"56789"))
        assert client.final().status == 200


# ---- max_connections


def test_a_route_serves_so_many_at_once(front):
    leave = threading.Event()

    def script(connection):
        while connection.request():
            leave.wait(20)
            connection.send(ok())

    proxy, backend = front(script, max_connections=2)
    with proxy.client() as one, proxy.client() as two:
        one.send(request("/"))
        two.send(request("/"))
        backend.wait_requests(2)
        answer = once(proxy.address())
        assert problem(answer, 503) == "route-full" and answer.get("retry-after") == "1"
        assert proxy.metric("fairlead_route_active") == 2
        leave.set()
        assert (one.final().status, two.final().status) == (200, 200)
    assert once(proxy.address()).status == 200
    assert proxy.metric("fairlead_route_refused_total", reason="max_connections") == 1
    eventually(lambda: proxy.metric("fairlead_route_active") == 0, "nobody is there any more")


# ---- buffer


def test_a_buffered_request_is_sent_when_it_is_whole(front):
    proxy, backend = front(buffer={"request": "64KiB"})
    with proxy.client() as client:
        client.send(request("/", "POST", ["Transfer-Encoding: chunked"]) + b"5\r\nhello\r\n")
        time.sleep(0.3)
        assert not backend.used()
        client.send(b"6\r\n world\r\n0\r\n\r\n")
        assert client.final().status == 200
    seen = backend.requests[0]
    assert (seen.get("content-length"), seen.get("transfer-encoding"), seen.body) == ("11", None, b"hello world")


def test_a_longer_request_streams_behind_its_buffer(front):
    proxy, backend = front(buffer={"request": "1KiB"})
    body = bytes(range(256)) * 400
    assert once(proxy.address(), method="POST", body=body).status == 200
    assert backend.requests[0].body == body


def test_a_buffered_request_tells_its_client_to_go_on(front):
    proxy, backend = front(buffer={"request": "64KiB"})
    with proxy.client() as client:
        client.send(request("/", "POST", ["Expect: 100-continue", "Content-Length: 5"]))
        assert client.head().status == 100
        client.send(b"hello")
        assert client.final().status == 200
    assert backend.requests[0].body == b"hello" and not backend.requests[0].all("expect")


def test_a_buffered_request_is_given_to_another_backend(origin, fairlead):
    """Its body had not come with its head, and was sent to one that broke off."""

    def breaks_off(connection):
        connection.request()
        connection.reset()

    bad, good = origin(breaks_off), origin()
    config = one_route(bad.address, good.address, buffer={"request": "64KiB"}, retry={"attempts": 2})
    config["pools"]["app"]["balance"] = "round_robin"
    config["pools"]["app"]["passive"] = "off"
    proxy = fairlead(config)
    for _ in range(2):
        with proxy.client() as client:
            client.send(request("/", "PUT", ["Content-Length: 5"]))
            time.sleep(0.1)
            client.send(b"hello")
            assert client.final().status == 200
    assert [r.body for r in good.requests] == [b"hello", b"hello"] and bad.used()


def test_a_slow_reader_does_not_keep_the_backend(front):
    body = b"x" * (1 << 20)
    proxy, backend = front(serving(lambda request, connection: ok(body)), buffer={"response": "2MiB"})
    with proxy.client(receive_buffer=4096) as client:
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.send(request("/"))
        backend.wait_requests(1)
        eventually(lambda: proxy.metric("fairlead_backend_requests_total", code="200") == 1, "the backend is done")
        eventually(lambda: proxy.metric("fairlead_backend_active") == 0, "the backend is free")
        answer = client.final()
    assert answer.complete and answer.body == body


def test_a_response_streams_through_its_buffer(front):
    """Nothing is held back, and what is longer than the buffer arrives whole."""
    go_on = threading.Event()

    def script(connection):
        while connection.request():
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            go_on.wait(20)
            connection.send(chunked(b"y" * 300_000))

    proxy, _ = front(script, buffer={"response": "1KiB"})
    with proxy.client() as client:
        client.send(request("/"))
        client.until(b"hello")
        go_on.set()
        rest = client.until(b"\r\n0\r\n\r\n")
    assert rest.count(b"y") == 300_000
