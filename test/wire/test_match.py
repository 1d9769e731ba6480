"""What routes match: cookies, queries, JSON bodies, certificates, hosts; and that bodies arrive as they were sent."""
import json
import os
import pathlib
import re
import subprocess
import time

import pytest

from certificates import Certificate, TlsClient, authority, trusting
from fairlead import command, pool, problem
from h2_frames import H2Client, data
from origin import named, ok, serving
from raw import Client, chunked, once, request
from timing import eventually

echo = serving(lambda r, c: ok(r.body, f"X-Length: {r.get('content-length') or r.get('transfer-encoding')}"))


@pytest.fixture
def matching(origin, fairlead):
    """`matching(match, ...)` starts a route with this match to backend `special`, all else to `usual`."""

    def start(match, special=None, listener=None, **options):
        backends = {"special": origin(special or named("special")), "usual": origin(named("usual"))}
        front = fairlead(
            {
                "workers": 1,
                "listeners": {
                    "web": {
                        "bind": "127.0.0.1:<web>",
                        "routes": [{"match": match, "pool": "special"}],
                        "pool": "usual",
                        **(listener or {}),
                    }
                },
                "pools": {name: pool(backend.address) for name, backend in backends.items()},
                **options,
            }
        )
        front.special, front.usual = backends["special"], backends["usual"]
        return front

    return start


def asked(front, path="/", *fields, method="GET", body=None):
    with front.client() as client:
        return client.ask(path, method, fields, body).body.decode()


def curl(front, path, *arguments):
    done = subprocess.run(
        ["curl", "-sS", "--max-time", "30", *arguments, f"http://{front.address()}{path}"],
        capture_output=True, text=True, check=True,
    )
    return done.stdout


# ---- cookies


@pytest.mark.parametrize(
    "fields, taken",
    [
        (["Cookie: group=canary"], True),
        (["Cookie: a=b; group=canary; c=d"], True),
        (["Cookie: a=b;group=canary"], True),
        (['Cookie: group="canary"'], True),
        (["Cookie: group=stable; group=canary"], True),
        (["Cookie: group=stable", "X-A: 1", "cookie: group=canary"], True),
        (["Cookie: group=canary2"], False),
        (["Cookie: mygroup=canary"], False),
        (["Cookie: Group=canary"], False),
        (["Cookie: group"], False),
        (["X-Cookie: group=canary"], False),
        ([], False),
    ],
)
def test_a_cookie(matching, fields, taken):
    assert asked(matching({"cookies": {"group": "canary"}}), "/", *fields) == ("special" if taken else "usual")


def test_a_cookie_of_curl_by_each_kind_of_pattern(matching):
    front = matching({"cookies": {"a": "x*z", "b": "~^[0-9]+$", "c": "*"}})
    assert curl(front, "/", "-b", "a=xyz; b=42; c=") == "special"
    assert curl(front, "/", "-b", "a=xz; b=42; c=1") == "special"
    for cookies in ("a=xyz; b=4x; c=1", "a=xy; b=42; c=1", "a=xyz; b=42"):
        assert curl(front, "/", "-b", cookies) == "usual"


# ---- the query


@pytest.mark.parametrize(
    "query, taken",
    [
        ("debug=1", True),
        ("a=b&debug=1&c", True),
        ("debug=0&debug=1", True),
        ("%64ebug=%31", True),
        ("debug=1#x", None),
        ("debug=01", False),
        ("debug", False),
        ("debug=", False),
        ("Debug=1", False),
        ("", False),
    ],
)
def test_the_query(matching, query, taken):
    front = matching({"query": {"debug": "1"}})
    if taken is None:
        assert curl(front, f"/?{query}") == "special", "curl keeps a fragment to itself"
    else:
        assert asked(front, f"/?{query}" if query else "/") == ("special" if taken else "usual")
    for backend in (front.special, front.usual):
        for seen in backend.requests:
            assert seen.target in (f"/?{query}", "/", "/?debug=1"), "it is sent on as it came"


def test_encoded_names_and_values_of_the_query(matching):
    front = matching({"query": {"caf\u00e9 au lait": "x y*"}})
    assert asked(front, "/?caf%C3%A9+au%20lait=x+y%26z") == "special"
    assert asked(front, "/?caf%C3%A9+au%20lait=x%2By") == "usual"


def test_a_parameter_without_a_value_is_present(matching):
    front = matching({"query": {"debug": "*"}})
    assert [asked(front, path) for path in ("/?debug", "/?debug=", "/?debug=1", "/?nodebug")] == ["special"] * 3 + ["usual"]


