"""TLS towards backends that are not ours: nginx, openssl s_server, Redis, gRPC."""
import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from certificates import Certificate, authority
from fairlead import free_port, one_pool, problem
from raw import Client, once
from servers import GrpcHealth, Redis
from timing import PATIENCE, eventually

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
LARGE = os.urandom(1 << 20) * 100

CONFIG = """\
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off; client_max_body_size 0; default_type application/octet-stream;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  ssl_certificate {folder}/a.crt; ssl_certificate_key {folder}/a.key; ssl_protocols {protocols};
  server {{
    listen 127.0.0.1:{port} ssl; server_name api.internal; {more}
    root {folder}/files;
    location = /seen {{ return 200 "$ssl_protocol $ssl_session_reused $ssl_server_name $connection_requests $ssl_client_s_dn"; }}
    location /no-keepalive/ {{ keepalive_timeout 0; alias {folder}/files/; }}
  }}
}}
"""


class Nginx:
    def __init__(self, certificate, protocols="TLSv1.2 TLSv1.3", more="", clients=None):
        self.certificate, self.protocols, self.more, self.clients = certificate, protocols, more, clients

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="fairlead-nginx-")
        folder = Path(self.folder.name)
        folder.chmod(0o755)
        (folder / "files").mkdir()
        (folder / "files" / "large.bin").write_bytes(LARGE)
        self.certificate.write(folder, "a")
        if self.clients:
            (folder / "clients.pem").write_text(self.clients.pem())
            self.more += f" ssl_verify_client on; ssl_client_certificate {folder}/clients.pem;"
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        (folder / "nginx.conf").write_text(
            CONFIG.format(folder=folder, port=self.port, protocols=self.protocols, more=self.more))
        self.log = open(folder / "said", "w+")
        self.process = subprocess.Popen(
            [NGINX, "-c", folder / "nginx.conf", "-p", folder, "-g", "user root;" if os.geteuid() == 0 else ""],
            stdout=self.log, stderr=self.log)
        eventually(self._up, "nginx")
        return self

    def _up(self):
        assert self.process.poll() is None, Path(self.log.name).read_text()
        try:
            return once(self.address, "/").status == 400  # plain HTTP to its TLS port
        except OSError:
            return False

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.log.close()
        self.folder.cleanup()


@pytest.fixture(scope="module")
def ca():
    return authority()


@pytest.fixture
def trust(ca, tmp_path):
    (tmp_path / "ca.pem").write_text(ca.pem())
    return {"ca": str(tmp_path / "ca.pem"), "server_name": "api.internal"}


@pytest.fixture
def before(fairlead, trust):
    """`before(address, ...)`: Fairlead before one backend that speaks TLS."""

    def start(address, tls=None, pool_options=None, **options):
        return fairlead(one_pool(address, pool_options={"tls": {**trust, **(tls or {})}, **(pool_options or {})},
                                 **{"workers": 1, **options}))

    return start


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_nginx_sees_kept_connections_and_resumed_sessions(stack, before, ca, version):
    nginx = stack.enter_context(Nginx(Certificate("api.internal", issuer=ca), version))
    front = before(nginx.address)
    with front.client() as client:
        said = [client.ask("/seen").body.decode().split() for _ in range(3)]
        assert said == [[version, ".", "api.internal", str(n)] for n in (1, 2, 3)]
        client.ask("/no-keepalive/none")
    for _ in range(5):
        seen = once(front.address(), "/seen").body.decode().split()
        assert seen[:3] == [version, "r", "api.internal"], seen
        assert once(front.address(), "/no-keepalive/none").status == 404
    assert front.metric("fairlead_pool_tls_resumed_total", pool="app") == 5


def test_a_large_file_of_nginx_is_whole(stack, before, ca):
    nginx = stack.enter_context(Nginx(Certificate("api.internal", issuer=ca, kind="rsa")))
    front = before(nginx.address)
    for path in ("/large.bin", "/no-keepalive/large.bin"):
        with Client(front.address(), timeout=120) as client:
            answer = client.ask(path)
        assert answer.complete and answer.body == LARGE


def test_nginx_wants_to_know_who_we_are(stack, before, ca, tmp_path):
    clients = authority("Clients CA")
    nginx = stack.enter_context(Nginx(Certificate("api.internal", issuer=ca), clients=clients))
    own = Certificate("fairlead.example", issuer=clients).write(tmp_path, "own")
    assert once(before(nginx.address, own).address(), "/seen").body.decode().endswith("CN=fairlead.example")
    assert once(before(nginx.address).address(), "/seen").status == 400


