"""Sticky sessions: clients stay at their backends, by a cookie of Fairlead's or one of the application's."""
import base64
import hmac
import http.cookies
import itertools
import json
import re
import struct
import subprocess
import threading
import time
from collections import Counter

import pytest

from certificates import Certificate, TlsClient, authority, trusting
from fairlead import command, one_pool, pool
from h2_backend import speaking_h2
from h2_frames import INTERNAL_ERROR, headers, rst_stream
from origin import named, ok, serving
from raw import once, request
from timing import PATIENCE, eventually

SECRET = "a secret that the tests share"


@pytest.fixture
def letters(origin):
    """Four backends that answer with their letter."""
    return [origin(named(letter)) for letter in "abcd"]


def front_of(fairlead, backends, sticky, pool_options=None, **options):
    addresses = [b if isinstance(b, (str, dict)) else b.address for b in backends]
    return fairlead(one_pool(*addresses, pool_options={"sticky": sticky, **(pool_options or {})}, **options))


def ask(front, cookie=None, target="/", *fields):
    fields = [*([f"Cookie: {cookie}"] if cookie else []), *fields]
    return once(front.address(), target, fields=fields)


def set_cookies(answer):
    """{name: morsel} of all cookies that an answer sets."""
    found = {}
    for field in answer.all("set-cookie"):
        found.update(http.cookies.SimpleCookie(field))
    return found


def placed(front, name="SERVERID", **options):
    """A new client: who serves it, and the cookie that it got."""
    answer = ask(front, **options)
    cookie = set_cookies(answer)[name]
    return answer.body, f"{name}={cookie.value}"


def results(front, name="app"):
    return {result: int(front.metric("fairlead_sticky_total", pool=name, result=result))
            for result in ("new", "kept", "moved", "invalid")}


def order(front, backend, **words):
    path = f"/api/v1/pools/app/backends/{backend.address}"
    answer = front.admin(path, "PATCH", json.dumps(words).encode())
    assert answer.status == 200, answer


# ---- a cookie of ours


def test_a_client_stays_over_requests_connections_and_workers(letters, fairlead):
    front = front_of(fairlead, letters, "SERVERID", workers=2)
    seen = set()
    for _ in range(20):
        body, cookie = placed(front)
        seen.add(body)
        for _ in range(10):
            again = ask(front, cookie)
            assert again.body == body
            assert not again.all("set-cookie"), "it is good, and not set again"
    assert seen == {b"a", b"b", b"c", b"d"}
    assert results(front) == {"new": 20, "kept": 200, "moved": 0, "invalid": 0}


def test_a_cookie_jar_of_curl(letters, fairlead, tmp_path):
    front = front_of(fairlead, letters, {"cookie": "SERVERID", "ttl": "1h"})
    jar = tmp_path / "jar"
    bodies = [subprocess.run(["curl", "-sS", "-b", jar, "-c", jar, f"http://{front.address()}/"], check=True,
                             capture_output=True, timeout=PATIENCE).stdout for _ in range(30)]
    assert len(set(bodies)) == 1
    assert results(front) == {"new": 1, "kept": 29, "moved": 0, "invalid": 0}


def test_what_the_cookie_is_like(letters, fairlead):
    front = front_of(fairlead, letters, {"cookie": "SERVERID", "ttl": "8h", "path": "/app", "domain": "a.example",
                                         "same_site": "strict"})
    answer = ask(front)
    assert re.fullmatch(r"SERVERID=[A-Za-z0-9_-]{32}; Path=/app; Domain=a\.example; Max-Age=28800; HttpOnly; "
                        r"SameSite=Strict", answer.get("set-cookie"))
    assert answer.get("cache-control") == "private"


@pytest.mark.parametrize("said, there", [
    (None, ["private"]),
    ("max-age=60", ["max-age=60", "private"]),
    ("public, max-age=60", ["public, max-age=60", "private"]),
    ("Private", ["Private"]),
    ("max-age=0, no-store", ["max-age=0, no-store"]),
    ('private="x"', ['private="x"', "private"]),
])
def test_no_shared_cache_keeps_somebodys_cookie(origin, fairlead, said, there):
    fields = [f"Cache-Control: {said}"] if said else []
    front = front_of(fairlead, [origin(serving(lambda r, c: ok(b"x", *fields)))], "srv")
    assert ask(front).all("cache-control") == there
    _, cookie = placed(front, "srv")
    assert ask(front, cookie).all("cache-control") == ([said] if said else []), "where none is set, nothing is added"