# ---- the body


ROOM = {"body": {"/room/id": "42"}}
FITS = json.dumps({"room": {"id": "42"}, "text": "caf\u00e9"}).encode()
OTHER = json.dumps({"room": {"id": "43"}}).encode()


def post(front, body, *fields):
    return asked(front, "/", *fields, method="POST", body=body)


@pytest.mark.parametrize(
    "body, taken",
    [
        (FITS, True),
        (b'{"room":{"id":42}}', True),
        (b' \r\n{"room":{"id":1,"id":"\\u0034\\u0032"}} ', True),
        (OTHER, False),
        (b'{"room":{"id":42.0}}', False),
        (b'{"room":{"id":["42"]}}', False),
        (b'{"room":{}}', False),
        (b'{"room":{"id":"42"}', False),
        (b"room=42", False),
        (b"", False),
        (b"[" * 1000, False),
    ],
)
def test_a_json_body(matching, body, taken):
    front = matching(ROOM)
    assert post(front, body) == ("special" if taken else "usual")
    (seen,) = front.special.requests if taken else front.usual.requests
    assert (seen.body, seen.get("content-length")) == (body, str(len(body)))


def test_a_json_body_of_curl(matching):
    front = matching(ROOM)
    assert curl(front, "/", "--json", FITS.decode()) == "special"
    assert curl(front, "/", "-H", "transfer-encoding: chunked", "-d", FITS.decode()) == "special"
    assert curl(front, "/", "-F", "room=42") == "usual"
    assert curl(front, "/") == "usual"


def test_a_chunked_body_goes_on_in_chunks_with_its_trailers(matching):
    front = matching(ROOM, special=echo)
    with front.client() as client:
        for _ in range(2):
            client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            client.send(chunked(FITS[:5], FITS[5:6], FITS[6:], trailers=b"X-Sum: 1\r\n"))
            answer = client.final()
            assert (answer.body, answer.get("x-length")) == (FITS, "chunked")
    assert [seen.trailers for seen in front.special.requests] == [[("X-Sum", "1")]] * 2


def test_a_body_in_pieces_is_waited_for(matching):
    front = matching(ROOM, special=echo)
    with front.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(FITS))
        for at in range(0, len(FITS), 7):
            time.sleep(0.02)
            client.send(FITS[at : at + 7])
        assert client.final().body == FITS
        assert client.ask("/", "POST", body=OTHER).body == b"usual", "the connection goes on"


def test_a_client_that_waits_to_be_told_is_told_once(matching):
    front = matching(ROOM, special=echo)
    with front.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(FITS))
        assert client.response().status == 100
        client.send(FITS)
        answer = client.response()
        assert (answer.status, answer.body) == (200, FITS), "no second 100"
    assert front.special.requests[0].get("expect") is None, "the body is here: nobody is asked again"


def test_a_client_is_not_told_where_nobody_looks(matching):
    """A body over the limit is not waited for: the backend says 100, or not."""
    front = matching(ROOM, listener={"http": {"max_match_body": "1KiB"}})
    with front.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5000\r\n\r\n")
        eventually(lambda: front.usual.requests, "the head alone at the backend")
        client.send(b"x" * 5000)
        assert client.final().body == b"usual"


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_body_above_the_limit_matches_nothing_and_arrives(matching, framing):
    front = matching(ROOM, listener={"http": {"max_match_body": "1KiB"}})
    front.usual.script = echo
    padding = b" " * 3000
    body = padding + FITS
    with front.client() as client:
        for _ in range(3):
            if framing == "length":
                answer = client.ask("/", "POST", body=body)
            else:
                client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(body[:700], body[700:]))
                answer = client.final()
            assert answer.body == body
    assert not front.special.requests


@pytest.mark.parametrize("size, taken", [(1024, True), (1025, False)])
def test_the_limit_is_exact(matching, size, taken):
    front = matching(ROOM, listener={"http": {"max_match_body": "1KiB"}})
    body = FITS + b" " * (size - len(FITS))
    assert post(front, body) == ("special" if taken else "usual")
    with front.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(body))
        assert client.final().body.decode() == ("special" if taken else "usual")


def test_a_large_body_streams_past_the_limit(matching):
    front = matching(ROOM)
    front.usual.script = echo
    body = b"{" + os.urandom(4 << 20)
    with front.client(timeout=60) as client:
        assert client.ask("/", "POST", body=body).body == body


