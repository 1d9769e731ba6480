"""TLS on listeners: who is shown which certificate, what is spoken, what is refused, and that bytes arrive."""
import hashlib
import json
import os
import select
import signal
import socket
import ssl
import subprocess
import time

import pytest

from certificates import Certificate, TlsClient, authority, trusting
from fairlead import command, one_pool
from origin import echo, ok, serving
from raw import Closed, once, request
from timing import FACTOR, PATIENCE, eventually

MIB = 1 << 20
BLOCK = os.urandom(MIB)


@pytest.fixture(scope="module")
def ca():
    return authority()


@pytest.fixture
def site(ca, tmp_path):
    """`site("a.example", ...)` writes a certificate for these names, and gives its paths."""

    def write(*names, file=None, **options):
        certificate = Certificate(*names, issuer=ca, **options)
        return certificate.write(tmp_path, file or names[0].replace("*", "wild"))

    return write


@pytest.fixture
def secure(fairlead, site):
    """`secure(address, ...)` starts Fairlead with TLS for a.example before this backend."""

    def start(*addresses, tls=None, listener=None, **options):
        config = one_pool(*addresses, listener={"tls": tls or site("a.example"), **(listener or {})}, **options)
        return fairlead(config)

    return start


def shown(front, context, name):
    with TlsClient(front.address(), context, name) as client:
        return client.shown()


# ---- what is spoken


def test_a_request_over_tls_is_https_to_the_backend(origin, secure, ca):
    backend = origin()
    with TlsClient(secure(backend.address).address(), trusting(ca)) as client:
        assert client.sock.version() == "TLSv1.3"
        for _ in range(3):
            assert client.ask("/x").status == 200
    assert backend.requests[0].get("x-forwarded-proto") == "https"
    assert len(backend.requests) == 3


def test_curl_is_served(origin, secure, tmp_path, ca):
    front = secure(origin(serving(lambda r, c: ok(b"hello"))).address)
    (tmp_path / "ca.pem").write_text(ca.pem())
    for version in ("--tlsv1.3", "--tls-max=1.2"):
        done = subprocess.run(
            ["curl", "-sS", "--cacert", tmp_path / "ca.pem", *version.replace("=", " ").split(), "--resolve",
             f"a.example:{front.port()}:127.0.0.1", f"https://a.example:{front.port()}/", "-w", "%{http_version}"],
            capture_output=True, text=True, timeout=PATIENCE * 3)
        assert (done.returncode, done.stdout) == (0, "hello2"), done.stderr