def test_it_is_secure_for_who_came_by_https(letters, fairlead, tmp_path):
    ca = authority()
    tls = Certificate("a.example", issuer=ca).write(tmp_path, "a.example")
    config = one_pool(*[b.address for b in letters], pool_options={"sticky": "srv"})
    config["listeners"]["secure"] = {"bind": "127.0.0.1:<secure>", "tls": tls, "pool": "app"}
    front = fairlead(config)
    assert not set_cookies(ask(front))["srv"]["secure"]
    with TlsClient(front.address("secure"), trusting(ca)) as client:
        answer = client.ask("/")
    assert set_cookies(answer)["srv"]["secure"] is True
    config["trusted_proxies"] = ["127.0.0.1"]
    front.write(config)
    front.admin("/api/v1/reload", "POST")
    eventually(lambda: set_cookies(ask(front, None, "/", "X-Forwarded-Proto: https"))["srv"]["secure"],
               "a trusted proxy to be believed")


def test_the_backend_does_not_see_it(letters, origin, fairlead):
    one = origin()
    front = front_of(fairlead, [one], "srv")
    _, cookie = placed(front, "srv")
    for sent, seen in [(cookie, []), (f"a=1; {cookie}", ["a=1"]), (f"{cookie}; a=1; b=2", ["a=1; b=2"]),
                       (f"a=1; srv=forged; {cookie}; b=2", ["a=1; b=2"]), ("a=1", ["a=1"])]:
        ask(front, sent)
        assert one.requests[-1].all("cookie") == seen, sent


def forgeries(cookie, other):
    name, value = cookie.split("=")
    flipped = value[:-1] + ("A" if value[-1] != "A" else "B")
    mixed = value[:16] + other.split("=")[1][16:]
    return [f"{name}={v}" for v in (flipped, value[:-1], value + "A", value[::-1], mixed, "", "0", "127.0.0.1:80",
                                    "A" * 32, "A" * 20000, "%00" * 8, f'"{value}"')]


def test_nobody_steers_by_a_cookie_that_he_made(letters, fairlead):
    """Every forgery is replaced, and where it leads has nothing to do with it."""
    front = front_of(fairlead, letters, "SERVERID")
    (_, one), (_, other) = placed(front), placed(front)
    while other == one:  # of the same backend, in the same second
        _, other = placed(front)
    forged = forgeries(one, other)
    for cookie in forged:
        answer = ask(front, cookie)
        assert answer.status == 200
        assert set_cookies(answer)["SERVERID"].value != cookie.split("=", 1)[1]
    assert results(front)["kept"] == 0
    assert results(front)["invalid"] == len(forged)


def test_a_good_cookie_behind_a_forged_one_counts(letters, fairlead):
    front = front_of(fairlead, letters, "SERVERID")
    body, cookie = placed(front)
    for _ in range(10):
        answer = ask(front, f"SERVERID=forged; {cookie}")
        assert answer.body == body and not answer.all("set-cookie")


def sealed(backend, expires, secret=SECRET, pool_name="app"):
    """The value as docs/sticky.md has it, made by somebody who has the secret."""

    def mark(*parts):
        return hmac.new(secret.encode(), b"".join(parts), "sha256").digest()

    name = mark(b"fairlead backend 1\0", pool_name.encode(), b"\0", backend.address.encode())[:8]
    plain = struct.pack(">I", int(expires)) + name
    return base64.urlsafe_b64encode(
        plain + mark(b"fairlead sticky 1\0", pool_name.encode(), b"\0", plain)[:12]).decode()