def test_a_slow_body_is_408(matching):
    front = matching(ROOM, listener={"http": {"body_timeout": "300ms"}})
    with front.client() as client:
        client.send(b'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"room":')
        assert problem(client.final(), 408) == "request-timeout"
        client.expect_closed()
    assert not front.special.requests and not front.usual.requests


def test_a_body_that_breaks_off_reaches_nobody(matching):
    front = matching(ROOM, access_log={"format": "json", "to": "stdout"})
    with front.client() as client:
        client.send(b'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"room":')
        time.sleep(0.1)
        client.reset()
    eventually(lambda: '"cancelled"' in front.output(), "the line in the log")
    assert not front.special.requests and not front.usual.requests


def test_a_malformed_body_is_400(matching):
    front = matching(ROOM)
    with front.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
        assert problem(client.final(), 400) == "malformed-request"
    assert not front.special.requests and not front.usual.requests


def test_nobody_waits_for_a_body_that_no_route_could_ask_for(matching):
    """The path does not fit: the head goes on at once."""
    front = matching({"path": "/rooms/*", **ROOM})
    with front.client() as client:
        client.send(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(FITS))
        eventually(lambda: front.usual.requests, "the head at the backend")
        client.send(FITS)
        assert client.final().body == b"usual"


def test_nobody_waits_for_the_end_of_a_body_that_is_no_json(matching):
    """As in a call that is answered while it is still being made."""
    front = matching(ROOM)
    front.usual.script = lambda c: c.head() and (c.exactly(len("5\r\nhello\r\n")), c.send(ok(b"early")), c.drain())
    with front.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        time.sleep(0.1)
        client.send(b"5\r\nhello\r\n")
        assert client.final().body == b"early"


def test_a_body_that_was_looked_at_can_be_sent_again(origin, fairlead):
    """The first backend breaks off: a PUT goes to the second with all its chunks."""
    broken = origin(lambda c: c.request() and c.reset())
    good = origin(echo)
    front = fairlead(
        {
            "listeners": {"web": {"bind": "127.0.0.1:<web>", "routes": [{"match": ROOM, "pool": "app"}]}},
            "pools": {"app": pool(broken.address, good.address, balance="round_robin", passive="off")},
        }
    )
    for _ in range(4):
        with front.client() as client:
            client.send(b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(FITS[:9], FITS[9:]))
            assert client.final().body == FITS
    assert broken.requests


def test_requests_may_follow_without_a_pause(matching):
    front = matching(ROOM, special=echo)
    with front.client() as client:
        client.send(request("/", "POST", body=FITS) + request("/x") + request("/", "POST", body=FITS))
        assert [client.final().body for _ in range(3)] == [FITS, b"usual", FITS]


def test_no_route_after_a_look_keeps_the_connection(origin, fairlead):
    front = fairlead(
        {
            "listeners": {"web": {"bind": "127.0.0.1:<web>", "routes": [{"match": ROOM, "pool": "app"}]}},
            "pools": {"app": pool(origin(named("a")).address)},
        }
    )
    with front.client() as client:
        assert problem(client.ask("/", "POST", body=OTHER), 404) == "no-route"
        assert client.ask("/", "POST", body=FITS).body == b"a"


# ---- keys


def test_a_room_has_one_server_by_the_body_and_by_the_path(origin, fairlead):
    backends = [origin(named(name)) for name in "abc"]
    addresses = [backend.address for backend in backends]
    front = fairlead(
        {
            "listeners": {
                "web": {
                    "bind": "127.0.0.1:<web>",
                    "routes": [{"match": "/rooms/*", "pool": "by_path"}, {"match": "/signal", "pool": "by_body"}],
                }
            },
            "pools": {
                "by_path": pool(*addresses, balance={"maglev": {"key": "path_segment:2", "fallback": "none"}}),
                "by_body": pool(*addresses, balance={"maglev": {"key": "body:/room/id", "fallback": "none"}}),
            },
        }
    )
    owners = set()
    for room in range(20):
        said = {asked(front, f"/rooms/{room}{rest}") for rest in ("", "/", "/join", "/ice?x=1")}
        for body in ({"room": {"id": room}}, {"kind": "ice", "room": {"id": str(room)}}):
            said.add(asked(front, "/signal", method="POST", body=json.dumps(body).encode()))
        assert len(said) == 1, "one room, one server, however it is named"
        owners |= said
    assert owners == set("abc")
    assert {asked(front, "/signal", method="POST", body=b"{}") for _ in range(40)} == set("abc"), "without a key: a draw"


