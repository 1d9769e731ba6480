"""Which fields cross the proxy: hop by hop ones do not, ours are added, all others stay as they are."""
import re

import pytest

from origin import ok, ok_chunked, serving
from raw import chunked, once, request

HOP_BY_HOP = [
    "Connection: keep-alive",
    "Keep-Alive: timeout=5",
    "Proxy-Connection: keep-alive",
    "TE: gzip",
    "Trailer: X-T",
    "Upgrade: h2c",
    "Proxy-Authorization: Basic eA==",
]


def seen_by(origin, proxy, *fields, path="/", **options):
    """The request as the backend received it."""
    backend = origin()
    front = proxy(backend.address, **options)
    assert once(front.address(), path, fields=fields).status == 200
    return backend.requests[0]


def test_hop_by_hop_fields_do_not_reach_the_backend(origin, proxy):
    seen = seen_by(origin, proxy, *HOP_BY_HOP, "X-Kept: 1")
    for line in HOP_BY_HOP:
        name = line.partition(":")[0]
        if name != "Connection":
            assert not seen.all(name), name
    assert set(seen.all("connection")) <= {"keep-alive"} and seen.get("x-kept") == "1"


@pytest.mark.parametrize(
    "connection", ["X-Secret", "x-secret", "keep-alive, X-Secret", "close,x-secret ,  x-other", ", X-Secret,"]
)
def test_fields_named_by_connection_do_not_reach_the_backend(origin, proxy, connection):
    seen = seen_by(origin, proxy, f"Connection: {connection}", "X-Secret: 1", "X-Kept: 2")
    assert not seen.all("x-secret") and seen.get("x-kept") == "2"


@pytest.mark.parametrize(
    "name", ["Host", "Content-Length", "Authorization", "Cookie", "X-Forwarded-For", "X-Request-Id", "Cache-Control"]
)
def test_connection_cannot_strip_what_the_request_needs(origin, proxy, name):
    """`Connection: host` must not make the backend see a request without it, nor `x-forwarded-for` hide a client."""
    backend = origin()
    front = proxy(backend.address)
    fields = [f"Connection: {name}", "Authorization: Basic eA==", "Cookie: a=b", "Cache-Control: no-store"]
    with front.client() as client:
        answer = client.ask("/", "POST", fields, b"hello")
    if answer.status == 400:
        assert not backend.requests
        return
    seen = backend.requests[0]
    assert (seen.body, seen.get("host")) == (b"hello", "example.test")
    assert seen.all("x-forwarded-for") or seen.all("forwarded")
    assert seen.get("x-request-id")


def test_hop_by_hop_fields_do_not_reach_the_client(origin, proxy):
    fields = [
        "Connection: X-Secret, keep-alive",
        "X-Secret: 1",
        "Keep-Alive: timeout=5",
        "Proxy-Connection: keep-alive",
        "Upgrade: h2c",
        "TE: trailers",
        "X-Kept: 2",
    ]
    answer = once(proxy(origin(serving(lambda r, c: ok(b"x", *fields))).address).address())
    for name in ("x-secret", "keep-alive", "proxy-connection", "upgrade", "te"):
        assert not answer.all(name), name
    assert answer.get("x-kept") == "2" and set(answer.all("connection")) <= {"keep-alive", "close"}


def test_the_order_of_equal_fields_is_kept_both_ways(origin, proxy):
    backend = origin(
        serving(lambda r, c: ok(b"x", "Set-Cookie: a=1", "X-O: 1", "Set-Cookie: b=2", "X-O: 2", "set-cookie: c=3"))
    )
    answer = once(proxy(backend.address).address(), fields=["X-A: 1", "Accept: x", "X-A: 2", "x-a: 3"])
    assert backend.requests[0].all("x-a") == ["1", "2", "3"]
    assert answer.all("set-cookie") == ["a=1", "b=2", "c=3"] and answer.all("x-o") == ["1", "2"]


def test_odd_but_legal_fields_are_kept(origin, proxy):
    seen = seen_by(
        origin,
        proxy,
        "X-Empty:",
        "X-NoSpace:1",
        "X-Spaces:  \t two  words \t ",
        "X-Latin: caf\xe9",
        "x!#$%&'*+-.^_`|~: 1",
        "X-Colon: a:b: c",
        'X-Quote: "a, b\\""',
    )
    assert seen.get("x-empty") == "" and seen.get("x-nospace") == "1" and seen.get("x-spaces") == "two  words"
    assert seen.get("x-latin") == "caf\xe9" and seen.get("x!#$%&'*+-.^_`|~") == "1"
    assert seen.get("x-colon") == "a:b: c" and seen.get("x-quote") == '"a, b\\""'


