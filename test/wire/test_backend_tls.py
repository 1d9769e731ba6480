"""TLS towards backends: who is believed, what is said of who is not, sessions, bytes, reloads."""
import hashlib
import json
import os
import signal
import socket
import ssl
import time

import pytest

from certificates import Certificate, TlsClient, authority, trusting
from fairlead import command, one_pool, problem
from origin import Refusing, echo, named, ok, serving
from raw import Client, once, request
from timing import FACTOR, PATIENCE, eventually

MIB = 1 << 20
BLOCK = os.urandom(MIB)
HERE = "127.0.0.1"


@pytest.fixture(scope="module")
def ca():
    return authority()


@pytest.fixture
def trust(ca, tmp_path):
    """`tls` of a pool that trusts the CA."""
    (tmp_path / "ca.pem").write_text(ca.pem())
    return {"ca": str(tmp_path / "ca.pem")}


@pytest.fixture
def speaking(ca, tmp_path):
    """`speaking(names...)`: the SSLContext of a backend with a certificate for these names."""

    def context(*names, file="backend", versions=(None, None), clients=None, alpn=None, **options):
        certificate = Certificate(*(names or (HERE,)), **{"issuer": ca, **options})
        files = certificate.write(tmp_path, file)
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(files["cert"], files["key"])
        least, most = versions
        if most:
            made.set_ciphers("ALL:@SECLEVEL=0")
            made.minimum_version, made.maximum_version = least or most, most
        if clients:
            made.verify_mode = ssl.CERT_REQUIRED
            made.load_verify_locations(cadata=clients.pem())
        if alpn:
            made.set_alpn_protocols(alpn)
        made.names = []
        made.sni_callback = lambda sock, name, context: made.names.append(name)
        return made

    return context


def over_tls(tls, *addresses, pool_options=None, **options):
    return one_pool(*addresses, pool_options={"tls": tls, **(pool_options or {})}, **options)


@pytest.fixture
def logged(fairlead):
    """`logged(config)`: Fairlead with a log that can be read line by line."""

    def start(config, **options):
        return fairlead({**config, "access_log": {"format": "json"}}, **options)

    return start


def entry(front):
    eventually(front.output, "a line in the log")
    return json.loads(front.output().splitlines()[0])


# ---- what works


def test_a_request_goes_over_tls(origin, fairlead, trust, speaking):
    context = speaking(alpn=["http/1.1"])
    backend = origin(named("secret"), tls=context)
    front = fairlead(over_tls(trust, backend.address, workers=1))
    with front.client() as client:
        for _ in range(5):
            assert client.ask().body == b"secret"
    [connection] = backend.connections  # it is kept
    assert connection.sock.version() == "TLSv1.3" and connection.sock.selected_alpn_protocol() == "http/1.1"
    assert context.names == [None]  # an address is no name to ask for
    assert front.metric("fairlead_pool_tls_handshakes_total", pool="app", version="1.3") == 1


@pytest.mark.parametrize("name, names", [("api.internal", ["api.internal"]), ("a.wide.internal", ["*.wide.internal"]),
                                         ("::1", ["::1"])])
def test_the_name_is_asked_for_and_verified(origin, fairlead, trust, speaking, name, names):
    context = speaking(*names)
    backend = origin(tls=context)
    front = fairlead(over_tls({**trust, "server_name": name}, backend.address))
    assert once(front.address()).status == 200
    assert context.names == [None if ":" in name else name]


def test_verification_can_be_turned_off(origin, fairlead, speaking):
    backend = origin(tls=speaking("whoever", days=-2))
    front = fairlead(over_tls({"verify": False}, backend.address))
    assert once(front.address()).status == 200
    assert "its certificate is not verified" in front.errors()


def test_the_systems_authorities_are_the_default(origin, fairlead, speaking, tmp_path, ca):
    (tmp_path / "bundle.pem").write_text(ca.pem())
    backend = origin(tls=speaking())
    front = fairlead(over_tls(True, backend.address), environment={"SSL_CERT_FILE": str(tmp_path / "bundle.pem")})
    assert once(front.address()).status == 200
    stranger = fairlead(over_tls(True, backend.address))
    problem(once(stranger.address()), 502)