# ---- hosts


@pytest.mark.parametrize("host, taken", [
    ("a.example", True), ("A.Example", True), ("a.example.", True), ("a.example:8080", True), ("A.EXAMPLE.:1", True),
    ("x.b.example", True), ("x.y.b.example:80", True), ("b.example", False), ("xb.example", False), ("a.example.org", False),
])
def test_a_host_in_any_case_without_port_and_dot(matching, host, taken):
    front = matching({"host": ["a.example", "*.B.example"]})
    with front.client() as client:
        answer = client.send(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()).final()
    assert answer.body.decode() == ("special" if taken else "usual")


# ---- certificates, and hosts that are not ours


@pytest.fixture
def ca():
    return authority()


@pytest.fixture
def secure(origin, fairlead, ca, tmp_path):
    """TLS for a.example and b.example with certificates of clients, if they have one."""

    def start(routes, tls=None, remaining=True):
        site = Certificate("a.example", "b.example", issuer=ca).write(tmp_path, "site")
        (tmp_path / "ca.pem").write_text(ca.pem())
        options = {**site, "client_ca": str(tmp_path / "ca.pem"), "client_certificate": "optional", **(tls or {})}
        web = {"bind": "127.0.0.1:<web>", "tls": options, "routes": routes}
        if remaining:
            web["pool"] = "usual"
        pools = {name: pool(origin(named(name)).address) for name in ("special", "usual")}
        if not remaining:
            del pools["usual"]
        return fairlead({"workers": 1, "listeners": {"web": web}, "pools": pools})

    return start


@pytest.mark.parametrize(
    "match, taken",
    [
        ({"subject": "CN=alice"}, True),
        ({"subject": ["CN=bob", "CN=a*"]}, True),
        ({"san": "DNS:alice.example"}, True),
        ({"san": "URI:spiffe://x/*", "subject": "*"}, True),
        ({"san": "DNS:spiffe://x/alice"}, False),
        ({"subject": "CN=bob"}, False),
        ({"subject": "CN=alice", "san": "DNS:bob.example"}, False),
    ],
)
def test_a_certificate(secure, ca, tmp_path, match, taken):
    front = secure([{"match": {"certificate": match}, "pool": "special"}])
    alice = Certificate("alice.example", "spiffe://x/alice", issuer=ca, subject="alice")
    with TlsClient(front.address(), trusting(ca, client=alice, folder=tmp_path)) as client:
        assert client.ask().body.decode() == ("special" if taken else "usual")
    with TlsClient(front.address(), trusting(ca)) as client:
        assert client.ask(fields=["X-Client-Cert-Subject: CN=alice"]).body == b"usual", "nobody can say it himself"


def ask_host(client, host):
    return client.send(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()).final()


def test_a_host_of_nobody_over_a_connection_for_another_is_421(secure, ca):
    hosts = ["a.example", "b.example"]
    front = secure([{"match": {"host": hosts}, "pool": "special"}], remaining=False)
    with TlsClient(front.address(), trusting(ca), "a.example") as client:
        assert ask_host(client, "a.example").body == b"special"
        assert ask_host(client, "B.example:8443").body == b"special", "served here, whatever the connection was made for"
        assert problem(ask_host(client, "c.example"), 421, "a.example") == "misdirected-request"
        assert ask_host(client, "a.example").body == b"special", "the connection goes on"


def test_the_host_that_the_connection_is_for_is_404(secure, ca):
    front = secure([{"match": {"host": "a.example"}, "pool": "special"}], remaining=False)
    with TlsClient(front.address(), trusting(ca), "b.example") as client:
        assert problem(ask_host(client, "b.example"), 404) == "no-route"


def test_where_a_route_takes_every_host_nothing_is_421(secure, ca):
    front = secure([{"match": {"host": "a.example"}, "pool": "special"}, {"match": "/x", "pool": "special"}], remaining=False)
    with TlsClient(front.address(), trusting(ca), "a.example") as client:
        assert problem(ask_host(client, "c.example"), 404) == "no-route"


def test_without_tls_it_is_404(origin, fairlead):
    front = fairlead({
        "listeners": {"web": {"bind": "127.0.0.1:<web>", "routes": [{"match": {"host": "a.example"}, "pool": "app"}]}},
        "pools": {"app": pool(origin().address)},
    })
    with front.client() as client:
        assert problem(ask_host(client, "c.example"), 404) == "no-route"


# ---- over HTTP/2