def test_an_nginx_that_is_too_old(stack, before, ca):
    nginx = stack.enter_context(Nginx(Certificate("api.internal", issuer=ca), "TLSv1.2"))
    front = before(nginx.address, {"min_version": "1.3"})
    assert problem(once(front.address()), 502) == "connect-failed"
    assert front.metric("fairlead_pool_tls_handshake_failures_total", reason="version-unsupported") >= 1


def test_many_at_once(stack, before, ca):
    nginx = stack.enter_context(Nginx(Certificate("api.internal", issuer=ca)))
    front = before(nginx.address, workers=2)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: once(front.address(), "/no-keepalive/none").status, range(200)))
    assert set(answers) == {404}


# ---- openssl s_server


@pytest.fixture
def s_server(stack, ca, tmp_path):
    def start(*options, certificate=None):
        files = (certificate or Certificate("api.internal", issuer=ca)).write(tmp_path, "s_server")
        port = free_port()
        process = subprocess.Popen(
            ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", files["cert"], "-key", files["key"], "-www", *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        stack.callback(process.wait)
        stack.callback(process.terminate)

        def listens():
            with open("/proc/net/tcp") as table:
                return any(line.split()[1] == f"0100007F:{port:04X}" and line.split()[3] == "0A" for line in table.readlines()[1:])

        eventually(listens, "s_server")
        return f"127.0.0.1:{port}"

    return start


def test_s_server_sees_what_we_offer(before, s_server):
    page = once(before(s_server("-quiet")).address(), "/").body.decode()
    assert "New, TLSv1.3" in page and "Shared groups: x25519" in page, page
    common = page.partition("Ciphers common between both SSL end points:")[2].partition("Signature")[0].split()
    assert len(common) == 9 and all(("GCM" in name or "CHACHA" in name) and not name.startswith("DHE") for name in common), common


def test_s_server_sees_a_session_come_back(before, s_server):
    front = before(s_server("-quiet"))
    assert "New, TLSv1.3" in once(front.address(), "/").body.decode()
    assert "Reused, TLSv1.3" in once(front.address(), "/").body.decode()


@pytest.mark.parametrize("options", [["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], ["-tls1_2", "-cipher", "AES128-SHA256"],
                                     ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"]], ids=["tls1.1", "no-ephemeral-key", "cbc"])
def test_s_server_that_speaks_old_tls_is_refused(before, s_server, options):
    front = before(s_server(*options))
    assert problem(once(front.address()), 502) == "connect-failed"


# ---- probes


FAST = {"interval": "100ms", "fast_interval": "50ms", "timeout": "2s", "healthy_threshold": 1, "unhealthy_threshold": 2}


def probe_says(front, state, words):
    def says():
        [backend] = front.backends().values()
        last = backend["last_check"]
        return last and backend["state"] == state and words in last["detail"]

    try:
        eventually(says, words)
    except AssertionError as error:
        raise AssertionError(f"{error}: {front.backends()}") from None


def test_redis_is_probed_over_tls(stack, fairlead, ca, trust):
    certificate = Certificate("api.internal", issuer=ca)
    redis = stack.enter_context(Redis(tls=(certificate.pem(), certificate.key_pem())))
    for tls, state, words in [(trust, "healthy", "PONG"), ({**trust, "server_name": "b.internal"}, "unhealthy", "not for b.internal")]:
        front = fairlead(one_pool(redis.address, protocol="tcp", pool_options={"tls": tls, "health": {**FAST, "redis": {}}}), ready="/health")
        probe_says(front, state, words)


def test_grpc_is_probed_over_tls(stack, fairlead, ca, trust):
    certificate = Certificate("api.internal", issuer=ca)
    grpc = stack.enter_context(GrpcHealth(tls=(certificate.key_pem(), certificate.pem()), shop=1))
    for tls, state, words in [(trust, "healthy", "SERVING"), ("off", "unhealthy", "")]:
        front = fairlead(one_pool(grpc.address, pool_options={"tls": trust, "health": {**FAST, "grpc": "shop", "tls": tls if tls == "off" else dict(tls)}}), ready="/health")
        probe_says(front, state, words)
