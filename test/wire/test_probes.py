"""Each kind of probe against what it is made for: real servers, and scripts that say what real ones seldom do."""
import json

import pytest

from fairlead import command, one_pool
from origin import ok, serving
from servers import GrpcHealth, Postgres, Redis
from timing import eventually

FAST = {"interval": "100ms", "fast_interval": "50ms", "timeout": "2s", "healthy_threshold": 1,
        "unhealthy_threshold": 2}


@pytest.fixture
def probed(fairlead):
    """`probed(address, health)`: Fairlead before one backend, probed so."""
    def start(address, health):
        options = {"health": {**FAST, **health}}
        return fairlead(one_pool(address, pool_options=options, workers=1), ready="/health")

    return start


def told(front, state, words, result=None):
    """Waits until the one backend is in that state, and its last check says that."""

    def check():
        (backend,) = front.backends().values()
        last = backend["last_check"]
        fits = last and backend["state"] == state and words in last["detail"]
        return fits and (result is None or last["result"] == result)

    try:
        eventually(check, f"{state}, with {words!r}")
    except AssertionError as error:
        raise AssertionError(f"{error}: {front.backends()}") from None


# ---- http


@pytest.fixture
def health_page(origin):
    backend = origin(serving(lambda r, c: ok(c.origin.body, *c.origin.fields, status=c.origin.status)))
    backend.body, backend.status, backend.fields = b"", "200 OK", []
    return backend


def test_an_http_probe_asks_as_it_is_told(health_page, probed):
    front = probed(health_page.address, {"http": "/up?x=1", "method": "POST", "host": "app.internal",
                                         "headers": {"X-Key": "secret", "user-agent": "mine"}})
    told(front, "healthy", "status 200")
    request = health_page.requests[0]
    assert request.line == "POST /up?x=1 HTTP/1.1"
    assert request.get("host") == "app.internal" and request.get("x-key") == "secret"
    assert request.get("user-agent") == "mine" and request.get("content-length") == "0"


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_other_methods_need_no_body(origin, probed, method):
    backend = origin(serving(lambda r, c: b"HTTP/1.1 200 OK\r\nContent-Length: " +
                             (b"5" if r.method == "HEAD" else b"0") + b"\r\n\r\n"))
    told(probed(backend.address, {"http": "/", "method": method}), "healthy", "status 200")
    assert backend.requests[0].method == method


def test_a_body_must_match(health_page, probed):
    front = probed(health_page.address, {"http": "/", "body": "*ready*"})
    told(front, "unhealthy", "its body does not match `*ready*`")
    health_page.body = b"all is ready\n"
    told(front, "healthy", "status 200")


def test_json_must_match(health_page, probed):
    health_page.body = b'{"status": "ok", "checks": [{"up": true}]}'
    front = probed(health_page.address, {"http": "/", "json": {"/status": "ok", "/checks/0/up": "true"}})
    told(front, "healthy", "status 200")
    health_page.body = b'{"status": "down", "checks": []}'
    told(front, "unhealthy", "`/status` is `down`, expected `ok`")
    health_page.body = b"<html>"
    told(front, "unhealthy", "its body is no JSON")
    health_page.body = b'{"status": "ok", "more": "' + b"x" * 70_000 + b'"}'
    told(front, "unhealthy", "its body is too long to be read as JSON")


def test_an_answer_may_say_that_it_is_degraded(health_page, probed):
    front = probed(health_page.address, {"http": "/", "degraded": {
        "status": [503], "headers": {"X-Health": "degraded"}, "body": "*slow*", "json": {"/status": "limping"}}})
    health_page.status = "503 Service Unavailable"
    eventually(lambda: last(front) == ("degraded", "status 503"), "degraded by its status")
    health_page.status, health_page.fields = "200 OK", ["X-Health: degraded"]
    eventually(lambda: last(front) == ("degraded", "status 200, header x-health is `degraded`"), "by a header")
    health_page.fields, health_page.body = [], b"a slow day"
    eventually(lambda: last(front) == ("degraded", "status 200, its body matches `*slow*`"), "by its body")
    health_page.body = b'{"status": "limping"}'
    eventually(lambda: last(front) == ("degraded", "status 200, `/status` is `limping`"), "by its JSON")
    health_page.body = b"fine"
    eventually(lambda: last(front) == ("passed", "status 200"), "to be well again")
    assert front.metric("fairlead_health_checks_total", result="degraded") >= 4


