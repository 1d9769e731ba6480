"""TLS over time: reloads, new certificates, tickets, certificates of clients, drains, idle connections."""
import json
import os
import signal
import ssl
import stat
import subprocess
import time

import pytest

from certificates import Certificate, TlsClient, authority, trusting
from fairlead import BINARY, command, one_pool
from origin import ok, serving
from raw import Closed, request
from timing import FACTOR, PATIENCE, eventually


@pytest.fixture(scope="module")
def ca():
    return authority()


@pytest.fixture
def site(ca, tmp_path):
    def write(*names, file=None, **options):
        return Certificate(*names, issuer=ca, **options).write(tmp_path, file or names[0])

    return write


def with_tls(backend, tls, **options):
    return one_pool(backend.address, listener={"tls": tls, **options.pop("listener", {})}, **options)


def serial(front, context, **options):
    with TlsClient(front.address(), context, **options) as client:
        return client.sock.getpeercert()["serialNumber"]


# ---- reloads


def test_a_renewed_certificate_is_taken_by_sighup(origin, fairlead, site, ca):
    """The configuration is the same; no open connection notices."""
    front = fairlead(with_tls(origin(), site("a.example")))
    with TlsClient(front.address(), trusting(ca)) as kept:
        assert kept.ask().status == 200
        before = serial(front, trusting(ca))
        site("a.example")
        front.reload()
        eventually(lambda: serial(front, trusting(ca)) != before, "the new certificate")
        assert kept.ask().status == 200


def test_what_cannot_be_used_changes_nothing(origin, fairlead, site, ca, tmp_path):
    front = fairlead(with_tls(origin(), site("a.example")))
    before = serial(front, trusting(ca))
    (tmp_path / "a.example.key").write_text(Certificate("b.example").key_pem())
    front.signal(signal.SIGHUP)
    eventually(lambda: "does not fit the certificate" in front.errors(), "the refusal")
    assert serial(front, trusting(ca)) == before
    answer = front.admin("/api/v1/reload", "POST")
    assert answer.status == 422 and b"does not fit" in answer.body
    assert serial(front, trusting(ca)) == before


def test_tls_can_be_turned_on_and_off(origin, fairlead, site, ca):
    backend = origin()
    front = fairlead(one_pool(backend.address))
    with front.client() as plain:
        assert plain.ask().status == 200
        front.reload(with_tls(backend, site("a.example")))
        assert plain.ask().status == 200  # it keeps what it began with

        def encrypted():
            try:
                with TlsClient(front.address(), trusting(ca)) as client:
                    return client.ask().status == 200
            except OSError:
                return False

        eventually(encrypted, "TLS")
    front.reload(one_pool(backend.address))
    eventually(lambda: not encrypted(), "clear text")


# ---- tickets


def resumed(front, context, session, name="a.example"):
    """Whether the session goes on, and the one that follows it."""
    with TlsClient(front.address(), context, name, session=session) as client:
        assert client.ask().status == 200
        return client.sock.session_reused, client.sock.session


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_sessions_are_resumed_on_every_worker_and_over_a_reload(origin, fairlead, site, ca, version):
    backend = origin()
    front = fairlead(with_tls(backend, site("a.example"), workers=4))
    context = trusting(ca)
    context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
    was, session = resumed(front, context, None)
    assert not was
    for _ in range(12):
        was, session = resumed(front, context, session)
        assert was
    site("a.example")
    front.reload(with_tls(backend, site("a.example"), workers=4, access_log="off"))
    was, session = resumed(front, context, session)
    assert was
    assert front.metric("fairlead_tls_resumed_total", listener="web") == 13


def test_a_session_is_good_for_its_listener_alone(origin, fairlead, site, ca):
    backend, tls = origin(), site("a.example")
    front = fairlead({
        "listeners": {name: {"bind": f"127.0.0.1:<{name}>", "tls": dict(tls), "pool": "app"} for name in ("web", "other")},
        "pools": {"app": {"health": "off", "backends": [backend.address]}},
    })
    context = trusting(ca)
    _, session = resumed(front, context, None)
    with TlsClient(front.address("other"), context, session=session) as client:
        assert client.ask().status == 200 and not client.sock.session_reused


# ---- certificates of clients


@pytest.fixture
def clients():
    return authority("Clients CA")