@pytest.mark.parametrize("version, works", [("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)])
def test_versions(origin, secure, ca, version, works):
    front = secure(origin().address)
    context = trusting(ca)
    context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
    context.set_ciphers("ALL:@SECLEVEL=0")
    if works:
        with TlsClient(front.address(), context) as client:
            assert client.ask().status == 200
    else:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            TlsClient(front.address(), context)
        eventually(lambda: front.metric("fairlead_tls_handshake_failures_total", reason="version-unsupported") == 1, "the failure is counted")


def test_min_version(origin, secure, site, ca):
    front = secure(origin().address, tls={**site("a.example"), "min_version": "1.3"})
    with pytest.raises((ssl.SSLError, ConnectionError)):
        TlsClient(front.address(), trusting(ca, maximum_version=ssl.TLSVersion.TLSv1_2))
    with TlsClient(front.address(), trusting(ca)) as client:
        assert client.ask().status == 200


@pytest.mark.parametrize("ciphers", ["AES128-SHA", "AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "DHE-RSA-AES128-GCM-SHA256"])
def test_old_ciphers_are_refused(origin, secure, ca, ciphers):
    front = secure(origin().address)
    context = trusting(ca, maximum_version=ssl.TLSVersion.TLSv1_2)
    context.set_ciphers(ciphers + ":@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        TlsClient(front.address(), context)


def test_alpn(origin, secure, ca):
    front = secure(origin().address)
    context = trusting(ca)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with TlsClient(front.address(), context) as client:
        assert client.sock.selected_alpn_protocol() == "h2"
    context.set_alpn_protocols(["http/1.1"])
    with TlsClient(front.address(), context) as client:
        assert client.sock.selected_alpn_protocol() == "http/1.1"
    context.set_alpn_protocols(["acme-tls/1"])
    with pytest.raises(ssl.SSLError, match="(?i)no.application.protocol"):
        TlsClient(front.address(), context)


def test_openssl_is_given_x25519_and_cannot_renegotiate(origin, secure):
    front = secure(origin().address)
    ask = ["openssl", "s_client", "-connect", front.address(), "-servername", "a.example"]
    done = subprocess.run(ask, input="", capture_output=True, text=True, timeout=PATIENCE * 3)
    assert "X25519" in done.stdout, done.stdout
    done = subprocess.run([*ask, "-tls1_2"], input="R\n", capture_output=True, text=True, timeout=PATIENCE * 3)
    assert "no renegotiation" in done.stderr, done.stderr


# ---- which certificate


def test_the_name_chooses_the_certificate(origin, secure, site, ca):
    certificates = [site("first.example"), site("*.wide.example"), site("a.wide.example", "b.example")]
    front = secure(origin().address, tls={"certificates": certificates})
    context = trusting(ca)
    assert shown(front, context, "first.example") == ["first.example"]
    assert shown(front, context, "a.wide.example") == ["a.wide.example", "b.example"]
    assert shown(front, context, "B.example") == ["a.wide.example", "b.example"]
    assert shown(front, context, "x.wide.example") == ["*.wide.example"]
    context.check_hostname = False
    assert shown(front, context, "unknown.example") == ["first.example"]
    assert shown(front, context, None) == ["first.example"]


def test_rsa_and_ecdsa_side_by_side(origin, secure, site, ca):
    front = secure(origin().address, tls={"certificates": [
        site("a.example", kind="rsa", file="rsa"), site("a.example", kind="ec", file="ec")]})
    for kind in ("RSA", "ECDSA"):
        context = trusting(ca, maximum_version=ssl.TLSVersion.TLSv1_2)
        context.set_ciphers(f"ECDHE-{kind}-AES128-GCM-SHA256")
        with TlsClient(front.address(), context) as client:
            assert client.ask().status == 200
            assert kind in client.sock.cipher()[0]


def test_a_chain_is_sent_whole(origin, secure, ca, tmp_path):
    middle = Certificate(subject="middle", issuer=ca, authority=True)
    leaf = Certificate("a.example", issuer=middle)
    with TlsClient(secure(origin().address, tls=leaf.write(tmp_path, "leaf")).address(), trusting(ca)) as client:
        assert client.ask().status == 200


# ---- what is refused


def test_plain_http_is_told_so(origin, secure):
    answer = once(secure(origin().address).address())
    assert answer.status == 400 and answer.complete
    assert answer.get("content-type") == "application/problem+json"
    assert "HTTPS" in json.loads(answer.body)["detail"]


@pytest.mark.parametrize("data", [b"\x00" * 100, b"\x16\x03\x01\xff\xff" + b"A" * 500, b"SSH-2.0-x\r\n", b"\x16\x03\x01\x02\x00\x01" + b"\xff" * 600],
                         ids=["zeros", "long-record", "ssh", "not-a-hello"])
def test_garbage_ends_the_connection(origin, secure, ca, data):
    front = secure(origin().address)
    with front.client() as client:
        client.send_what_goes(data)
        try:
            client.half_close()
        except OSError:
            pass
        client.rest()
    with TlsClient(front.address(), trusting(ca)) as client:
        assert client.ask().status == 200


def test_a_handshake_has_a_time_limit(origin, secure, ca):
    front = secure(origin().address, listener={"http": {"header_timeout": "500ms"}}, access_log={"format": "json"})
    start = time.monotonic()
    with front.client() as client:
        client.send(b"\x16\x03\x01\x02\x00\x01")
        client.expect_closed()
    assert 0.3 < time.monotonic() - start < PATIENCE
    eventually(lambda: front.metric("fairlead_tls_handshake_failures_total", reason="timeout") == 1, "the failure is counted")
    eventually(front.output, "a line in the log")
    entry = json.loads(front.output().splitlines()[0])
    assert entry["protocol"] == "tls" and entry["error"] == "timeout", entry


def test_a_slow_handshake_is_waited_for(origin, secure, ca):
    """One byte at a time."""
    front = secure(origin().address)
    context = trusting(ca)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    talk = context.wrap_bio(incoming, outgoing, server_hostname="a.example")
    with front.client() as client:
        while True:
            try:
                talk.do_handshake()
                break
            except ssl.SSLWantReadError:
                for byte in outgoing.read():
                    client.send(bytes([byte]))
                incoming.write(client.sock.recv(65536))
        talk.write(request())
        for byte in outgoing.read():
            client.send(bytes([byte]))
        answer = b""
        while not answer.endswith(b"ok"):
            incoming.write(client.sock.recv(65536))
            try:
                while True:
                    answer += talk.read()
            except ssl.SSLWantReadError:
                pass
        assert answer.startswith(b"HTTP/1.1 200")


# ---- bytes


def to_and_fro(client, data):
    """Sends and reads as much, in one thread: OpenSSL does not let two use one connection."""
    sock, left, got = client.sock, memoryview(data), bytearray()
    sock.setblocking(False)
    while len(got) < len(data):
        try:
            if left:
                left = left[sock.send(left[: 1 << 16]) :]
        except ssl.SSLWantWriteError:
            pass
        try:
            while True:
                got += sock.recv(1 << 18)
        except ssl.SSLWantReadError:
            select.select([sock], [sock] if left else [], [], PATIENCE)
    sock.setblocking(True)
    return bytes(got)


@pytest.mark.parametrize("protocol", ["http", "tcp"])
def test_much_goes_both_ways(origin, secure, ca, protocol):
    size = 100
    sent = hashlib.sha256()
    for _ in range(size):
        sent.update(BLOCK)
    if protocol == "http":
        front = secure(origin(serving(lambda r, c: ok(r.body))).address)
    else:
        front = secure(origin(echo).address, protocol="tcp")
    with TlsClient(front.address(), trusting(ca), timeout=120) as client:

        def send():
            if protocol == "http":
                client.sock.sendall(b"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: %d\r\n\r\n" % (size * MIB))
            for _ in range(size):
                client.sock.sendall(BLOCK)

        if protocol == "http":
            send()
            got = client.final().body
        else:
            got = to_and_fro(client, BLOCK * size)
    assert hashlib.sha256(got).digest() == sent.digest()


def test_a_client_that_does_not_read_slows_its_backend_down(origin, secure, ca):
    backend = origin(serving(lambda r, c: ok(BLOCK * 64)))
    front = secure(backend.address)
    with TlsClient(front.address(), trusting(ca), receive_buffer=65536, timeout=60) as client:
        before = front.resident()
        client.send(request())
        time.sleep(1)
        assert front.resident() - before < 8 * 1024 * FACTOR
        assert hashlib.sha256(client.final().body).digest() == hashlib.sha256(BLOCK * 64).digest()


def test_the_end_is_said(origin, secure, ca):
    front = secure(origin().address)
    with TlsClient(front.address(), trusting(ca)) as client:
        assert client.ask(fields=["Connection: close"]).status == 200
        assert client.rest() == (b"", "end")  # a ragged end would be an error


def test_a_cut_response_has_no_good_end(origin, secure, ca):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")

    front = secure(origin(script).address)
    with TlsClient(front.address(), trusting(ca)) as client:
        client.send(request())
        with pytest.raises((Closed, ssl.SSLError, ConnectionError)):
            client.head()
            client.exactly(1000)


def test_a_websocket_goes_through(origin, secure, ca):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        echo(connection)

    front = secure(origin(script).address)
    with TlsClient(front.address(), trusting(ca)) as client:
        client.send(b"GET /ws HTTP/1.1\r\nHost: a.example\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert client.head().status == 101
        for size in (1, 1000, MIB):
            assert to_and_fro(client, BLOCK[:size]) == BLOCK[:size]


# ---- tcp


def test_tcp_is_decrypted(origin, secure, ca):
    backend = origin(echo)
    front = secure(backend.address, protocol="tcp")
    with TlsClient(front.address(), trusting(ca)) as client:
        assert client.send(b"hello").exactly(5) == b"hello"
        client.sock.unwrap().close()
    assert backend.connections[0].done.wait(PATIENCE) and backend.connections[0].ended == "end"


def test_tcp_that_is_cut_off_does_not_look_whole(origin, secure, ca):
    """A connection that ends without a close_notify may have lost its last bytes."""
    backend = origin(echo)
    front = secure(backend.address, protocol="tcp")
    client = TlsClient(front.address(), trusting(ca))
    assert client.send(b"hello").exactly(5) == b"hello"
    client.plain = None
    socket.socket(fileno=client.sock.detach()).close()
    assert backend.connections[0].done.wait(PATIENCE) and backend.connections[0].ended == "reset"


def test_a_backend_that_ends_is_told_to_the_client(origin, secure, ca):
    front = secure(origin(lambda c: c.send(b"bye")).address, protocol="tcp")
    with TlsClient(front.address(), trusting(ca)) as client:
        assert client.rest() == (b"bye", "end")


def test_plain_bytes_to_tcp_are_refused(origin, secure):
    backend = origin(echo)
    with secure(backend.address, protocol="tcp").client() as client:
        client.send(request())
        client.rest()
    assert not backend.connections


# ---- the configuration


def checked(fairlead_folder, tls):
    file = fairlead_folder / "fairlead.yaml"
    file.write_text(json.dumps({"listeners": {"web": {"bind": 443, "tls": tls, "pool": ["127.0.0.1:9001"]}}}))
    return command("check", "-c", file)


def test_check_says_what_is_wrong_with_a_certificate(tmp_path, ca, site):
    site("a.example", file="a"), site("b.example", file="b")
    middle = Certificate(subject="middle", issuer=ca, authority=True)
    leaf = Certificate("c.example", issuer=middle)
    (tmp_path / "wrong.crt").write_text(middle.pem() + leaf.pem())
    (tmp_path / "leaf.key").write_text(leaf.key_pem())
    (tmp_path / "locked.key").write_text(leaf.key_pem(b"secret"))
    (tmp_path / "leaf.crt").write_text(leaf.pem())
    for tls, words in [
        ({"cert": "a.crt", "key": "b.key"}, ["does not fit the certificate", "`b.key`", "`a.crt`"]),
        ({"cert": "wrong.crt", "key": "leaf.key"}, ["out of order", "wrong.crt", "number 2"]),
        ({"cert": "leaf.crt", "key": "locked.key"}, ["encrypted", "openssl pkey"]),
        ({"cert": "none.crt", "key": "leaf.key"}, ["cannot read", "none.crt", "No such file"]),
        ({"cert": "leaf.key", "key": "leaf.crt"}, ["no certificate", "wrong way round"]),
        ({"cert": "leaf.crt", "key": "leaf.key", "client_ca": "leaf.key"}, ["no certificate"]),
    ]:
        done = checked(tmp_path, tls)
        assert done.returncode == 1, (tls, done)
        for word in [*words, "fairlead.yaml:1:"]:
            assert word in done.stderr, (word, done.stderr)


@pytest.mark.parametrize("days, words", [(-2, "expired on"), (3, "expires in 3 days")])
def test_an_old_certificate_is_warned_of_and_served(origin, secure, site, tmp_path, days, words):
    tls = site("a.example", days=days)
    done = checked(tmp_path, tls)
    assert done.returncode == 0 and words in done.stderr, done
    front = secure(origin().address, tls=tls)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with TlsClient(front.address(), context) as client:
        assert client.ask().status == 200
    assert words in front.errors()


def test_an_expired_certificate_does_not_replace_a_good_one(origin, fairlead, site, ca):
    backend = origin()
    front = fairlead(one_pool(backend.address, listener={"tls": site("a.example")}))
    site("a.example", days=-2)
    front.signal(signal.SIGHUP)
    eventually(lambda: "expired on" in front.errors(), "the refusal")
    assert front.metric("fairlead_config_generation") == 1
    with TlsClient(front.address(), trusting(ca)) as client:
        assert client.ask().status == 200


def test_a_file_that_would_be_waited_for_is_refused(origin, fairlead, site, ca):
    backend = origin()
    tls = site("a.example")
    front = fairlead(one_pool(backend.address, listener={"tls": tls}))
    os.unlink(tls["cert"])
    os.mkfifo(tls["cert"])
    front.signal(signal.SIGHUP)
    eventually(lambda: "not a regular file" in front.errors(), "the refusal")
    with TlsClient(front.address(), trusting(ca)) as client:
        assert client.ask().status == 200


@pytest.mark.parametrize("most", [512, 1024, 2048, 4096])
def test_a_client_with_little_room_for_records(origin, secure, site, most):
    body = os.urandom(20_000).hex().encode()
    front = secure(origin(serving(lambda r, c: ok(body))).address, tls=site("a.example"))
    talk = subprocess.run(["openssl", "s_client", "-connect", front.address(), "-servername", "a.example", "-maxfraglen", str(most), "-quiet", "-ign_eof"],
                          input=b"GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n", capture_output=True, timeout=PATIENCE)
    assert talk.stdout.endswith(b"\r\n\r\n" + body), talk.stderr


def test_http_is_sent_to_https(origin, fairlead, site, ca):
    backend = origin()
    front = fairlead({
        "listeners": {
            "web": {"bind": "127.0.0.1:<web>", "routes": [{"redirect": "https"}]},
            "secure": {"bind": "127.0.0.1:<secure>", "tls": site("a.example"),
                       "routes": [{"redirect": "https", "match": "/never"}, {"pool": "app"}]},
        },
        "pools": {"app": {"health": "off", "backends": [backend.address]}},
    })
    answer = once(front.address())
    assert answer.status == 301 and answer.get("location").startswith("https://")
    with TlsClient(front.address("secure"), trusting(ca)) as client:
        assert client.ask("/never").status == 200


def test_handshakes_are_counted(origin, secure, ca):
    front = secure(origin().address)
    for version in ("TLSv1_2", "TLSv1_3", "TLSv1_3"):
        context = trusting(ca)
        context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
        TlsClient(front.address(), context).close()
    count = lambda **labels: front.metric("fairlead_tls_handshakes_total", listener="web", **labels)
    eventually(lambda: count() == 3, "three handshakes")
    assert count(version="1.2") == 1 and count(version="1.3") == 2
    assert front.metric("fairlead_tls_resumed_total", listener="web") == 0