@pytest.mark.parametrize(
    "field", ["CONTENT-LENGTH: 5", "content-length:5", "Content-Length: \t5 ", "Content-length: 005"]
)
def test_a_length_in_any_dress_is_sent_on_in_one(origin, proxy, field):
    backend = origin(serving(lambda r, c: ok(r.body)))
    with proxy(backend.address).client() as client:
        answer = client.send(request("/", "POST", [field]) + b"hello").final()
        if answer.status != 400:  # leading zeros may be refused
            assert answer.body == b"hello" and backend.requests[0].get("content-length") == "5"
        else:
            assert "005" in field and not backend.requests


# ---- who asked

FORWARDED = [
    "X-Forwarded-For: 198.51.100.7",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Host: evil.test",
    "Forwarded: for=198.51.100.7;proto=https",
    "X-Request-Id: chosen-by-client",
]


def test_the_client_is_named_to_the_backend(origin, proxy):
    seen = seen_by(origin, proxy)
    assert seen.get("host") == "example.test"
    if seen.all("x-forwarded-for"):
        assert seen.get("x-forwarded-for") == "127.0.0.1"
        assert seen.get("x-forwarded-proto") == "http" and seen.get("x-forwarded-host") == "example.test"
    else:
        assert re.search(r"for=\"?127\.0\.0\.1\"?", seen.get("forwarded"))
    assert re.fullmatch(r"[\w.-]{8,64}", seen.get("x-request-id"))


def test_each_request_has_its_own_id(origin, proxy):
    backend = origin()
    with proxy(backend.address, workers=2).client() as client:
        for _ in range(50):
            client.ask()
    assert len({r.get("x-request-id") for r in backend.requests}) == 50


def test_a_stranger_is_not_believed(origin, proxy):
    seen = seen_by(origin, proxy, *FORWARDED)
    text = repr(seen.fields)
    for word in ("198.51.100.7", "evil.test", "chosen-by-client"):
        assert word not in text, text
    assert seen.get("x-forwarded-proto") in ("http", None)


def test_a_stranger_cannot_add_a_second_line(origin, proxy):
    seen = seen_by(origin, proxy, "X-Forwarded-For: 1.1.1.1", "x-forwarded-for: 2.2.2.2", "X-FORWARDED-FOR: 3.3.3.3")
    assert seen.all("x-forwarded-for") in (["127.0.0.1"], [])


def test_a_trusted_proxy_is_believed(origin, proxy):
    seen = seen_by(
        origin, proxy, *[f for f in FORWARDED if not f.startswith("Forwarded")], trusted_proxies=["127.0.0.0/8"]
    )
    assert seen.get("x-request-id") == "chosen-by-client"
    if seen.all("x-forwarded-for"):
        assert ", ".join(seen.all("x-forwarded-for")) == "198.51.100.7, 127.0.0.1"
        assert seen.get("x-forwarded-proto") == "https" and seen.get("x-forwarded-host") == "evil.test"
    else:
        assert "198.51.100.7" in seen.get("forwarded") and "https" in seen.get("forwarded")


def test_trust_is_for_the_listed_networks_alone(origin, proxy):
    seen = seen_by(origin, proxy, *FORWARDED, trusted_proxies=["10.0.0.0/8", "127.9.9.9/32"])
    assert "198.51.100.7" not in repr(seen.fields) and seen.get("x-request-id") != "chosen-by-client"


def test_an_absurd_request_id_is_replaced_even_from_a_trusted_proxy(origin, proxy):
    seen = seen_by(origin, proxy, "X-Request-Id: " + "x" * 10_000, trusted_proxies=["127.0.0.0/8"])
    assert len(seen.get("x-request-id")) <= 1024


# ---- trailers

# RFC 9110 6.5.1: what frames, routes, authenticates or steers may not stand there.
DECIDING = [
    "Content-Length: 5",
    "Transfer-Encoding: chunked",
    "Host: evil.test",
    "Connection: close",
    "Authorization: Basic eA==",
    "Cookie: a=b",
    "X-Forwarded-For: 9.9.9.9",
    "X-Request-Id: evil",
    "Forwarded: for=9.9.9.9",
    "Content-Type: text/html",
    "Trailer: x",
]


@pytest.mark.parametrize("trailer", DECIDING)
def test_a_trailer_cannot_become_a_field_that_decides(origin, proxy, trailer):
    """It is refused or dropped, in either direction; a harmless one beside it does not save it."""
    lines = f"X-Sum: 1\r\n{trailer}\r\n".encode()
    backend = origin(serving(lambda r, c: ok_chunked(b"hello", trailers=lines) if r.method == "GET" else ok()))
    front = proxy(backend.address)
    with front.client() as client:
        answer = client.send(
            request("/", "POST", ["Transfer-Encoding: chunked"]) + chunked(b"x", trailers=lines)
        ).final()
        assert answer.status in (200, 400)
        assert answer.status == 400 or [r.trailers for r in backend.requests] in ([[("X-Sum", "1")]], [[]])
    answer = once(front.address(), fields=["TE: trailers"])
    assert answer.status == 502 or not answer.complete or answer.trailers in ([("X-Sum", "1")], []), answer