def last(front):
    (backend,) = front.backends().values()
    return (backend["last_check"]["result"], backend["last_check"]["detail"]) if backend["last_check"] else None


def test_a_probe_may_have_its_own_port(origin, probed):
    served, asked = origin(serving(lambda r, c: ok(b"app"))), origin(serving(lambda r, c: ok(b"well")))
    front = probed(served.address, {"http": "/", "port": asked.port})
    told(front, "healthy", "status 200")
    assert asked.requests and not served.requests


def test_probes_are_faster_while_a_change_is_under_way(health_page, probed):
    health_page.status = "500 x"
    front = probed(health_page.address, {"http": "/", "interval": "1h", "fast_interval": "20ms",
                                         "healthy_threshold": 3})
    told(front, "unhealthy", "status 500")
    health_page.status = "200 OK"
    told(front, "healthy", "status 200")


# ---- tcp


def test_a_tcp_probe_sends_and_expects(origin, probed):
    backend = origin(lambda c: c.until(b"\r\n") and c.send(c.origin.answer))
    backend.answer = b"-ERR unknown\r\n"
    front = probed(backend.address, {"tcp": {"send": r"PING\r\n", "expect": "+PONG"}})
    told(front, "unhealthy", "`-ERR unknown??`, expected `+PONG` in it")
    backend.answer = b"+PONG\r\n"
    told(front, "healthy", "the expected answer came")


# ---- grpc


def test_a_grpc_probe_asks_the_health_service(stack, probed):
    server = stack.enter_context(GrpcHealth(**{"shop.Cart": 1}))
    front = probed(server.address, {"grpc": "shop.Cart"})
    told(front, "healthy", "SERVING", "passed")
    assert set(server.asked) == {"shop.Cart"}
    server.statuses["shop.Cart"] = 2
    told(front, "unhealthy", "NOT_SERVING")
    server.statuses["shop.Cart"] = 1
    told(front, "healthy", "SERVING", "passed")
    del server.statuses["shop.Cart"]
    told(front, "unhealthy", "NOT_FOUND: nobody knows shop.Cart")


def test_a_grpc_probe_without_a_service_asks_about_the_server(stack, probed):
    server = stack.enter_context(GrpcHealth())
    told(probed(server.address, {"grpc": ""}), "healthy", "SERVING", "passed")
    assert set(server.asked) == {""}


