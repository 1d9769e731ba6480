"""Copies of requests for another pool: never in the way of the original."""
import base64
import threading
import time

import pytest

from edited import one_route
from fairlead import pool
from h2_backend import echoing_h2, speaking_h2
from h2_frames import H2Client
from origin import Refusing, ok, serving
from raw import chunked, once, request
from timing import eventually


@pytest.fixture
def front(origin, fairlead):
    """`front(shadow, **mirror)`: a proxy, its backend, and who gets the copies."""

    def start(shadow=None, address=None, route=None, **mirror):
        backend, copies = origin(), None if address else origin(shadow)
        config = one_route(
            backend.address,
            mirror={"pool": "shadow", **mirror},
            pools={"shadow": pool(address or copies.address)},
            **(route or {}),
        )
        return fairlead(config), backend, copies

    return start


def mirrored(proxy, result, count=1):
    eventually(lambda: proxy.metric("fairlead_mirrored_total", result=result) == count, f"{count} {result}")


def test_a_copy_is_the_request_that_the_backend_gets(front):
    proxy, backend, copies = front(route={"rewrite": {"path": {"strip_prefix": "/api"}},
                                          "request_headers": {"set": {"x-tier": "gold"}}})
    assert once(proxy.address(), "/api/1?a=b", fields=["X-A: 1"]).status == 200
    mirrored(proxy, "answered")
    original, copy = backend.requests[0], copies.requests[0]
    assert (copy.method, copy.target) == (original.method, original.target) == ("GET", "/1?a=b")
    assert sorted(copy.fields) == sorted([*original.fields, ("x-fairlead-mirror", "1")])


def test_nobody_claims_to_be_a_copy(front):
    proxy, backend, copies = front()
    fields = ["X-Fairlead-Mirror: 7", "x_fairlead_mirror: 7"]
    assert once(proxy.address(), fields=fields).status == 200
    mirrored(proxy, "answered")
    assert not [name for name, _ in backend.requests[0].fields if "mirror" in name.lower()]
    assert [each for each in copies.requests[0].fields if "mirror" in each[0].lower()] == [("x-fairlead-mirror", "1")]


@pytest.mark.parametrize("coding", ["length", "chunked"])
def test_a_copy_has_the_body(front, coding):
    proxy, backend, copies = front()
    body = bytes(range(256)) * 1000
    with proxy.client() as client:
        if coding == "length":
            client.send(request("/", "POST", body=body))
        else:
            client.send(request("/", "POST", ["Transfer-Encoding: chunked"]) + chunked(body[:1000], body[1000:]))
        assert client.final().status == 200
    mirrored(proxy, "answered")
    assert backend.requests[0].body == copies.requests[0].body == body


@pytest.mark.parametrize("coding", ["length", "chunked"])
def test_a_large_body_is_not_copied(front, coding):
    proxy, backend, copies = front(max_body="1KiB")
    body = b"x" * 1025
    with proxy.client() as client:
        if coding == "length":
            client.send(request("/", "POST", body=body))
        else:
            client.send(request("/", "POST", ["Transfer-Encoding: chunked"]) + chunked(body))
        assert client.final().status == 200
    mirrored(proxy, "too-large")
    assert backend.requests[0].body == body and not copies.used()


def test_a_body_that_is_cut_is_not_copied(front):
    proxy, backend, copies = front()
    with proxy.client() as client:
        client.send(request("/", "POST", ["Content-Length: 10"]) + b"hello")
        eventually(lambda: backend.used(), "the backend hears of it")
        client.reset()
    mirrored(proxy, "incomplete")
    assert not copies.used()


def test_a_silent_shadow_delays_nobody_and_is_bounded(front):
    def silent(connection):
        connection.request()
        connection.drain()

    proxy, backend, copies = front(silent, limit=3)
    began = time.monotonic()
    for _ in range(10):
        assert once(proxy.address()).status == 200
    assert time.monotonic() - began < 5
    mirrored(proxy, "busy", 7)
    assert len(backend.requests) == 10


def test_a_shadow_that_refuses_fails_nobody(front, stack):
    gone = stack.enter_context(Refusing())
    proxy, backend, _ = front(address=gone.address)
    for _ in range(3):
        assert once(proxy.address()).status == 200
    eventually(lambda: proxy.metric("fairlead_mirrored_total") == 3, "three copies are counted")
    assert proxy.metric("fairlead_mirrored_total", result="answered") == 0