def test_an_expired_cookie_does_not_steer(letters, fairlead):
    front = front_of(fairlead, letters, "srv", sticky_secret=SECRET)
    for backend, body in zip(letters, (b"a", b"b", b"c", b"d")):
        good = ask(front, f"srv={sealed(backend, time.time() + 80000)}")
        assert good.body == body and not good.all("set-cookie")
    for late in (1, 100000):
        assert set_cookies(ask(front, f"srv={sealed(letters[0], time.time() - late)}"))
    for wrong in (sealed(letters[0], time.time() + 80000, secret="another one of the tests"),
                  sealed(letters[0], time.time() + 80000, pool_name="apq")):
        assert set_cookies(ask(front, f"srv={wrong}"))
    assert results(front) == {"new": 0, "kept": 4, "moved": 0, "invalid": 4}


def test_another_pools_cookie_does_not_steer(letters, fairlead):
    backends = [b.address for b in letters]
    config = one_pool(*backends, pool_options={"sticky": "srv"}, sticky_secret=SECRET)
    config["listeners"]["web"]["routes"] = [{"match": "/other", "pool": "other"}]
    config["pools"]["other"] = pool(*backends, sticky="srv")
    front = fairlead(config)
    _, cookie = placed(front, "srv")
    assert set_cookies(ask(front, cookie, "/other")), "it is replaced there"
    assert results(front, "other") == {"new": 0, "kept": 0, "moved": 0, "invalid": 1}


def test_it_is_renewed_halfway(letters, fairlead):
    """With three times the time, what is left of an old one is less than half of it."""
    front = front_of(fairlead, letters, {"cookie": "srv", "ttl": "10m"}, sticky_secret=SECRET)
    body, cookie = placed(front, "srv")
    config = dict(front.config)
    config["pools"]["app"]["sticky"] = {"cookie": "srv", "ttl": "30m"}
    front.write(config)
    assert front.admin("/api/v1/reload", "POST").status == 200

    def renewed():
        answer = ask(front, cookie)
        assert answer.body == body
        return set_cookies(answer).get("srv")

    fresh = eventually(renewed, "the cookie to be renewed")
    assert fresh["max-age"] == "1800"
    assert not ask(front, f"srv={fresh.value}").all("set-cookie")
    assert results(front)["invalid"] == results(front)["moved"] == 0


# ---- the fate of its backend


def client_at(front, letters, index, name="SERVERID"):
    """A cookie that leads to this backend."""
    for _ in range(500):
        body, cookie = placed(front, name)
        if body == b"abcd"[index : index + 1]:
            return cookie
    raise AssertionError("nobody was placed there")


def test_a_dead_backend_costs_nothing_but_the_place(letters, fairlead):
    """The same response comes from another backend and brings the new cookie."""
    front = front_of(fairlead, letters, "SERVERID")
    cookie = client_at(front, letters, 0)
    letters[0].stop()
    answer = ask(front, cookie)
    assert answer.status == 200 and answer.body in (b"b", b"c", b"d")
    moved = f"SERVERID={set_cookies(answer)['SERVERID'].value}"
    assert moved != cookie
    for _ in range(10):
        assert ask(front, moved).body == answer.body
    assert results(front)["moved"] == 1


def test_a_disabled_backend_loses_its_clients_at_once(letters, fairlead):
    front = front_of(fairlead, letters, "SERVERID")
    cookie = client_at(front, letters, 0)
    order(front, letters[0], state="disabled")
    answer = elsewhere(front, cookie)
    assert set_cookies(answer)["SERVERID"]


def test_without_weight_it_keeps_its_clients(letters, fairlead):
    front = front_of(fairlead, letters, "SERVERID")
    cookie = client_at(front, letters, 0)
    order(front, letters[0], weight=0)
    eventually(lambda: b"a" not in {ask(front).body for _ in range(20)}, "new ones to go elsewhere")
    assert {ask(front, cookie).body for _ in range(20)} == {b"a"}


def elsewhere(front, cookie, than=b"a"):
    """The first answer that comes from another backend."""

    def asked():
        answer = ask(front, cookie)
        return answer if answer.body != than else None

    return eventually(asked, "the client to move")


def drain_of(front, backend):
    return front.backends()[backend.address].get("drain", {})


