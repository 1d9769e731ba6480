"""Pools over TLS whose backends speak HTTP/2: which version it is, ALPN says; and what an upgrade does then."""
import os
import ssl

import pytest

from certificates import Certificate, authority
from fairlead import problem
from h2_backend import echoing_h2, speaking_h2
from h2_frames import H2Client
from origin import ok, serving
from raw import once, request
from test_http2_backend import CLIENTS
from test_tunnel import ACCEPT, ASK, echoing

BLOCK = os.urandom(1 << 20)
ONE = serving(lambda r, c: ok(r.body or b"one"))


def either(connection):
    """A backend of both versions: as ALPN has it."""
    connection.spoke = connection.sock.selected_alpn_protocol()
    if connection.spoke == "h2":
        return speaking_h2(echoing_h2)(connection)
    if connection.spoke is None or connection.spoke == "http/1.1":
        return connection.origin.other(connection)


@pytest.fixture
def secured(origin, proxy, tmp_path):
    """`secured(alpn, protocol)`: a backend over TLS that offers these, and Fairlead before it."""
    ca = authority()
    (tmp_path / "ca.pem").write_text(ca.pem())
    files = Certificate("127.0.0.1", issuer=ca).write(tmp_path, "backend")

    def start(alpn, protocol=None, other=ONE, **options):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files["cert"], files["key"])
        if alpn:
            context.set_alpn_protocols(alpn)
        backend = origin(either, tls=context)
        backend.other = other
        said = {"protocol": protocol} if protocol else {}
        front = proxy(backend.address, pool_options={"tls": {"ca": str(tmp_path / "ca.pem")}, **said, **options})
        front.backend = backend
        return front

    return start


@pytest.mark.parametrize("alpn, protocol, spoken", [
    (["h2", "http/1.1"], "auto", "h2"), (["http/1.1", "h2"], "h2", "h2"), (["http/1.1"], "auto", "http/1.1"), (None, "auto", None),
    (["h2", "http/1.1"], "http1", "http/1.1"), (["h2"], "auto", "h2"),
])
def test_which_version_is_spoken(secured, alpn, protocol, spoken):
    front = secured(alpn, protocol)
    for _ in range(3):
        assert once(front.address(), "/x").status == 200
    assert [c.spoke for c in front.backend.used()] == [spoken]


def test_what_is_not_said_is_auto(secured):
    front = secured(["h2", "http/1.1"])
    assert once(front.address(), "/x").status == 200
    assert front.backend.used()[0].spoke == "h2"


def refusing(connection):
    """It does not understand what comes."""
    if connection.more():
        connection.send(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")


@pytest.mark.parametrize("alpn", [["http/1.1"], None])
def test_a_backend_that_does_not_speak_it(secured, alpn):
    """`protocol: h2` is no wish."""
    front = secured(alpn, "h2", other=refusing)
    problem(once(front.address(), "/x", "POST", body=b"x"), 502)
    for connection in front.backend.used():
        assert b"HTTP/1.1" not in connection.received, bytes(connection.received)


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("alpn", ["h2", "http/1.1"])
def test_bodies(secured, alpn, kind):
    front = secured([alpn], "auto")
    with CLIENTS[kind](front) as client:
        for size in (1, 16384, 1 << 20):
            got = client.ask("/x", "POST", body=BLOCK[:size])
            assert got.complete and bytes(got.body) == BLOCK[:size]
    assert front.backend.requests[0].get("x-forwarded-proto") == "http"


def test_the_scheme_is_https(secured):
    front = secured(["h2"], "auto")
    assert once(front.address(), "/x").status == 200
    assert front.backend.requests[0].get(":scheme") == "https"


@pytest.mark.parametrize("warm, protocol", [(True, "auto"), (False, "h2")], ids=["warm", "cold"])
def test_many_share_a_connection(secured, warm, protocol):
    """`auto` has to find out first whether they can."""
    front = secured(["h2", "http/1.1"], protocol)
    with H2Client(front.address()) as client:
        if warm:
            assert client.ask("/first").status == 200
        streams = [client.begin(f"/{i}") for i in range(30)]
        assert all(client.answer(stream).get("x-path") == f"/{i}" for i, stream in enumerate(streams))
    assert len(front.backend.used()) <= (1 if warm else 5)


def test_many_at_once_before_a_backend_that_speaks_http1_after_all(secured):
    """Those that waited for one connection get one each."""
    front = secured(["http/1.1"], "auto")
    with H2Client(front.address()) as client:
        streams = [client.begin(f"/{i}") for i in range(30)]
        assert [client.answer(stream).status for stream in streams] == [200] * 30


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_an_upgrade_has_a_connection_of_http1(secured, warm):
    front = secured(["h2", "http/1.1"], "auto", other=echoing)
    if warm:
        assert once(front.address(), "/x").status == 200
    with front.client() as client:
        answer = client.send(request("/chat", fields=ASK)).response()
        assert answer.status == 101 and answer.get("sec-websocket-accept") == ACCEPT
        assert client.send(b"hello").exactly(5) == b"hello"
    assert [c.spoke for c in front.backend.used()] == (["h2"] if warm else []) + ["http/1.1"]
    assert once(front.address(), "/x").status == 200


def test_an_upgrade_before_a_backend_of_http2_alone(secured):
    front = secured(["h2"], "auto", other=refusing)
    with front.client() as client:
        assert client.send(request("/chat", fields=ASK)).final().status in (400, 502)
    assert once(front.address(), "/x").status == 200
