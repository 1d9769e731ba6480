"""testssl.sh looks at a listener: the part of it that takes half a minute.

All of it takes minutes; `testssl --nodns none ADDRESS` says nothing above LOW but of the certificate
of the test and of headers that a route has to add.
"""
import json
import shutil
import subprocess

import pytest

from certificates import Certificate, authority
from fairlead import one_pool
from timing import FACTOR

pytestmark = pytest.mark.skipif(not shutil.which("testssl"), reason="testssl.sh is not installed")

# Protocols, Heartbleed, CCS, Ticketbleed, ROBOT, renegotiation, CRIME, fallback, SWEET32.
PARTS = ["-p", "-H", "-I", "-T", "-BB", "-R", "-C", "-Z", "-W"]


def test_testssl_finds_nothing(origin, fairlead, tmp_path):
    ca = authority()
    certificates = [Certificate("a.example", issuer=ca, kind=kind).write(tmp_path, kind) for kind in ("ec", "rsa")]
    front = fairlead(one_pool(origin().address, listener={"tls": {"certificates": certificates}}))
    report = tmp_path / "report.json"
    subprocess.run(["testssl", "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--openssl-timeout", "10",
                    "--connect-timeout", "10", *PARTS, "-oj", report, front.address()],
                   capture_output=True, text=True, timeout=240 * FACTOR)
    findings = {each["id"]: each for each in json.loads(report.read_text())}
    bad = [each for each in findings.values() if each["severity"] not in ("OK", "INFO", "LOW")]
    assert not bad, bad
    for name, said in [("TLS1_1", "not offered"), ("TLS1_2", "offered"), ("TLS1_3", "offered with final"),
                       ("secure_client_renego", "not vulnerable"), ("CRIME_TLS", "not vulnerable")]:
        assert findings[name]["finding"].startswith(said), findings[name]