def test_a_backend_is_shown_who_we_are(origin, fairlead, trust, speaking, tmp_path, ca):
    clients = authority("Clients CA")
    own = Certificate("fairlead.example", issuer=clients).write(tmp_path, "own")
    for version in ("TLSv1_2", "TLSv1_3"):
        context = speaking(clients=clients, versions=(None, getattr(ssl.TLSVersion, version)))
        backend = origin(tls=context)
        front = fairlead(over_tls({**trust, **own}, backend.address))
        assert once(front.address()).status == 200
        assert backend.connections[0].sock.getpeercert()["subjectAltName"] == (("DNS", "fairlead.example"),)
        without = fairlead(over_tls(trust, backend.address))
        assert problem(once(without.address()), 502) in ("connect-failed", "backend-closed", "bad-response")


# ---- what does not


@pytest.mark.parametrize("what, words, reason", [
    ("stranger", "unable to get local issuer certificate", "permission"),
    ("self-signed", "self-signed certificate: CN=127.0.0.1", "permission"),
    ("name", "its certificate is not for 127.0.0.1, but for DNS:other.internal,IP:10.0.0.9", "permission"),
    ("expired", "certificate has expired: CN=127.0.0.1", "permission"),
    ("early", "certificate is not yet valid: CN=127.0.0.1", "permission"),
    ("tls1.1", "", "version-unsupported"),
    ("plain", "what the server answered is no TLS", "malformed"),
    ("leaves", "the server closed it in the handshake", "closed"),
    ("resets", "the connection broke in the handshake", "reset"),
])
def test_what_is_not_believed(origin, logged, trust, speaking, ca, what, words, reason):
    """502, words in the log and a number, and the next backend is asked: nothing was sent."""
    def hello(end):
        def script(connection):
            connection.exactly(5)
            end(connection)
        return script

    bad = {
        "stranger": lambda: origin(tls=speaking(issuer=authority("Another CA"), file="bad")),
        "self-signed": lambda: origin(tls=speaking(issuer=None, file="bad")),
        "name": lambda: origin(tls=speaking("other.internal", "10.0.0.9", file="bad")),
        "expired": lambda: origin(tls=speaking(days=-2, file="bad")),
        "early": lambda: origin(tls=speaking(begins=5, file="bad")),
        "tls1.1": lambda: origin(tls=speaking(versions=(None, ssl.TLSVersion.TLSv1_1), file="bad")),
        "plain": lambda: origin(lambda c: (c.exactly(5), c.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"))),
        "leaves": lambda: origin(hello(lambda c: (c.half_close(), c.drain()))),
        "resets": lambda: origin(hello(lambda c: c.reset())),
    }[what]()
    front = logged(over_tls(trust, bad.address))
    assert problem(once(front.address()), 502) == "connect-failed"
    line = entry(front)
    assert line["error"] == "tls-handshake" and line["side"] == "upstream" and "tls: " in line["detail"], line
    assert words in line["detail"] and bad.address in line["detail"], line
    assert front.metric("fairlead_pool_tls_handshake_failures_total", pool="app", reason=reason) >= 1, \
        front.metrics().get("fairlead_pool_tls_handshake_failures_total")
    assert front.metric("fairlead_backend_errors_total", kind="tls-handshake") >= 1
    assert not bad.requests

    good = origin(named("good"), tls=speaking(file="good"))
    front = logged(over_tls(trust, bad.address, good.address, pool_options={"passive": "off"}))
    for _ in range(6):
        with front.client() as client:
            answer = client.ask(method="POST", body=b"once")
            assert answer.status == 200 and answer.body == b"good"


def test_a_backend_that_does_not_answer_the_handshake(origin, logged, trust):
    backend = origin(lambda connection: connection.drain())
    front = logged(over_tls(trust, backend.address, pool_options={"connect_timeout": "300ms", "passive": "off"}, listener={
        "routes": [{"pool": "app", "retry": {"attempts": 0}}]}))
    start = time.monotonic()
    assert problem(once(front.address()), 502) == "connect-timeout"
    assert 0.25 < time.monotonic() - start < PATIENCE
    line = entry(front)
    assert line["error"] == "connect-timeout" and "tls: the handshake was not done within" in line["detail"], line
    assert front.metric("fairlead_pool_tls_handshake_failures_total", reason="connect-timeout") == 1


def test_the_port_that_nobody_listens_at_is_no_failed_handshake(logged, trust):
    with Refusing() as nobody:
        front = logged(over_tls(trust, nobody.address))
        assert problem(once(front.address()), 502) == "connect-failed"
        assert entry(front)["error"] == "refused"
        assert front.metric("fairlead_pool_tls_handshake_failures_total") == 0


def test_handshakes_that_fail_are_the_backends_errors(origin, fairlead, trust, speaking):
    """As failed connects are: it is out after a few, without probes for as long as they say."""
    bad = origin(tls=speaking("other.internal", file="bad"))
    good = origin(tls=speaking(file="good"))
    front = fairlead(over_tls(trust, bad.address, good.address, pool_options={"balance": "round_robin"}))

    def out():
        assert once(front.address()).status == 200
        return front.states()[bad.address] != "healthy"

    eventually(out, "it is out")
    assert "TLS handshake failed" in front.backends()[bad.address]["reason"]


# ---- sessions


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_sessions_are_resumed(origin, fairlead, trust, speaking, version):
    context = speaking(versions=(None, getattr(ssl.TLSVersion, version)))
    backend = origin(tls=context)
    front = fairlead(over_tls(trust, backend.address, workers=1, pool_options={"idle_connections": 0}))
    for _ in range(5):
        assert once(front.address()).status == 200
    assert [c.resumed for c in backend.connections] == [False, True, True, True, True]
    assert front.metric("fairlead_pool_tls_resumed_total", pool="app") == 4


def test_other_settings_begin_other_sessions(origin, fairlead, trust, speaking):
    """And no connection that was made under the old ones serves again."""
    backend = origin(tls=speaking(HERE, "api.internal"))
    front = fairlead(over_tls(trust, backend.address, workers=1))
    assert once(front.address()).status == 200
    front.reload(over_tls({**trust, "server_name": "api.internal"}, backend.address, workers=1))
    eventually(lambda: once(front.address()).status == 200 and len(backend.connections) == 2, "a new connection")
    assert not backend.connections[1].resumed
    front.reload(over_tls({**trust, "server_name": "api.internal"}, backend.address, workers=1, access_log="off"))
    assert once(front.address()).status == 200
    assert len(backend.connections) == 2  # the same settings, the same connection


# ---- bytes


def test_much_goes_both_ways(origin, fairlead, trust, speaking):
    size = 100
    backend = origin(serving(lambda r, c: ok(r.body)), tls=speaking())
    front = fairlead(over_tls(trust, backend.address))
    with Client(front.address(), timeout=120) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (size * MIB))
        for _ in range(size):
            client.send(BLOCK)
        got = client.final().body
    assert hashlib.sha256(got).digest() == hashlib.sha256(BLOCK * size).digest()


def test_a_backend_that_does_not_read_slows_its_client_down(origin, fairlead, trust, speaking):
    go = []

    def script(connection):
        head = connection.head()
        eventually(lambda: go, "the word")
        connection.body(head)
        connection.send(ok(hashlib.sha256(head.body).hexdigest().encode()))

    backend = origin(script, tls=speaking(), receive_buffer=65536)
    front = fairlead(over_tls(trust, backend.address, workers=1))
    with Client(front.address(), timeout=60) as client:
        before = front.resident()
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (64 * MIB))
        client.sock.settimeout(1)
        sent = 0
        try:
            for _ in range(64):
                sent += client.sock.send(BLOCK)
        except TimeoutError:
            pass
        assert sent < 32 * MIB
        assert front.resident() - before < 8 * 1024 * FACTOR
        go.append(True)
        rest = memoryview(BLOCK * 64)[sent:]
        client.sock.settimeout(60)
        client.sock.sendall(rest)
        assert client.final().body == hashlib.sha256(BLOCK * 64).hexdigest().encode()