def test_clients_of_a_draining_backend_stay_until_its_end(letters, fairlead):
    front = front_of(fairlead, letters, "SERVERID", {"drain_timeout": "3s"})
    cookie = client_at(front, letters, 0)
    order(front, letters[0], state="draining")
    eventually(lambda: b"a" not in {ask(front).body for _ in range(10)}, "new ones to go elsewhere")
    assert not drain_of(front, letters[0])["drained"], "its clients may still come"
    answers = []
    deadline = time.monotonic() + PATIENCE

    def moved():
        answers.append(ask(front, cookie))
        assert answers[-1].status == 200
        return answers[-1].body != b"a"

    eventually(moved, "the drain to end")
    assert time.monotonic() < deadline
    assert set_cookies(answers[-1])["SERVERID"]
    assert len(answers) > 1 and not any(a.all("set-cookie") for a in answers[:-1])
    eventually(lambda: drain_of(front, letters[0])["drained"], "it to be drained")
    assert drain_of(front, letters[0])["cut"] == 0


def test_or_move_at_once(letters, fairlead):
    front = front_of(fairlead, letters, {"cookie": "SERVERID", "on_drain": "move"}, {"drain_timeout": "1h"})
    cookie = client_at(front, letters, 0)
    order(front, letters[0], state="draining")
    eventually(lambda: ask(front, cookie).body != b"a", "the client to move")
    eventually(lambda: drain_of(front, letters[0])["drained"], "it to be drained, long before the hour")


def test_enabled_again_it_drains_anew(letters, fairlead):
    front = front_of(fairlead, letters, "SERVERID", {"drain_timeout": "1s"})
    cookie = client_at(front, letters, 0)
    for _ in range(2):
        order(front, letters[0], state="draining")
        eventually(lambda: drain_of(front, letters[0]).get("drained"), "it to be drained")
        eventually(lambda: ask(front, cookie).body != b"a", "the client to move")
        order(front, letters[0], state="enabled")
        eventually(lambda: ask(front, cookie).body == b"a", "the old cookie to lead back")


def test_a_full_backend_sends_its_client_elsewhere(origin, fairlead):
    gate, there = threading.Event(), threading.Event()

    def slow(request, connection):
        if request.target == "/slow":
            there.set()
            gate.wait(PATIENCE)
        return ok(b"a")

    front = front_of(fairlead, [origin(serving(slow)), origin(named("b"))], "SERVERID", {"max_connections": 1})
    cookie = client_at(front, None, 0)
    eventually(lambda: not any(b["active"] for b in front.pool()["backends"]), "nobody to be there")
    with front.client() as held:
        held.send(request("/slow", fields=[f"Cookie: {cookie}"]))
        assert there.wait(PATIENCE)
        answer = ask(front, cookie)
        assert answer.body == b"b" and set_cookies(answer)["SERVERID"]
        gate.set()
        assert held.final().body == b"a"


def test_a_backend_that_a_reload_removes(letters, fairlead):
    front = front_of(fairlead, letters, "SERVERID")
    cookie = client_at(front, letters, 0)
    config = dict(front.config)
    config["pools"]["app"]["backends"] = [b.address for b in letters[1:]]
    front.write(config)
    assert front.admin("/api/v1/reload", "POST").status == 200
    answer = elsewhere(front, cookie)
    assert set_cookies(answer)["SERVERID"]
    assert results(front)["moved"] >= 1


# ---- keys


def test_a_reload_moves_nobody(letters, fairlead):
    front = front_of(fairlead, letters, "SERVERID")
    clients = [placed(front) for _ in range(10)]
    for _ in range(3):
        assert front.admin("/api/v1/reload", "POST").status == 200
    for body, cookie in clients:
        assert ask(front, cookie).body == body
    assert results(front)["kept"] == 10


def test_instances_with_the_same_secret_agree(letters, fairlead, tmp_path):
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n")
    one = fairlead(
        one_pool(*[b.address for b in letters], pool_options={"sticky": "SERVERID"}, sticky_secret="${S}"),
        environment={"S": SECRET})
    two = fairlead(one_pool(*[b.address for b in reversed(letters)], pool_options={"sticky": "SERVERID"},
                            sticky_secret={"file": str(file)}))
    other = front_of(fairlead, letters, "SERVERID")
    for body, cookie in [placed(one) for _ in range(10)]:
        assert ask(two, cookie).body == body
        assert ask(other, cookie).all("set-cookie"), "without the secret it is nobody's"
    assert results(other)["invalid"] == 10
    assert "no sticky_secret is set" in other.errors() and "no sticky_secret" not in one.errors()


