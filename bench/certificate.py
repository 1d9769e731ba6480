"""A certificate for one run, and what the Python generators may offer in a handshake.

P-256, signed by itself, the same files for every proxy. HAProxy wants both in one file.
"""

import os
import subprocess

# Read by OpenSSL itself: Python's ssl has no call for the suites of TLS 1.3, nor for the group.
OPENSSL_SETTINGS = """
openssl_conf = start
[start]
ssl_conf = modules
[modules]
system_default = defaults
[defaults]
Ciphersuites = TLS_AES_128_GCM_SHA256
Groups = X25519
"""


def make(folder):
    """The path of the certificate without .crt, .key or .pem. RuntimeError when openssl cannot."""
    base = os.path.join(folder, "bench")
    done = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "30", "-subj", "/CN=bench.example", "-addext", "subjectAltName=DNS:bench.example",
         "-keyout", f"{base}.key", "-out", f"{base}.crt"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"openssl made no certificate: {done.stderr}")
    with open(f"{base}.pem", "w", encoding="ascii") as both:
        for name in (f"{base}.crt", f"{base}.key"):
            with open(name, encoding="ascii") as file:
                both.write(file.read())
    return base


def write_client_settings(folder):
    """A value for OPENSSL_CONF: TLS 1.3 with the suite and the group that every proxy is compared with."""
    path = os.path.join(folder, "openssl.cnf")
    with open(path, "w", encoding="ascii") as file:
        file.write(OPENSSL_SETTINGS)
    return path