def test_a_server_of_http1_fails_a_grpc_probe(origin, probed):
    backend = origin(lambda c: c.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"))
    told(probed(backend.address, {"grpc": ""}), "unhealthy", "HTTP/1, not HTTP/2")


# ---- redis


def test_a_redis_probe_pings(stack, probed):
    server = stack.enter_context(Redis())
    front = probed(server.address, {"redis": {}})
    told(front, "healthy", "PONG")
    server.stop()
    told(front, "unhealthy", "connection refused")
    server.start()
    told(front, "healthy", "PONG")


def test_a_redis_probe_logs_in(stack, probed):
    server = stack.enter_context(Redis(password="secret"))
    told(probed(server.address, {"redis": {"auth": "secret"}}), "healthy", "PONG")
    told(probed(server.address, {"redis": {}}), "unhealthy", "the server says: NOAUTH")
    told(probed(server.address, {"redis": {"auth": "wrong"}}), "unhealthy", "the server says: WRONGPASS")
    server.say("acl", "setuser", "watcher", "on", ">other", "+ping")
    told(probed(server.address, {"redis": {"auth": "other", "user": "watcher"}}), "healthy", "PONG")


def test_a_redis_that_loads_fails(origin, probed):
    backend = origin(lambda c: c.until(b"PING\r\n") and
                     c.send(b"-LOADING Redis is loading the dataset in memory\r\n"))
    told(probed(backend.address, {"redis": {}}), "unhealthy", "LOADING Redis is loading")


# ---- postgres


@pytest.mark.parametrize("method", ["trust", "password", "md5", "scram-sha-256"])
def test_a_postgres_probe_logs_in_as_the_server_wants(stack, probed, method):
    server = stack.enter_context(Postgres(method))
    login = {"user": "probe", "database": "postgres"}
    front = probed(server.address, {"postgres": {**login, "password": "secret"}})
    told(front, "healthy", "primary")
    assert "unexpected EOF" not in server.log() and "reset by peer" not in server.log()
    if method == "trust":
        return
    told(probed(server.address, {"postgres": login}), "unhealthy", "asks for a password, and the probe has none")
    told(probed(server.address, {"postgres": {**login, "password": "wrong"}}), "unhealthy",
         'the server says: password authentication failed for user "probe"')


def test_a_postgres_probe_knows_a_primary_from_a_replica(stack, probed):
    server = stack.enter_context(Postgres())
    login = {"user": "probe", "database": "postgres"}
    primary = probed(server.address, {"postgres": {**login, "role": "primary"}})
    replica = probed(server.address, {"postgres": {**login, "role": "replica"}})
    told(primary, "healthy", "primary")
    told(replica, "unhealthy", "a primary, expected a replica")
    server.become_replica()
    told(primary, "unhealthy", "a replica, expected a primary")
    told(replica, "healthy", "replica")


def test_a_postgres_probe_passes_on_the_servers_words(stack, probed):
    server = stack.enter_context(Postgres())
    told(probed(server.address, {"postgres": {"user": "probe", "database": "nowhere"}}), "unhealthy",
         'the server says: database "nowhere" does not exist')
    told(probed(server.address, {"postgres": {"user": "other"}}), "unhealthy", "no pg_hba.conf entry")


def test_a_postgres_that_starts_up_fails(origin, probed):
    words = b"SFATAL\0C57P03\0Mthe database system is starting up\0\0"
    backend = origin(lambda c: c.until(b"\0\0") and c.send(b"E" + (len(words) + 4).to_bytes(4, "big") + words))
    told(probed(backend.address, {"postgres": {}}), "unhealthy",
         "the server says: the database system is starting up")


# ---- all of them


@pytest.mark.parametrize("health", [{"http": "/", "body": "ok"}, {"tcp": {"expect": "ok"}}, {"grpc": ""},
                                    {"redis": {}}, {"postgres": {"password": "x"}}],
                         ids=lambda health: next(iter(health)))
@pytest.mark.parametrize("answer", [b"\x00" * 5000, b"\xff" * 5000, b"E\x00\x00\x00\x04", b"+" * 70_000, b"\n"],
                         ids=["zeros", "ones", "empty-message", "endless", "line"])
def test_hostile_bytes_are_a_failed_probe(origin, probed, health, answer):
    backend = origin(lambda c: c.more() and c.send(answer) if "tcp" not in health else c.send(answer))
    front = probed(backend.address, {**health, "timeout": "300ms"})
    eventually(lambda: front.states()[backend.address] == "unhealthy", "it to be taken out")
    (said,) = front.backends().values()
    assert said["reason"] and all(" " <= c for c in said["reason"]) and len(said["reason"]) < 400


def test_passwords_are_not_shown(origin, fairlead):
    backend = origin(serving(lambda r, c: ok(b"")))
    front = fairlead(one_pool(backend.address, pool_options={"health": {"postgres": {"password": "very-secret"}}}),
                     ready="/health")
    config = front.admin("/api/v1/config").body.decode()
    assert "very-secret" not in config and "(hidden)" in config


def test_a_schema_knows_every_kind():
    schema = json.loads(command("schema").stdout)
    names = set(schema["$defs"]["health"]["anyOf"][0]["properties"])
    assert {"http", "tcp", "grpc", "redis", "postgres", "port", "degraded", "draining", "json", "body"} <= names
