"""Active probes and failed connects: who is taken out, who comes back, and what is said about it."""
import pytest

from fairlead import one_pool, problem
from origin import Origin, Refusing, named, ok, serving
from raw import once
from timing import eventually

FAST = {"interval": "100ms", "timeout": "2s", "healthy_threshold": 2, "unhealthy_threshold": 3}


def switchable(name):
    """A script that answers /health by `origin.well` (a status) and everything else by name."""
    return serving(lambda r, c: ok(b"", status=c.origin.well) if r.target == "/health" else ok(name.encode()))


def well(backend, status="200 OK"):
    backend.well = status
    return backend


def probed(*addresses, health=None, **options):
    return one_pool(
        *addresses,
        pool_options={"health": {"http": "/health", **FAST, **(health or {})}, "balance": "round_robin", **options},
        workers=1,
    )


def asked(front, times=8):
    return {once(front.address()).body for _ in range(times)}


@pytest.fixture
def two(origin):
    a, b = Origin(switchable("a")), Origin(switchable("b"))
    well(a), well(b)
    with a, b:
        yield a, b


def test_an_http_probe_takes_out_and_brings_back(two, fairlead):
    a, b = two
    front = fairlead(probed(a.address, b.address))
    eventually(lambda: set(front.states().values()) == {"healthy"}, "both to be healthy")
    assert asked(front) == {b"a", b"b"}
    well(a, "500 Internal Server Error")
    eventually(lambda: front.states()[a.address] == "unhealthy", "a to be taken out")
    assert asked(front) == {b"b"}
    assert "500" in front.backends()[a.address]["reason"]
    well(a)
    eventually(lambda: front.states()[a.address] == "healthy", "a to come back")
    assert asked(front) == {b"a", b"b"}


def test_a_probe_is_a_well_formed_request(two, fairlead):
    a, b = two
    fairlead(probed(a.address, b.address))
    probe = a.wait_requests(1)[0]
    assert (probe.line, probe.get("host")) == ("GET /health HTTP/1.1", a.address)
    assert probe.get("user-agent")


def test_a_tcp_probe_takes_out_and_brings_back(origin, fairlead):
    a, b = origin(named("a")), origin(named("b"))
    front = fairlead(
        one_pool(a.address, b.address, pool_options={"health": {"tcp": {}, **FAST}, "balance": "round_robin"})
    )
    eventually(lambda: set(front.states().values()) == {"healthy"}, "both to be healthy")
    a.stop()
    eventually(lambda: front.states()[a.address] == "unhealthy", "a to be taken out")
    assert asked(front) == {b"b"}
    assert "refused" in front.backends()[a.address]["reason"]
    origin(named("again"), port=a.port)
    eventually(lambda: front.states()[a.address] == "healthy", "a to come back")
    assert asked(front) == {b"again", b"b"}


def test_probes_by_tcp_are_the_default(origin, fairlead):
    a = origin(named("a"))
    config = one_pool(a.address)
    del config["pools"]["app"]["health"]
    front = fairlead(config)
    eventually(lambda: a.connections and not a.used(), "a connect without a byte")
    eventually(lambda: front.states()[a.address] == "healthy", "a to be healthy")


@pytest.mark.parametrize(
    "status, expect, state",
    [
        ("204 No Content", None, "healthy"),
        ("302 Found", None, "healthy"),
        ("404 Not Found", None, "unhealthy"),
        ("503 Service Unavailable", None, "unhealthy"),
        ("404 Not Found", ["404"], "healthy"),
        ("200 OK", ["404"], "unhealthy"),
        ("201 Created", ["200-204", "404"], "healthy"),
    ],
)
def test_expect_decides_what_passes(two, fairlead, status, expect, state):
    a, b = two
    well(a, status)
    front = fairlead(probed(a.address, b.address, health={"expect": expect} if expect else None), ready="/health")
    eventually(lambda: front.states()[a.address] == state, f"a to be {state}")


@pytest.mark.parametrize(
    "answer", [b"", b"hello\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", b"HTTP/1.1 2"]
)
def test_a_broken_answer_is_a_failed_probe(two, origin, fairlead, answer):
    """Also one that would be malformed for a client."""
    broken = origin(lambda c: c.request() and c.send(answer))
    front = fairlead(probed(broken.address, two[1].address))
    eventually(lambda: front.states()[broken.address] == "unhealthy", "it to be taken out")
    assert front.backends()[broken.address]["reason"]


def test_a_probe_that_is_not_answered_in_time_has_failed(two, origin, fairlead):
    silent = origin(lambda c: c.drain())
    front = fairlead(probed(silent.address, two[1].address, health={"timeout": "200ms"}))
    eventually(lambda: front.states()[silent.address] == "unhealthy", "it to be taken out")
    assert asked(front) == {b"b"}