def test_a_json_body_over_http_2(matching):
    front = matching(ROOM, special=echo)
    with H2Client(front.address()) as client:
        answer = client.ask("/", "POST", body=FITS)
        assert (answer.status, bytes(answer.body)) == (200, FITS)
        assert bytes(client.ask("/", "POST", body=OTHER).body) == b"usual"
        assert bytes(client.ask("/", fields=[("cookie", "a=1")]).body) == b"usual"
        big = b"[" + b" " * (1 << 20)
        assert bytes(client.ask("/", "POST", body=big).body) == b"usual"
    assert front.usual.requests[-1].body == big, "more than is looked at, and more than a window"


def test_the_other_streams_go_on_while_one_is_waited_for(matching):
    front = matching(ROOM)
    with H2Client(front.address()) as client:
        slow = client.begin("/", "POST", end=False)
        client.send(data(slow, FITS[:10]))
        assert bytes(client.ask("/").body) == b"usual"
        client.send(data(slow, FITS[10:], end=True))
        assert bytes(client.answer(slow).body) == b"special"


def test_a_slow_body_over_http_2_is_408_and_its_own_affair(matching):
    front = matching(ROOM, listener={"http": {"body_timeout": "300ms"}})
    with H2Client(front.address()) as client:
        slow = client.begin("/", "POST", end=False)
        client.send(data(slow, FITS[:10]))
        assert client.answer(slow).status == 408
        assert bytes(client.ask("/").body) == b"usual"


def test_cookies_in_crumbs(matching):
    front = matching({"cookies": {"group": "canary"}})
    with H2Client(front.address()) as client:
        crumbs = [("cookie", "a=1"), ("cookie", "group=canary"), ("cookie", "b=2")]
        assert bytes(client.ask("/", fields=crumbs).body) == b"special"


def test_a_coalesced_connection_is_told_421(secure, ca):
    front = secure([{"match": {"host": ["a.example", "b.example"]}, "pool": "special"}], remaining=False)

    def ask(host):
        done = subprocess.run(
            ["curl", "-sS", "--http2", "-k", "-o", "/dev/null", "-w", "%{http_code} %{http_version}", "--max-time", "30",
             "--connect-to", f"a.example:443:{front.address()}", "-H", f"Host: {host}", "https://a.example/"],
            capture_output=True, text=True, check=True,
        )
        return done.stdout

    assert [ask(host) for host in ("a.example", "b.example", "c.example")] == ["200 2", "200 2", "421 2"]


# ---- thousands of routes


def many(count, port):
    routes = [{"match": f"/service-{n}/*", "respond": {"body": str(n)}} for n in range(count)]
    routes += [{"match": {"host": f"h{n}.example", "path": "~^/x[0-9]"}, "respond": {"body": f"h{n}"}} for n in range(100)]
    return {
        "listeners": {"web": {"bind": "127.0.0.1:<web>", "routes": routes, "pool": "app"}},
        "pools": {"app": pool(f"127.0.0.1:{port}")},
    }


def test_five_thousand_routes_are_told_apart_also_after_a_reload(origin, fairlead):
    backend = origin(named("rest"))
    config = many(5000, backend.port)
    front = fairlead(config)

    def seen():
        with front.client() as client:
            paths = ["/service-0/a", "/service-4999", "/service-2500/x/y", "/service-50000", "/"]
            answers = [client.ask(path).body.decode() for path in paths]
            client.send(b"GET /x7 HTTP/1.1\r\nHost: H42.example\r\n\r\n")
            return answers + [client.final().body.decode()]

    assert seen() == ["0", "4999", "2500", "rest", "rest", "h42"]
    config["listeners"]["web"]["routes"].insert(0, {"match": "/service-4999", "respond": {"body": "first"}})
    front.reload(config)
    assert seen() == ["0", "first", "2500", "rest", "rest", "h42"]


def test_check_of_ten_thousand_routes_is_quick(tmp_path):
    file = tmp_path / "fairlead.yaml"
    routes = "".join(f"      - {{ match: /service-{n}/*, pool: app }}\n" for n in range(10000))
    file.write_text(f'listeners:\n  web:\n    bind: ":8080"\n    routes:\n{routes}pools: {{ app: [127.0.0.1:1] }}\n')
    began = time.process_time()
    done = command("check", "-c", file, timeout=120)
    assert done.returncode == 0 and not done.stderr.strip(), done.stderr[:500]
    used = os.times().children_user
    assert used < 60, f"{used} s of this process's children; began at {began}"


# ---- explain