@pytest.fixture
def mutual(origin, fairlead, site, clients, tmp_path):
    def start(mode=None, backend=None, **options):
        (tmp_path / "clients.pem").write_text(clients.pem())
        tls = {**site("a.example"), "client_ca": str(tmp_path / "clients.pem")}
        if mode:
            tls["client_certificate"] = mode
        return fairlead(with_tls(backend or origin(), tls, **options))

    return start


def alice(issuer, **options):
    return Certificate("alice.example", "spiffe://example/alice,1", issuer=issuer, subject="alice", **options)


def test_a_client_shows_who_it_is(origin, mutual, ca, clients, tmp_path):
    backend = origin()
    front = mutual(backend=backend, access_log={"format": "json"})
    context = trusting(ca, client=alice(clients), folder=tmp_path)
    _, session = resumed(front, context, None)
    assert resumed(front, context, session)[0]  # and who it is goes on with the session
    for seen in backend.requests:
        assert seen.get("x-client-cert-subject") == "CN=alice"
        assert seen.get("x-client-cert-san") == "DNS:alice.example,URI:spiffe://example/alice\\x2C1"
    eventually(lambda: len(front.output().splitlines()) == 2, "two lines")
    entry = json.loads(front.output().splitlines()[0])
    assert entry["client_subject"] == "CN=alice" and entry["tls"] == "TLSv1.3"


def refused(front, context, session=None):
    """The client hears of it only behind its own part of the handshake, in TLS 1.3."""
    try:
        with TlsClient(front.address(), context, session=session) as client:
            client.ask()
    except (OSError, Closed):
        return True
    return False


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_no_session_goes_round_a_certificate_that_is_required_now(mutual, ca, version):
    front = mutual("optional")
    context = trusting(ca)
    context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
    _, session = resumed(front, context, None)
    assert resumed(front, context, session)[0]
    front.config["listeners"]["web"]["tls"]["client_certificate"] = "required"
    front.reload(front.config)
    assert refused(front, context, session)


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_no_session_outlives_its_certificate(mutual, ca, clients, tmp_path, version):
    front = mutual()
    seconds = 3
    context = trusting(ca, client=alice(clients, days=(seconds - 3600) / 86400), folder=tmp_path)
    context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
    _, session = resumed(front, context, None)
    assert resumed(front, context, session)[0]
    eventually(lambda: refused(front, context, session), "the certificate's end")


@pytest.mark.parametrize("mode", ["required", "optional"])
def test_who_gets_in(mutual, ca, clients, tmp_path, mode):
    front = mutual(mode)
    assert refused(front, trusting(ca)) == (mode == "required")
    assert refused(front, trusting(ca, client=alice(authority("Strangers")), folder=tmp_path))
    assert refused(front, trusting(ca, client=alice(clients, days=-1), folder=tmp_path))
    assert not refused(front, trusting(ca, client=alice(clients), folder=tmp_path))
    wanted = 3 if mode == "required" else 2
    eventually(lambda: front.metric("fairlead_tls_handshake_failures_total", reason="permission") == wanted,
               "the refusals are counted")


@pytest.mark.parametrize("field", ["X-Client-Cert-Subject", "x_client_cert_subject", "X-Client-Cert-San"])
def test_nobody_says_for_himself_who_he_is(origin, mutual, ca, field):
    backend = origin()
    front = mutual("optional", backend=backend)
    with TlsClient(front.address(), trusting(ca)) as client:
        assert client.ask(fields=[f"{field}: CN=admin"]).status == 200
    assert not backend.requests[0].all(field)


def test_a_route_goes_by_who_the_client_is(origin, mutual, ca, clients, tmp_path):
    front = mutual("optional", listener={"routes": [
        {"match": {"headers": {"x-client-cert-subject": "CN=alice"}}, "respond": {"body": "hello alice"}}]})
    for context, body in [(trusting(ca, client=alice(clients), folder=tmp_path), b"hello alice"), (trusting(ca), b"ok")]:
        with TlsClient(front.address(), context) as client:
            assert client.ask(fields=["x-client-cert-subject: CN=alice"]).body == body


# ---- what people look at


