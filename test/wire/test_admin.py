"""The admin address: health, readiness, metrics and the API, by the names that users were promised."""
import re
import shutil
import subprocess

import pytest

from fairlead import command, one_pool, problem
from origin import Refusing, named, ok, serving
from raw import Client, once
from timing import eventually

LABELS = {
    "fairlead_requests_total": {"listener", "route", "pool", "code"},
    "fairlead_backend_requests_total": {"pool", "backend", "code"},
    "fairlead_backend_active": {"pool", "backend"},
    "fairlead_backend_state": {"pool", "backend", "state"},
    "fairlead_connections": {"listener"},
    "fairlead_connections_total": {"listener"},
    "fairlead_bytes_total": {"listener", "direction"},
    "fairlead_config_generation": set(),
    "fairlead_cpu_seconds_total": set(),
    "fairlead_resident_memory_bytes": set(),
    "fairlead_loop_lag_seconds": None,  # a histogram or a gauge, with labels of its own
    "fairlead_retries_total": {"pool"},
    "fairlead_retries_refused_total": {"pool", "reason"},
}


@pytest.fixture
def front(origin, fairlead, stack):
    """In front of one live backend and one dead one, with some traffic behind it."""
    backend, dead = origin(named("a")), stack.enter_context(Refusing())
    proxy = fairlead(one_pool(backend.address, dead.address, pool_options={"balance": "round_robin"}))
    for _ in range(6):
        assert once(proxy.address(), "/x").status == 200
    assert once(proxy.address(), "/x", "POST", body=b"y" * 1000).status == 200
    proxy.live, proxy.dead = backend.address, dead.address
    eventually(lambda: proxy.metric("fairlead_requests_total", code="200") == 7, "seven requests in the metrics")
    return proxy


def test_health_is_200_while_it_runs(front):
    assert front.admin("/health").status == 200


def test_ready_when_it_can_serve(front):
    assert front.admin("/ready").status == 200


def test_not_ready_without_a_usable_pool(fairlead, stack):
    dead = stack.enter_context(Refusing())
    front = fairlead(one_pool(dead.address, pool_options={"health": {"tcp": {}, "interval": "100ms"}}), ready="/health")

    def unready():
        # Before the first probes it is unready too, but for another reason.
        answer = front.admin("/ready")
        return answer.status == 503 and b"app" in answer.body

    eventually(unready, "the pool to be found unusable, and to be named")


def test_metrics_have_the_names_and_labels_that_were_promised(front):
    samples = front.metrics()
    for name, labels in LABELS.items():
        found = samples.get(name) or samples.get(name + "_bucket")
        assert found, f"no {name}"
        if labels is not None:
            assert {frozenset(l) for l, _ in found} == {frozenset(labels)}, (name, found)
    for suffix in ("bucket", "sum", "count"):
        assert samples[f"fairlead_request_duration_seconds_{suffix}"]
    errors = samples["fairlead_backend_errors_total"]
    assert [labels for labels, value in errors if labels["backend"] == front.dead and value], errors
    assert all(set(labels) == {"pool", "backend", "kind"} for labels, _ in errors)


def test_metrics_count_what_happened(front):
    assert front.metric("fairlead_backend_requests_total", backend=front.live, code="200") == 7
    assert front.metric("fairlead_connections_total", listener="web") >= 7
    assert front.metric("fairlead_bytes_total", listener="web") > 1000
    assert front.metric("fairlead_request_duration_seconds_count") == 7
    assert front.metric("fairlead_backend_active") == 0
    assert front.metric("fairlead_resident_memory_bytes") > 1 << 20
    assert front.metric("fairlead_cpu_seconds_total") > 0


def test_buckets_only_grow(front):
    series = {}
    for labels, value in front.metrics()["fairlead_request_duration_seconds_bucket"]:
        key = tuple(sorted((k, v) for k, v in labels.items() if k != "le"))
        series.setdefault(key, []).append((float(labels["le"]), value))
    for buckets in series.values():
        assert [le for le, _ in buckets] == sorted(le for le, _ in buckets) and buckets[-1][0] == float("inf")
        assert [value for _, value in buckets] == sorted(value for _, value in buckets)


def test_promtool_accepts_the_metrics(front):
    promtool = shutil.which("promtool") or pytest.skip("promtool is not installed")
    answer = front.admin("/metrics")
    assert answer.get("content-type").startswith("text/plain; version=0.0.4")
    done = subprocess.run([promtool, "check", "metrics"], input=answer.body, capture_output=True)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


def test_label_values_are_escaped(origin, fairlead):
    """A backend may answer with any code; the page stays readable for Prometheus."""
    front = fairlead(one_pool(origin(serving(lambda r, c: ok(status=f"{r.target[1:]} x"))).address))
    for status in range(210, 270):
        assert once(front.address(), f"/{status}").status == status
    promtool = shutil.which("promtool") or pytest.skip("promtool is not installed")
    assert subprocess.run([promtool, "check", "metrics"], input=front.admin("/metrics").body).returncode == 0
    assert front.metric("fairlead_requests_total") == 60