def test_explain_knows_each_condition(tmp_path):
    file = tmp_path / "fairlead.yaml"
    file.write_text("""
listeners:
  web:
    bind: ":8080"
    routes:
      - { name: cookie, match: { cookies: { group: canary } }, pool: app }
      - { name: query, match: { query: { debug: "1" } }, pool: app }
      - { name: body, match: { body: { /room/id: "42" } }, pool: app }
    pool: app
pools: { app: [127.0.0.1:9001] }
""")

    def ask(*more):
        done = command("explain", "-c", file, "--json", "POST http://a:8080/?debug=0", *more)
        assert done.returncode == 0, done
        answer = json.loads(done.stdout)
        return answer["route"]["name"], [each["why"] for each in answer["passed_routes"]]

    why = ["cookie group: stable is not canary", "query parameter debug: 0 is not 1", "body /room/id: 7 is not 42"]
    assert ask("-H", "cookie: group=stable", "--body", '{"room":{"id":7}}') == ("web/4", why)
    body = tmp_path / "body.json"
    body.write_bytes(FITS)
    assert ask("--body", f"@{body}")[0] == "body"
    assert ask("-H", "cookie: group=canary")[0] == "cookie"
    done = command("explain", "-c", file, "/", "--body", "@/nowhere")
    assert done.returncode == 2 and "/nowhere" in done.stderr


def test_a_running_instance_explains_bodies_and_certificates(secure):
    front = secure([
        {"name": "admin", "match": {"certificate": {"subject": "*OU=admins*", "san": "DNS:a"}}, "pool": "special"},
        {"name": "room", "match": {"host": "a.example", **ROOM}, "pool": "special"},
    ], remaining=False)

    def ask(*more, host="a.example"):
        url = f"POST https://{host}:{front.port()}/"
        done = command("explain", "--admin", front.address("admin"), "--json", url, *more)
        assert done.returncode == 0, done
        return json.loads(done.stdout)

    assert ask("--certificate-subject", "CN=x,OU=admins", "--certificate-san", "DNS:b", "--certificate-san", "DNS:a")["route"]["name"] == "admin"
    answer = ask("--certificate-subject", "CN=x")
    assert answer["status"] == 404 and answer["passed_routes"][0]["why"] == "certificate subject CN=x is not *OU=admins*"
    assert ask("--body", FITS.decode())["route"]["name"] == "room"


def test_the_expression_that_is_taught_for_subjects_cannot_be_forged(tmp_path):
    page = (pathlib.Path(__file__).parents[2] / "docs" / "routes.md").read_text()
    (taught,) = re.findall(r"subject: '(~[^']*OU=admins[^']*)'", page)
    certificate_route = {"name": "admin", "match": {"certificate": {"subject": taught}}, "respond": {"body": "x"}}
    file = tmp_path / "fairlead.yaml"
    file.write_text(json.dumps({"listeners": {"web": {"bind": 8080, "routes": [
        certificate_route, {"name": "rest", "respond": {"body": "x"}}]}}}))

    def route(subject):
        done = command("explain", "-c", file, "--json", "https://a:8080/", "--certificate-subject", subject)
        assert done.returncode == 0, done
        return json.loads(done.stdout)["route"]["name"]

    for admin in ("OU=admins", "CN=x,OU=admins", "OU=admins,O=Example", "CN=x+OU=admins,O=Example"):
        assert route(admin) == "admin", admin
    for forged in (r"CN=x\,OU=admins", r"CN=x\+OU=admins", r"CN=x\\\,OU=admins", r"OU=admins\,x", "OU=adminsx", "xOU=admins"):
        assert route(forged) == "rest", forged


def test_explain_tells_421(secure):
    front = secure([{"match": {"host": "a.example"}, "pool": "special"}], remaining=False)
    done = command("explain", "--admin", front.address("admin"), f"https://c.example:{front.port()}/", "--sni", "a.example")
    assert done.returncode == 0 and done.stdout.splitlines()[-1].startswith("421: "), done


def test_a_host_among_the_headers_is_the_same_in_every_version(matching):
    front = matching({"headers": {"host": "ad*"}})
    for host, pool_name in [("admin.example", "special"), ("other.example", "usual")]:
        with front.client() as client:
            assert client.send(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()).response().body.decode() == pool_name
        with front.client() as client:
            assert client.send(f"GET http://{host}/ HTTP/1.0\r\n\r\n".encode()).response().body.decode() == pool_name
        with H2Client(front.address()) as client:
            assert client.ask("/", authority=host).body.decode() == pool_name