def test_secrets_are_rotated(letters, fairlead):
    front = front_of(fairlead, letters, "SERVERID", sticky_secret=SECRET)
    body, cookie = placed(front)

    def now(secrets):
        front.write({**front.config, "sticky_secret": secrets})
        assert front.admin("/api/v1/reload", "POST").status == 200

    now(["a newer secret of the tests", SECRET])
    fresh = eventually(lambda: set_cookies(ask(front, cookie)).get("SERVERID"), "the cookie to be sealed anew")
    assert ask(front, cookie).body == body
    now(["a newer secret of the tests"])
    eventually(lambda: set_cookies(ask(front, cookie)), "the old cookie to be forgotten")
    assert ask(front, f"SERVERID={fresh.value}").body == body


# ---- the application's own cookie


class Application:
    """A backend that gives who has no session a new one, and says its own name."""

    def __init__(self, name):
        self.name, self.numbers = name, itertools.count()

    def __call__(self, request, connection):
        cookie = request.get("cookie") or ""
        if "JSESSIONID=" in cookie and "/login" not in request.target:
            return ok(self.name.encode())
        return ok(self.name.encode(), f"Set-Cookie: JSESSIONID={self.name}{next(self.numbers)}; Path=/; HttpOnly")


@pytest.fixture
def applications(origin):
    return [origin(serving(Application(letter))) for letter in "abcd"]


def sessions(front):
    return int(front.metric("fairlead_sticky_sessions", pool="app"))


def test_an_applications_session_is_learned(applications, fairlead):
    front = front_of(fairlead, applications, {"learn": "JSESSIONID"}, workers=2)
    clients = [placed(front, "JSESSIONID") for _ in range(20)]
    assert sessions(front) == 20
    for _ in range(5):
        for body, cookie in clients:
            answer = ask(front, f"x=1; {cookie}")
            assert answer.body == body
            assert not answer.all("set-cookie") and not answer.all("cache-control"), "nothing of ours is added"
    assert {body for body, _ in clients} == {b"a", b"b", b"c", b"d"}
    assert results(front) == {"new": 20, "kept": 100, "moved": 0, "invalid": 0}


def test_the_backend_sees_its_own_cookie(applications, fairlead):
    front = front_of(fairlead, applications[:1], {"learn": "JSESSIONID"})
    _, cookie = placed(front, "JSESSIONID")
    ask(front, cookie)
    assert applications[0].requests[-1].get("cookie") == cookie


def test_learned_sessions_outlive_a_reload_and_not_their_backend(applications, fairlead):
    front = front_of(fairlead, applications, {"learn": "JSESSIONID"})
    body, cookie = placed(front, "JSESSIONID")
    assert front.admin("/api/v1/reload", "POST").status == 200
    for _ in range(10):
        assert ask(front, cookie).body == body
    applications["abcd".index(body.decode())].stop()
    moved = ask(front, cookie)
    assert moved.status == 200 and moved.body != body
    for _ in range(10):
        assert ask(front, cookie).body == moved.body, "it goes on there, under its old name"
    assert results(front)["moved"] == 1


def test_an_unknown_session_is_balanced_and_teaches_nothing(applications, fairlead):
    front = front_of(fairlead, applications, {"learn": "JSESSIONID"})
    bodies = Counter(ask(front, "JSESSIONID=made-up").body for _ in range(100))
    assert len(bodies) == 4
    assert sessions(front) == 0
    assert results(front)["invalid"] == 100


