"""OCSP stapling, and the limit of handshakes: what listeners do beyond their certificate."""
import datetime
import socket
import subprocess
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from certificates import DAY, Certificate, TlsClient, authority, trusting
from fairlead import command, one_pool
from timing import PATIENCE, eventually


@pytest.fixture(scope="module")
def ca():
    return authority()


def answer(certificate, issuer, signer=None, status=ocsp.OCSPCertStatus.GOOD, begins=-1, ends=7):
    """What the issuer says of a certificate, in DER."""
    signer = signer or issuer
    now = datetime.datetime.utcnow()
    revoked = status == ocsp.OCSPCertStatus.REVOKED
    made = ocsp.OCSPResponseBuilder().add_response(
        cert=certificate.certificate, issuer=issuer.certificate, algorithm=hashes.SHA1(), cert_status=status,
        this_update=now + begins * DAY, next_update=now + ends * DAY if ends else None,
        revocation_time=now if revoked else None, revocation_reason=None,
    ).responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate).sign(signer.key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.DER)


@pytest.fixture
def site(ca, tmp_path):
    """A certificate with the one that issued it, in files."""
    middle = Certificate(subject="Middle CA", issuer=ca, authority=True)
    leaf = Certificate("a.example", issuer=middle)
    leaf.files = leaf.write(tmp_path, "a")
    leaf.ocsp = tmp_path / "a.ocsp"
    return leaf


def stapled(front):
    """What a client that asks is told; nothing where it is told nothing."""
    done = subprocess.run(["openssl", "s_client", "-connect", front.address(), "-servername", "a.example", "-status"],
                          input="", capture_output=True, text=True, timeout=PATIENCE * 3)
    assert "OCSP response" in done.stdout, done
    return "Cert Status: good" in done.stdout and "OCSP Response Status: successful" in done.stdout


def start(fairlead, origin, site, **tls):
    return fairlead(one_pool(origin().address, listener={"tls": {**site.files, "ocsp": str(site.ocsp), **tls}}))


def test_a_client_that_asks_is_told(fairlead, origin, site):
    site.ocsp.write_bytes(answer(site, site.issuer))
    front = start(fairlead, origin, site)
    assert stapled(front)
    [(labels, until)] = front.metrics()["fairlead_ocsp_next_update_seconds"]
    assert labels == {"listener": "web", "certificate": site.files["cert"]}
    assert abs(until - time.time() - 7 * 86400) < 7300


def test_a_new_answer_is_taken_up(fairlead, origin, site):
    site.ocsp.write_bytes(answer(site, site.issuer, ends=-1, begins=-8))
    front = start(fairlead, origin, site)
    assert not stapled(front) and "is not stapled: it was good until" in front.errors()
    assert front.metric("fairlead_ocsp_next_update_seconds") == 0
    site.ocsp.write_bytes(answer(site, site.issuer))
    front.reload()
    eventually(lambda: stapled(front), "the new answer")
    site.ocsp.unlink()
    front.reload()
    eventually(lambda: not stapled(front), "nothing to show")


def test_only_what_is_good_is_stapled(fairlead, origin, site, ca):
    other = Certificate("b.example", issuer=site.issuer)
    stranger = authority("Stranger")
    for der, words in [
        (answer(site, site.issuer, status=ocsp.OCSPCertStatus.REVOKED), "it says that the certificate is revoked"),
        (answer(site, site.issuer, status=ocsp.OCSPCertStatus.UNKNOWN), "it says that the certificate is unknown"),
        (answer(site, site.issuer, begins=2), "it is not good before"),
        (answer(site, site.issuer, ends=None), "until when it is good"),
        (answer(other, site.issuer), "it is about another certificate"),
        (answer(site, site.issuer, signer=stranger), "has not signed it"),
        (b"-----BEGIN OCSP RESPONSE-----", "it holds no OCSP response in DER"),
        (b"", "it holds no OCSP response in DER"),
    ]:
        site.ocsp.write_bytes(der)
        file = site.ocsp.parent / "fairlead.yaml"
        file.write_text(f"listeners: {{ web: {{ bind: 443, tls: {{ cert: a.crt, key: a.key, ocsp: a.ocsp }}, pool: [127.0.0.1:9001] }} }}\n")
        done = command("check", "-c", file)
        assert done.returncode == 0 and words in done.stderr, (words, done.stderr)
    front = start(fairlead, origin, site)
    assert not stapled(front)


def test_without_the_issuer_its_name_and_the_number_are_compared(tmp_path, ca):
    leaf = Certificate("a.example", issuer=ca)  # whose root is left out
    leaf.write(tmp_path, "a")
    file = tmp_path / "fairlead.yaml"
    file.write_text("listeners: { web: { bind: 443, tls: { cert: a.crt, key: a.key, ocsp: a.ocsp }, pool: [127.0.0.1:9001] } }\n")
    for about, fits in [(leaf, True), (Certificate("a.example", issuer=ca), False)]:
        (tmp_path / "a.ocsp").write_bytes(answer(about, ca))
        done = command("check", "-c", file)
        assert done.returncode == 0 and ("another certificate" in done.stderr) != fits, done.stderr


# ---- many at once


@pytest.fixture
def crowded(fairlead, origin, site):
    """One worker, and room for five."""
    site.ocsp.write_bytes(answer(site, site.issuer))
    tls = {**site.files, "max_handshakes": 5}
    return fairlead(one_pool(origin().address, listener={"tls": tls}, workers=1))


def silent(front, count):
    return [socket.create_connection(("127.0.0.1", front.port())) for _ in range(count)]


def refused(front):
    return front.metric("fairlead_tls_handshake_failures_total", listener="web", reason="overloaded")


def serves(front, ca):
    try:
        with TlsClient(front.address(), trusting(ca)) as client:
            return client.ask().status == 200
    except OSError:
        return False


def test_too_many_handshakes_at_once_are_refused(crowded, ca):
    with TlsClient(crowded.address(), trusting(ca)) as kept:
        assert kept.ask().status == 200  # a handshake that is done has left its place
        crowd = silent(crowded, 5)
        eventually(lambda: crowded.metric("fairlead_connections") == 6, "they are here")
        assert not serves(crowded, ca)
        assert refused(crowded) == 1
        assert kept.ask().status == 200
        crowd.pop().close()
        eventually(lambda: crowded.metric("fairlead_connections") == 5, "one has left")
        assert serves(crowded, ca)
        for one in crowd:
            one.close()


def test_whoever_stands_still_makes_room(crowded, ca):
    crowd = silent(crowded, 5)
    time.sleep(1.2)
    for _ in range(4):
        assert serves(crowded, ca)
    assert refused(crowded) == 1  # once: whoever was served has left its place
    crowd[0].settimeout(PATIENCE)
    try:
        assert crowd[0].recv(1) == b""
    except ConnectionResetError:
        pass
    for one in crowd:
        one.close()