def test_status_tells_who_runs(front):
    status = front.json("/api/v1/status")
    assert re.match(r"\d+\.\d+\.\d+", status["version"])
    assert front.address() in repr(status["listeners"]) and "web" in repr(status["listeners"])
    assert [value for key, value in status.items() if "uptime" in key]
    assert [value for key, value in status.items() if "generation" in key]


def test_pools_tell_all_about_their_backends(front):
    listed = front.json("/api/v1/pools")
    pools = listed["pools"] if isinstance(listed, dict) else listed
    assert [pool["name"] for pool in pools] == ["app"]
    single = front.pool("app")
    assert (
        {b["address"] for b in single["backends"]}
        == {b["address"] for b in pools[0]["backends"]}
        == {front.live, front.dead}
    )
    for backend in single["backends"]:
        assert {"address", "state", "since", "reason", "weight", "active"} <= set(backend), backend
        assert backend["state"] in ("healthy", "unhealthy")
        assert [key for key in backend if "latency" in key], backend


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/api/v1/nothing",
        "/api/v1/pools/nobody",
        "/api/v2/pools",
        "/api/v1/pools/app/nothing",
        "/metricsx",
        "/api",
    ],
)
def test_what_is_not_there_is_a_404(front, path):
    assert problem(front.admin(path), 404)


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "PATCH"])
@pytest.mark.parametrize("path", ["/health", "/metrics", "/api/v1/status", "/api/v1/pools"])
def test_a_wrong_method_is_a_405(front, method, path):
    answer = front.admin(path, method, b"")
    problem(answer, 405)
    assert "GET" in answer.get("allow")


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics", "/api/v1/status"])
def test_head_is_get_without_a_body(front, path):
    with Client(front.address("admin")) as client:
        head = client.ask(path, "HEAD")
        assert head.status == 200 and int(head.get("content-length")) > 0
        assert client.ask(path).status == 200


def test_the_admin_address_keeps_connections_and_takes_pipelined_requests(front):
    with Client(front.address("admin")) as client:
        client.send(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n" * 5)
        assert [client.final().status for _ in range(5)] == [200] * 5


@pytest.mark.parametrize(
    "bad",
    [
        b"GET /health HTTP/1.1\r\n\r\n",
        b"GET  /health HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\r\n\r\n",
        b"POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_the_admin_address_is_as_strict(front, bad):
    with Client(front.address("admin")) as client:
        assert client.send_what_goes(bad).final().status == 400
        client.expect_closed()
    assert front.admin("/health").status == 200


def test_admin_off_is_off(origin, fairlead):
    backend = origin(named("a"))
    front = fairlead(one_pool(backend.address, admin="off"))
    assert once(front.address()).body == b"a"
    assert "admin" not in front.ports


def test_status_prints_a_table(front):
    done = command("status", "--admin", front.address("admin"))
    assert done.returncode == 0, done
    for word in ("web", "app", front.live, front.dead, "healthy"):
        assert word in done.stdout, done.stdout
    assert len({len(line.rstrip()) for line in done.stdout.splitlines()}) > 1


def test_status_without_an_instance_says_so():
    with Refusing() as nobody:
        done = command("status", "--admin", nobody.address)
        assert done.returncode in (1, 3) and nobody.address in done.stderr


def test_the_answers_of_what_a_client_is_told(origin, fairlead):
    front = fairlead(
        {
            "listeners": {"web": {"bind": "127.0.0.1:<web>", "routes": [{"match": {"path": "/a/*"}, "pool": "app"}]}},
            "pools": {"app": {"health": "off", "backends": [origin().address]}},
        }
    )
    kinds = {problem(once(front.address(), "/b"), 404)}
    with front.client() as client:
        kinds.add(problem(client.send(b"GET / HTTP/1.1\r\n\r\n").final(), 400))
    with front.client() as client:
        kinds.add(problem(client.send(b"GET / HTTP/1.1\r\nX: " + b"y" * 70000 + b"\r\n\r\n").final(), 431))
    assert len(kinds) == 3, "different causes have different types"


def test_an_error_is_not_sent_a_body_for_head(fairlead):
    front = fairlead(
        {
            "listeners": {
                "web": {
                    "bind": "127.0.0.1:<web>",
                    "routes": [{"match": {"path": "/a"}, "respond": {"status": 200, "body": "abc"}}],
                }
            },
            "pools": {},
        }
    )
    with front.client() as client:
        assert client.ask("/b", "HEAD").status == 404
        answer = client.ask("/a", "HEAD")
        assert (answer.status, answer.get("content-length")) == (200, "3")
        assert client.ask("/a").body == b"abc"