def test_responses_of_the_shadow_are_read_and_thrown_away(front):
    proxy, backend, copies = front(serving(lambda request, connection: ok(b"z" * (4 << 20), status="500 No")))
    for count in (1, 2, 3):
        answer = once(proxy.address())
        assert (answer.status, answer.body) == (200, b"ok")
        mirrored(proxy, "answered", count)
    assert proxy.metric("fairlead_backend_requests_total", pool="shadow", code="500") == 3
    assert len(copies.used()) == 1, "the connection is used again"


def test_a_copy_has_no_cookie_of_ours(origin, fairlead):
    """What docs/sticky.md and docs/split.md keep from the backend is no business of its mirror's either."""
    backend, copies = origin(), origin()
    config = one_route(pool=None, split={"app": 100}, sticky={"cookie": "side"}, mirror="shadow",
                       pools={"app": pool(backend.address, sticky="srv"), "shadow": pool(copies.address)})
    del config["listeners"]["web"]["routes"][0]["pool"]
    proxy = fairlead(config)
    cookies = [each.split(";")[0] for each in once(proxy.address()).all("set-cookie")]
    assert sorted(each.split("=")[0] for each in cookies) == ["side", "srv"]
    assert once(proxy.address(), fields=["Cookie: " + "; ".join(["a=1", *cookies, "b=2"])]).status == 200
    mirrored(proxy, "answered", 2)
    assert backend.requests[1].all("cookie") == copies.requests[1].all("cookie") == ["a=1; b=2"]


def test_a_copy_of_a_browsers_call_is_one_of_grpc(origin, fairlead):
    def answer(call, peer):
        peer.reply(call.stream, b"", ("content-type", "application/grpc"), trailers=[("grpc-status", "0")])

    backend, copies = origin(speaking_h2(answer)), origin(speaking_h2(answer))
    config = one_route(mirror="shadow", pools={"app": pool(backend.address, protocol="h2"),
                                               "shadow": pool(copies.address, protocol="h2")})
    proxy = fairlead(config)
    message = b"\0\0\0\0\5hello"
    answer = once(proxy.address(), "/a.B/C", "POST", ["Content-Type: application/grpc-web-text"],
                  base64.b64encode(message))
    assert answer.get("content-type") == "application/grpc-web-text"
    mirrored(proxy, "answered")
    original, copy = backend.requests[0], copies.requests[0]
    assert copy.get("content-type") == original.get("content-type") == "application/grpc"
    assert copy.get("te") == original.get("te") == "trailers"
    assert bytes(copy.body) == bytes(original.body) == message


def test_copies_share_a_connection_that_is_being_made(origin, fairlead):
    """A burst at a shadow of HTTP/2 that nobody has connected to yet."""
    backend, copies = origin(), origin(speaking_h2(echoing_h2))
    proxy = fairlead(one_route(backend.address, mirror="shadow",
                               pools={"shadow": pool(copies.address, protocol="h2")}))
    with H2Client(proxy.address()) as client:
        streams = [client.begin(f"/{i}") for i in range(40)]
        assert all(client.answer(stream).status == 200 for stream in streams)
    mirrored(proxy, "answered", 40)
    assert len(copies.used()) == 1


def test_a_share_of_the_requests_is_copied(front):
    proxy, backend, copies = front(percent=50)
    with proxy.client() as client:
        for _ in range(200):
            assert client.ask("/").status == 200
    count = eventually(lambda: proxy.metric("fairlead_mirrored_total", result="answered"), "copies")
    assert 50 < count < 150


def test_copies_end_with_the_process(origin, fairlead):
    """A shadow that never answers does not keep a drain waiting."""
    hanging = threading.Event()

    def silent(connection):
        connection.request()
        hanging.set()
        connection.drain()

    backend, shadow = origin(), origin(silent)
    proxy = fairlead(one_route(backend.address, mirror="shadow", pools={"shadow": pool(shadow.address)}), drain="30s")
    assert once(proxy.address()).status == 200
    assert hanging.wait(10)
    began = time.monotonic()
    proxy.stop()
    assert time.monotonic() - began < 15


def test_a_reload_keeps_what_is_under_way(front):
    proxy, backend, copies = front(serving(lambda request, connection: time.sleep(0.5) or ok()))
    assert once(proxy.address()).status == 200
    copies.wait_requests(1)
    proxy.reload({**one_route(backend.address)})
    assert once(proxy.address()).status == 200
    assert len(copies.requests) == 1
