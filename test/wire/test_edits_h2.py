"""What routes change, limit and copy, for clients and backends of HTTP/2: the same as for HTTP/1."""
import shutil
import subprocess

import pytest

from edited import one_route
from fairlead import pool
from origin import ok, serving
from timing import PATIENCE, eventually

pytestmark = pytest.mark.skipif(not shutil.which("curl"), reason="no curl")


def curl(proxy, path, *arguments, whole=True):
    """The head and the body, over HTTP/2 without TLS. `whole`: the request is taken to its end."""
    done = subprocess.run(
        ["curl", "-sS", "--http2-prior-knowledge", "-i", *arguments, f"http://{proxy.address()}{path}"],
        capture_output=True, timeout=PATIENCE * 2, check=whole,
    )
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    return head.decode().lower(), body


def test_edits(origin, fairlead):
    backend = origin(serving(lambda request, connection: ok(b"ok", "X-Powered-By: secret")))
    proxy = fairlead(
        one_route(
            backend.address,
            rewrite={"path": {"strip_prefix": "/api"}, "host": "app.internal"},
            request_headers={"set": {"x-tier": "gold"}, "remove": ["x-debug"]},
            response_headers={"remove": ["x-powered-by"], "preset": "security"},
        )
    )
    head, body = curl(proxy, "/api/1?a=b", "-H", "X-Debug: 1", "-H", "X-Tier: none")
    assert head.startswith("http/2 200") and body == b"ok"
    assert "x-content-type-options: nosniff" in head and "secret" not in head
    seen = backend.requests[0]
    assert (seen.target, seen.get("host"), seen.all("x-tier")) == ("/1?a=b", "app.internal", ["gold"])
    assert not seen.all("x-debug")


def test_limits_buffers_and_copies(origin, fairlead, tmp_path):
    backend, shadow = origin(), origin()
    proxy = fairlead(
        one_route(backend.address, max_body="100KiB", buffer="64KiB", mirror="shadow", pools={"shadow": pool(shadow.address)})
    )
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(b"s" * 50_000)
    large.write_bytes(b"l" * 150_000)
    for arguments in (["--data-binary", f"@{small}"], ["-T", str(small), "-X", "POST", "-H", "Content-Length:"]):
        head, body = curl(proxy, "/", *arguments)
        assert head.startswith("http/2 200") and body == b"ok"
    assert [r.body for r in backend.requests] == [b"s" * 50_000] * 2
    eventually(lambda: [r.body for r in shadow.requests] == [b"s" * 50_000] * 2, "two copies")
    # Older versions of curl do not read the 413 of a request that they are still sending.
    curl(proxy, "/", "--data-binary", f"@{large}", whole=False)
    assert proxy.metric("fairlead_requests_total", code="413") == 1
    assert proxy.metric("fairlead_route_refused_total", reason="max_body") == 1
    assert len(backend.requests) == 2


def test_a_mirror_speaks_http2(origin, fairlead):
    """Behind our own HTTP/2 listener: the copy arrives there over a connection that is shared."""
    backend, shadow = origin(), origin()
    inner = fairlead(one_route(shadow.address))
    proxy = fairlead(
        one_route(backend.address, mirror="shadow",
                  pools={"shadow": {**pool(inner.address()), "protocol": "h2"}})
    )
    for _ in range(2):
        assert curl(proxy, "/", "-d", "hello")[1] == b"ok"
    eventually(lambda: [r.body for r in shadow.requests] == [b"hello"] * 2, "two copies")
    assert proxy.metric("fairlead_mirrored_total", result="answered") == 2


def test_a_buffered_response_of_http2_frees_its_backend(origin, fairlead):
    backend = origin(serving(lambda request, connection: ok(b"x" * 3_000_000)))
    inner = fairlead(one_route(backend.address))
    config = one_route(inner.address(), buffer={"response": "4MiB"})
    config["pools"]["app"]["protocol"] = "h2"
    proxy = fairlead(config)
    with proxy.client(receive_buffer=4096) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        eventually(lambda: proxy.metric("fairlead_backend_requests_total", code="200") == 1, "the backend is done")
        eventually(lambda: proxy.metric("fairlead_backend_active") == 0, "the backend is free")
        answer = client.final()
    assert answer.complete and len(answer.body) == 3_000_000