def test_a_response_without_its_end_is_cut(origin, fairlead, trust, speaking):
    """Framed by the end of the connection, which was not said: it may have lost its last bytes."""
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf")
        socket.socket(fileno=connection.sock.detach()).close()

    front = fairlead(over_tls(trust, origin(script, tls=speaking()).address))
    answer = once(front.address())
    assert answer.status == 502 or not answer.complete, answer


def test_a_websocket_goes_through(origin, fairlead, trust, speaking):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        echo(connection)

    front = fairlead(over_tls(trust, origin(script, tls=speaking()).address))
    with front.client() as client:
        client.send(b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert client.head().status == 101
        for size in (1, 1000, 100_000):
            assert client.send(BLOCK[:size]).exactly(size) == BLOCK[:size]


def test_from_tls_to_tls(origin, fairlead, trust, speaking, ca, tmp_path):
    backend = origin(tls=speaking())
    front = fairlead(over_tls(trust, backend.address, listener={
        "tls": Certificate("a.example", issuer=ca).write(tmp_path, "front")}))
    with TlsClient(front.address(), trusting(ca)) as client:
        assert client.ask().status == 200
    assert backend.requests[0].get("x-forwarded-proto") == "https"


# ---- tcp


@pytest.mark.parametrize("alpn", [None, ["mqtt"]])
def test_tcp_is_encrypted(origin, fairlead, trust, speaking, alpn):
    backend = origin(echo, tls=speaking(alpn=alpn))
    front = fairlead(over_tls(trust, backend.address, protocol="tcp"))
    with front.client() as client:
        for size in (1, 1000, 300_000):
            assert client.send(BLOCK[:size]).exactly(size) == BLOCK[:size]
        client.half_close()
        assert client.rest() == (b"", "end")
    assert backend.connections[0].done.wait(PATIENCE) and backend.connections[0].ended == "end"


def test_tcp_goes_to_the_next_where_one_is_not_believed(origin, fairlead, trust, speaking):
    bad = origin(echo, tls=speaking("other.internal", file="bad"))
    good = origin(echo, tls=speaking(file="good"))
    front = fairlead(over_tls(trust, bad.address, good.address, protocol="tcp", pool_options={"passive": "off"}))
    for _ in range(6):
        with front.client() as client:
            assert client.send(b"hello").exactly(5) == b"hello"


def test_tcp_to_nobody_who_is_believed_is_reset(origin, logged, trust, speaking):
    front = logged(over_tls(trust, origin(echo, tls=speaking("other.internal")).address, protocol="tcp"))
    with front.client() as client:
        client.rest()
    assert entry(front)["error"] == "tls-handshake"


# ---- reloads


def test_another_ca_is_taken_up(origin, logged, speaking, ca, tmp_path):
    """The configuration is the same; only the file has changed."""
    file = tmp_path / "ca.pem"
    file.write_text(authority("Another CA").pem())
    backend = origin(tls=speaking())
    config = over_tls({"ca": str(file)}, backend.address, pool_options={"passive": "off"})
    front = logged(config)
    assert once(front.address()).status == 502
    file.write_text(ca.pem())
    front.reload()
    eventually(lambda: once(front.address()).status == 200, "the new CA")
    with front.client() as kept:
        assert kept.ask().status == 200
        file.write_text("nothing of use")
        front.signal(signal.SIGHUP)
        eventually(lambda: "it holds no certificate in PEM" in front.errors(), "the refusal")
        assert kept.ask().status == 200 and once(front.address()).status == 200
        file.write_text(authority("Another CA").pem())
        front.reload()
        eventually(lambda: once(front.address()).status == 502, "its connections serve no more")


def test_tls_can_be_turned_on_and_off(origin, fairlead, trust, speaking):
    plain, secure = origin(named("plain")), origin(named("secure"), tls=speaking())
    front = fairlead(one_pool(plain.address))
    for _ in range(3):
        front.reload(over_tls(trust, secure.address))
        eventually(lambda: once(front.address()).body == b"secure", "TLS")
        front.reload(one_pool(plain.address))
        eventually(lambda: once(front.address()).body == b"plain", "clear text")


def test_a_backend_that_speaks_tls_now_gets_no_clear_text(origin, fairlead, trust, speaking):
    """The same address: the connection that was kept is not used again."""
    backend = origin()
    front = fairlead(one_pool(backend.address, workers=1))
    assert once(front.address()).status == 200
    front.reload(over_tls(trust, backend.address, workers=1))
    eventually(lambda: backend.connections[0].done.wait(0), "the kept connection is closed")
    assert once(front.address()).status == 502
    assert len(backend.requests) == 1


# ---- probes


FAST = {"interval": "100ms", "fast_interval": "50ms", "timeout": "2s", "healthy_threshold": 1, "unhealthy_threshold": 2}


def checked(front):
    [backend] = front.backends().values()
    return backend["state"], (backend["last_check"] or {}).get("detail", "")


@pytest.mark.parametrize("health, words", [({"http": "/up"}, "status 200"), ({}, "connected over TLS"),
                                           ({"tcp": {"send": "GET / HTTP/1.0\\r\\n\\r\\n", "expect": "200 OK"}}, "the expected answer came")])
def test_probes_go_over_tls(origin, fairlead, trust, speaking, health, words):
    backend = origin(tls=speaking("api.internal"))
    tls = {**trust, "server_name": "api.internal"}
    front = fairlead(over_tls(tls, backend.address, pool_options={"health": {**FAST, **health}}), ready="/health")
    eventually(lambda: checked(front) == ("healthy", words), "a good probe")
    if "http" in health:
        assert backend.requests[0].get("host") == "api.internal"
    assert not any(c.resumed for c in backend.connections)
    front.reload(over_tls({**tls, "server_name": "other.internal"}, backend.address, pool_options={"health": {**FAST, **health}}))
    eventually(lambda: checked(front)[0] == "unhealthy", "a bad probe")
    assert "tls: its certificate is not for other.internal, but for DNS:api.internal" in checked(front)[1]


def test_probes_may_speak_otherwise(origin, fairlead, trust, speaking):
    status, backend = origin(), origin(tls=speaking())
    port = int(status.address.rsplit(":")[-1])
    front = fairlead(over_tls(trust, backend.address, pool_options={"health": {**FAST, "http": "/up", "port": port, "tls": "off"}}))
    eventually(lambda: checked(front) == ("healthy", "status 200"), "a good probe in clear text")
    assert once(front.address()).status == 200


# ---- what people look at


def test_the_end_of_our_own_certificate_is_told(origin, fairlead, trust, speaking, tmp_path, ca):
    own = Certificate("fairlead.example", issuer=ca, days=3).write(tmp_path, "own")
    front = fairlead(over_tls({**trust, **own}, origin(tls=speaking()).address))
    [(labels, expiry)] = front.metrics()["fairlead_pool_certificate_expiry_seconds"]
    assert labels["pool"] == "app" and labels["name"] == "fairlead.example"
    assert abs(expiry - (time.time() + 3 * 86400)) < 7300
    assert "expires in 3 days" in front.errors()
    assert "PRIVATE KEY" not in front.admin("/api/v1/config").body.decode()


def test_check_says_what_is_wrong(tmp_path, ca, trust):
    own = Certificate("a", issuer=ca).write(tmp_path, "a")
    other = Certificate("b", issuer=ca).write(tmp_path, "b")
    for tls, words in [
        ({"ca": own["key"]}, ["holds no certificate in PEM", "a.key"]),
        ({"ca": str(tmp_path / "none.pem")}, ["cannot read", "none.pem"]),
        ({**trust, "cert": own["cert"], "key": other["key"]}, ["does not fit the certificate", "a.crt", "b.key"]),
        ({**trust, "cert": own["cert"]}, ["has no `key`"]),
    ]:
        file = tmp_path / "fairlead.yaml"
        file.write_text(json.dumps(over_tls(tls, "127.0.0.1:9001").copy()).replace("127.0.0.1:<web>", ":8080"))
        done = command("check", "-c", file)
        assert done.returncode == 1, (tls, done)
        for word in words:
            assert word in done.stderr, (word, done.stderr)