def test_status_and_metrics_tell_when_a_certificate_ends(origin, fairlead, site, ca):
    front = fairlead(with_tls(origin(), site("a.example", "b.example", days=30)))
    [(labels, expiry)] = front.metrics()["fairlead_certificate_expiry_seconds"]
    assert labels["listener"] == "web" and labels["name"] == "a.example"
    assert abs(expiry - (time.time() + 30 * 86400)) < 7300
    listener = front.json("/api/v1/status")["listeners"][0]
    assert listener["certificates"][0]["names"] == ["a.example", "b.example"]
    done = command("status", "--admin", front.address("admin"))
    assert done.returncode == 0 and "a.example, b.example" in done.stdout and "http (TLS)" in done.stdout
    assert "PRIVATE KEY" not in front.admin("/api/v1/config").body.decode()


def test_self_signed(origin, fairlead, tmp_path):
    def make(*hosts):
        return subprocess.run([BINARY, "cert", "self-signed", *hosts], cwd=tmp_path, capture_output=True, text=True,
                              timeout=PATIENCE)

    done = make("localhost", "127.0.0.1", "*.local.example")
    assert done.returncode == 0 and "localhost.crt" in done.stdout, done
    assert stat.S_IMODE(os.stat(tmp_path / "localhost.key").st_mode) == 0o600
    before = (tmp_path / "localhost.key").read_bytes()
    again = make("localhost")
    assert again.returncode == 1 and "is there already" in again.stderr
    assert (tmp_path / "localhost.key").read_bytes() == before
    assert make("a/../b").returncode == 1 and make().returncode == 2
    front = fairlead(with_tls(origin(), {"cert": str(tmp_path / "localhost.crt"), "key": str(tmp_path / "localhost.key")}))
    context = ssl.create_default_context(cafile=tmp_path / "localhost.crt")
    for name in ("localhost", "127.0.0.1", "x.local.example"):
        with TlsClient(front.address(), context, name) as client:
            assert client.ask().status == 200


def test_explain_knows_who_speaks_https(site, tmp_path):
    file = tmp_path / "fairlead.yaml"
    file.write_text(json.dumps({
        "listeners": {
            "web": {"bind": 80, "routes": [{"redirect": "https"}]},
            "secure": {"bind": 443, "tls": site("a.example"), "routes": [{"redirect": "https"}, {"pool": "app"}]},
        },
        "pools": {"app": ["127.0.0.1:9"]},
    }))
    for url, listener, words in [("https://a.example/", "secure", "127.0.0.1:9"), ("http://a.example/", "web", "https")]:
        done = command("explain", "-c", file, f"GET {url}", "--json")
        assert done.returncode == 0, done
        assert listener in done.stdout and words in done.stdout, done.stdout


# ---- the end


def test_a_drain_lets_requests_finish_and_idle_ones_go(origin, fairlead, site, ca):
    def slow(r, c):
        time.sleep(1)
        return ok(b"x" * 100_000)

    front = fairlead(with_tls(origin(serving(slow)), site("a.example")))
    with TlsClient(front.address(), trusting(ca)) as busy, TlsClient(front.address(), trusting(ca)) as idle:
        idle.ask()
        busy.send(request())
        time.sleep(0.3)
        front.signal(signal.SIGTERM)
        answer = busy.final()
        assert answer.status == 200 and answer.complete and len(answer.body) == 100_000
        assert idle.rest() == (b"", "end")
    assert front.wait() == 0


def test_a_handshake_that_stands_still_is_cut_with_the_drain(origin, fairlead, site):
    front = fairlead(with_tls(origin(), site("a.example")), drain="1s")
    with front.client() as client:
        client.send(b"\x16\x03\x01\x02\x00\x01")
        eventually(lambda: front.metric("fairlead_connections") == 1, "the connection")
        front.signal(signal.SIGTERM)
        client.rest()
    assert front.wait() == 0


def test_an_idle_connection_costs_little(origin, fairlead, site, ca):
    count = 1000
    front = fairlead(with_tls(origin(), site("a.example"), workers=1, listener={"idle_timeout": "10m"}))
    context = trusting(ca)

    def open_some(number):
        clients = []
        for _ in range(number):
            clients.append(TlsClient(front.address(), context))
            assert clients[-1].ask().status == 200
        return clients

    clients = open_some(100)
    before = front.resident()
    clients += open_some(count)
    each = (front.resident() - before) / count
    print(f"an idle TLS connection: {each:.1f} KiB")
    for client in clients:
        client.close()
    # Any buffer that is held while idle, ours or OpenSSL's, would be more than this.
    assert each < 8 * FACTOR, f"{each:.1f} KiB"