def test_thresholds_are_counted_in_a_row(origin, fairlead):
    """Two failures, a pass, and so on: never three in a row, so it is never taken out."""
    seen = []

    def answer(r, c):
        seen.append(0)
        return ok(b"", status="500 x" if len(seen) > 2 and len(seen) % 3 else "200 OK")

    a = origin(serving(answer))
    front = fairlead(probed(a.address, health={"interval": "50ms"}))
    states = set()

    def watch():
        states.add(front.states()[a.address])
        return len(seen) > 20

    eventually(watch, "twenty probes", 30)
    assert "unhealthy" not in states, states


def test_a_refused_connect_counts_at_once(two, fairlead):
    """Probes are far apart; the first request finds it dead, and nobody is sent there again."""
    a, b = two
    front = fairlead(probed(a.address, b.address, health={"interval": "60s"}))
    eventually(lambda: set(front.states().values()) == {"healthy"}, "both to be healthy")
    a.stop()
    assert asked(front) == {b"b"}
    eventually(lambda: front.states()[a.address] == "unhealthy", "a to be taken out by traffic")
    retried = front.metric("fairlead_retries_total", pool="app")
    assert asked(front) == {b"b"}
    assert front.metric("fairlead_retries_total", pool="app") == retried


def test_none_healthy_is_a_503_that_says_when_to_come_again(stack, fairlead):
    dead = [stack.enter_context(Refusing()).address for _ in range(2)]
    front = fairlead(probed(*dead), ready="/health")
    eventually(lambda: set(front.states().values()) == {"unhealthy"}, "both to be unhealthy")
    answer = once(front.address())
    assert problem(answer, 503, *dead) == "no-healthy-backend"
    assert int(answer.get("retry-after")) >= 1
    unready = front.admin("/ready")
    assert unready.status == 503 and b"app" in unready.body


def test_use_all_tries_them_all_the_same(two, fairlead):
    a, b = two
    well(a, "500 x"), well(b, "500 x")
    front = fairlead(probed(a.address, b.address, when_none_healthy="use_all"), ready="/health")
    eventually(lambda: set(front.states().values()) == {"unhealthy"}, "both to be unhealthy")
    assert asked(front) == {b"a", b"b"}


def test_a_backend_in_its_first_check_waits(two, origin, fairlead):
    """The one that does not answer its first probe gets nothing while another is healthy."""
    slow = origin(serving(lambda r, c: c.drain() if r.target == "/health" else ok(b"slow")))
    front = fairlead(probed(slow.address, two[1].address, health={"timeout": "60s"}), ready="/health")
    eventually(lambda: front.states()[two[1].address] == "healthy", "b to be healthy")
    assert front.states()[slow.address] == "checking"
    eventually(lambda: asked(front) == {b"b"}, "the workers to have heard of it")


def test_the_first_check_is_no_reason_to_refuse_when_there_is_nobody_else(origin, fairlead):
    slow = origin(serving(lambda r, c: c.drain() if r.target == "/health" else ok(b"slow")))
    front = fairlead(probed(slow.address, health={"timeout": "60s"}), ready="/health")
    assert asked(front, 3) == {b"slow"}


def test_probes_are_counted(two, fairlead):
    a, b = two
    well(b, "500 x")
    front = fairlead(probed(a.address, b.address))
    eventually(
        lambda: len(
            {
                tuple(sorted(labels.items()))
                for labels, value in front.metrics().get("fairlead_health_checks_total", [])
                if value
            }
        )
        >= 2,
        "passed and failed probes in the metrics",
    )
    for labels, _ in front.metrics()["fairlead_health_checks_total"]:
        assert set(labels) == {"pool", "backend", "result"}


def test_states_are_told_with_since_and_why(two, fairlead):
    a, b = two
    front = fairlead(probed(a.address, b.address))
    eventually(lambda: set(front.states().values()) == {"healthy"}, "both to be healthy")
    for backend in front.backends().values():
        assert backend["since"] and backend["reason"] and backend["weight"] == 1 and backend["active"] == 0
    samples = front.metrics()["fairlead_backend_state"]
    assert {labels["backend"] for labels, value in samples if labels["state"] == "healthy" and value == 1} == {
        a.address,
        b.address,
    }
    assert not [labels for labels, value in samples if labels["state"] == "unhealthy" and value]


def test_health_off_probes_nobody(origin, fairlead):
    a = origin(named("a"))
    front = fairlead(one_pool(a.address))
    assert asked(front, 3) == {b"a"}
    assert len(a.connections) == len(a.used())
    assert front.states()[a.address] == "healthy"


def test_a_backend_that_is_enabled_again_is_probed_at_once(two, fairlead):
    a, b = two
    front = fairlead(probed(a.address, b.address, health={"interval": "10m"}), ready="/ready")
    eventually(lambda: front.backends()[a.address]["state"] == "healthy", "the first probe")
    for state in ["disabled", "enabled"]:
        front.admin(f"/api/v1/pools/app/backends/{a.address}", "PATCH", b'{"state": "%s"}' % state.encode())
    eventually(lambda: front.backends()[a.address]["state"] == "healthy", "the probe behind the order")
