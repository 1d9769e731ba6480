"""Real peers: curl as the client, nginx as the origin."""
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from fairlead import Fairlead, free_port, one_pool
from raw import once
from timing import PATIENCE, eventually

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
LARGE = os.urandom(1 << 20) * 64

CONFIG = """\
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off; client_max_body_size 0; default_type application/octet-stream;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port};
    root {folder}/files;
    gzip on; gzip_min_length 1; gzip_types text/plain application/octet-stream;
    location /no-keepalive/ {{ keepalive_timeout 0; alias {folder}/files/; }}
    location /few/ {{ keepalive_requests 3; alias {folder}/files/; }}
    location = /echo {{ return 200 "$request_method $request_uri $http_host $http_x_forwarded_for"; }}
    location = /moved {{ return 302 /small.txt; }}
    location = /empty {{ return 204; }}
    location /put/ {{ dav_methods PUT DELETE; create_full_put_path on; alias {folder}/put/; }}
  }}
}}
"""


class Nginx:
    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="fairlead-nginx-")
        folder = Path(self.folder.name)
        folder.chmod(0o755)
        (folder / "files").mkdir()
        (folder / "put").mkdir()
        (folder / "put").chmod(0o777)
        (folder / "files" / "small.txt").write_text("small\n")
        (folder / "files" / "page.txt").write_text("page " * 1000)
        (folder / "files" / "large.bin").write_bytes(LARGE)
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        (folder / "nginx.conf").write_text(CONFIG.format(folder=folder, port=self.port))
        self.log = open(folder / "said", "w+")
        self.process = subprocess.Popen(
            [NGINX, "-c", folder / "nginx.conf", "-p", folder, "-g", "user root;" if os.geteuid() == 0 else ""],
            stdout=self.log,
            stderr=self.log,
        )
        eventually(self._up, "nginx")
        return self

    def _up(self):
        assert self.process.poll() is None, Path(self.log.name).read_text()
        try:
            return once(self.address, "/small.txt").status == 200
        except OSError:
            return False

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.log.close()
        self.folder.cleanup()


@pytest.fixture(scope="module")
def front():
    with Nginx() as nginx, Fairlead(one_pool(nginx.address)) as proxy:
        proxy.origin = nginx
        yield proxy


def curl(front, *arguments, code=0):
    done = subprocess.run(
        [
            "curl",
            "-sS",
            "--max-time",
            str(int(PATIENCE * 3)),
            *[a.replace("@@", f"http://{front.address()}") for a in arguments],
        ],
        capture_output=True,
    )
    assert done.returncode == code, done.stderr.decode()
    return done.stdout


def test_curl_gets_a_file(front):
    assert curl(front, "@@/small.txt") == b"small\n"


@pytest.mark.parametrize("version", ["--http1.0", "--http1.1"])
def test_curl_in_either_version(front, version):
    assert curl(front, version, "@@/small.txt", "@@/small.txt") == b"small\n" * 2


def test_what_nginx_sees_is_what_curl_asked(front):
    assert curl(front, "-H", "Host: shop.test", "@@/echo?a=1") in (
        b"GET /echo?a=1 shop.test 127.0.0.1",
        b"GET /echo?a=1 shop.test ",
    )


def test_a_large_file_arrives_whole(front):
    assert hashlib.blake2b(curl(front, "@@/large.bin")).digest() == hashlib.blake2b(LARGE).digest()


def test_a_slow_curl_gets_it_whole_too(front):
    assert curl(front, "--limit-rate", "40M", "-r", "0-9999999", "@@/large.bin") == LARGE[:10_000_000]


@pytest.mark.parametrize(
    "asked, start, end",
    [
        ("0-0", 0, 1),
        ("100-199", 100, 200),
        ("-500", len(LARGE) - 500, len(LARGE)),
        ("67000000-", 67_000_000, len(LARGE)),
    ],
)
def test_ranges(front, asked, start, end):
    assert curl(front, "-r", asked, "@@/large.bin") == LARGE[start:end]


def test_two_ranges_at_once(front):
    assert b"multipart/byteranges" in curl(front, "-i", "-r", "0-9,100-109", "@@/large.bin")


def test_head_by_curl(front):
    said = curl(front, "-I", "@@/large.bin").decode().lower()
    assert said.startswith("http/1.1 200") and f"content-length: {len(LARGE)}" in said


def test_conditional_requests(front):
    etag = once(front.address(), "/small.txt").get("etag")
    assert (
        curl(front, "-o", "/dev/null", "-w", "%{http_code}", "-H", f"If-None-Match: {etag}", "@@/small.txt") == b"304"
    )


def test_compressed_and_chunked_by_nginx(front):
    assert curl(front, "--compressed", "@@/page.txt") == b"page " * 1000
    answer = once(front.address(), "/page.txt", fields=["Accept-Encoding: gzip"])
    assert answer.framing == "chunked" and answer.get("content-encoding") == "gzip"


def test_redirects_are_followed(front):
    assert curl(front, "-L", "@@/moved") == b"small\n"


def test_nothing_is_204(front):
    assert curl(front, "-w", "%{http_code}", "@@/empty") == b"204"


def test_many_files_on_one_connection(front):
    out = curl(front, "-w", "%{num_connects} ", *["@@/small.txt"] * 30)
    assert out.replace(b"small\n", b"").split() == [b"1"] + [b"0"] * 29


@pytest.mark.parametrize("folder", ["no-keepalive", "few"])
def test_an_origin_that_closes_often_costs_nothing(front, folder):
    assert curl(front, *[f"@@/{folder}/small.txt"] * 50) == b"small\n" * 50


@pytest.mark.parametrize("expect", ["Expect: 100-continue", "Expect:"])
@pytest.mark.parametrize("coding", ["Content-Type: x/y", "Transfer-Encoding: chunked"])
def test_uploads(front, tmp_path, expect, coding):
    source = tmp_path / "upload"
    source.write_bytes(LARGE[:20_000_000])
    path = f"@@/put/{abs(hash((expect, coding)))}"
    assert (
        curl(front, "-o", "/dev/null", "-w", "%{http_code}", "-H", expect, "-H", coding, "-T", str(source), path)
        == b"201"
    )
    target = Path(front.origin.folder.name) / path.removeprefix("@@/")
    assert target.read_bytes() == LARGE[:20_000_000]


def test_parallel_curls(front):
    out = curl(front, "--parallel", "--parallel-max", "20", *["@@/page.txt"] * 100)
    assert out == b"page " * 100_000


def test_curl_over_a_tcp_listener(front, stack):
    with Fairlead(one_pool(front.origin.address, protocol="tcp")) as relay:
        assert curl(relay, "@@/large.bin") == LARGE