def test_a_response_that_nobody_got_teaches_nothing_and_does_not_count(origin, fairlead):
    """It breaks off before a byte of it has left: the client gets an error of ours instead."""

    def end(request, peer):
        if request.target == "/cut":
            lost = [(":status", "200"), ("set-cookie", "JSESSIONID=lost")]
            peer.send(headers(request.stream, lost, end=False), rst_stream(request.stream, INTERNAL_ERROR))
        else:
            peer.reply(request.stream, b"ok", ("set-cookie", "JSESSIONID=found"))

    backend = origin(speaking_h2(end))
    front = front_of(fairlead, [backend], {"learn": "JSESSIONID"}, {"protocol": "h2", "passive": "off"}, workers=1)
    assert ask(front, target="/cut").status == 502
    assert sessions(front) == 0
    assert results(front) == {"new": 0, "kept": 0, "moved": 0, "invalid": 0}
    assert placed(front, "JSESSIONID") == (b"ok", "JSESSIONID=found")
    assert ask(front, "JSESSIONID=found", "/cut").status == 502
    assert ask(front, "JSESSIONID=found").status == ask(front, "JSESSIONID=lost").status == 200
    assert sessions(front) == 1
    assert results(front) == {"new": 1, "kept": 1, "moved": 0, "invalid": 1}


def test_the_table_is_bounded(applications, fairlead):
    front = front_of(fairlead, applications, {"learn": "JSESSIONID", "size": 1000}, workers=1)
    first = placed(front, "JSESSIONID")
    with front.client() as client:
        for _ in range(2500):
            client.ask("/login")
    last = placed(front, "JSESSIONID")
    assert ask(front, last[1]).body == last[0]
    assert 900 < sessions(front) <= 1000
    evicted = front.metric("fairlead_sticky_evicted_total", pool="app")
    assert sessions(front) + evicted == 2502
    kept = results(front)["kept"]
    ask(front, first[1])
    assert results(front)["kept"] == kept, "who was not seen for longest was forgotten"


# ---- beside other things


def test_a_websocket_is_kept_too(origin, fairlead):
    def upgrade(connection):
        while request := connection.request():
            if not request.get("upgrade"):
                connection.send(ok(b"x"))
                continue
            connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
            return connection.drain()

    front = front_of(fairlead, [origin(upgrade)], "srv")
    fields = ["Connection: upgrade", "Upgrade: websocket"]
    with front.client() as client:
        client.send(request("/", fields=fields))
        assert set_cookies(client.head())["srv"]


def test_a_client_that_is_kept_is_not_hedged(origin, fairlead):
    def slow(request, connection):
        time.sleep(0.3 if request.target == "/slow" else 0)
        return ok(b"a")

    backends = [origin(serving(slow)), origin(named("b"))]
    config = one_pool(*[b.address for b in backends], pool_options={"sticky": "SERVERID"})
    config["listeners"]["web"] = {"bind": "127.0.0.1:<web>", "routes": [{"pool": "app", "hedge": "50ms"}]}
    front = fairlead(config)
    cookie = client_at(front, None, 0)
    hedges = front.metric("fairlead_hedges_total")
    assert ask(front, cookie, "/slow").body == b"a"
    assert front.metric("fairlead_hedges_total") == hedges


def test_explain_says_where_a_client_is_kept(letters, fairlead):
    front = front_of(fairlead, letters, "SERVERID", sticky_secret=SECRET)
    cookie = client_at(front, letters, 2)
    url = f"GET http://{front.address()}/"
    live = command("explain", "--admin", front.address("admin"), url, "-H", f"cookie: {cookie}")
    assert re.search(rf"sticky +SERVERID +it leads to {letters[2].address}", live.stdout), live.stdout
    assert "sticky: the client is kept here" in live.stdout
    cold = command("explain", "-c", front.path, url, "-H", f"cookie: {cookie}", "--json")
    told = json.loads(cold.stdout)
    assert told["backend"] == letters[2].address and told["pool"]["sticky"]["kept"]
    forged = command("explain", "--admin", front.address("admin"), url, "-H", "cookie: SERVERID=x")
    assert "none of ours for this pool" in forged.stdout
    assert "there is none: the client is new" in command("explain", "-c", front.path, url).stdout
    order(front, letters[2], state="disabled")
    out = command("explain", "--admin", front.address("admin"), url, "-H", f"cookie: {cookie}")
    assert f"its backend {letters[2].address} is disabled: another one is chosen" in out.stdout
