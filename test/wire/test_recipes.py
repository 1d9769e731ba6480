"""The recipes of docs/recipes do what their pages promise, as they stand there (recipes.py says how)."""
import json
import re
import socket
import ssl
import threading
from collections import Counter

import pytest
import wsproto
from wsproto.connection import ConnectionType
from wsproto.events import AcceptConnection, Request, TextMessage

from certificates import Certificate, TlsClient, authority, trusting
from fairlead import command, problem
from h2_frames import H2Client, over_tls
from origin import ok, serving
from raw import request as request_bytes
from recipes import FOLDER, NAMES, Recipe, addresses, udp
from test_http2_websocket import Socket, speaking
from test_split import near
from timing import PATIENCE, eventually


def of(name):
    """A test of this page: `recipe` is the page."""
    return pytest.mark.parametrize("recipe", [name], indirect=True)


@pytest.fixture
def recipe(request, tmp_path, stack):
    return Recipe(request.param, tmp_path, stack)


# ---- every page


@pytest.mark.parametrize("recipe", NAMES, indirect=True)
def test_what_the_page_tells_to_type_says_what_it_shows(recipe):
    recipe.run()
    typed = list(recipe.commands())
    assert typed, "nothing to try"
    for line, text, shown in typed:
        said = [each.rstrip() for each in recipe.type(text).splitlines()]
        assert said == shown.splitlines(), f"{recipe.page.name}:{line}: $ {text}"


def test_every_page_has_a_test_of_its_own():
    marks = [mark for each in globals().values() for mark in getattr(each, "pytestmark", [])]
    tested = {mark.args[1][0] for mark in marks if mark.args[0] == "recipe" and len(mark.args[1]) == 1}
    assert tested == set(NAMES)


def test_every_page_stands_in_the_index():
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| \[([\w-]+)\]\(\1\.md\) \|", index, re.MULTILINE)) == NAMES


# ---- by what stands in the request


@of("path-to-service")
def test_a_path_has_its_service(recipe):
    recipe.run()
    for path, pool in {
        "/api/v1/orders": "orders",
        "/api/v1/orders/": "orders",
        "/api/v1/orders/7?a=/api/v1/users/1": "orders",
        "/api/v1/users/7": "users",
        "/api/v1/%75sers/7": "users",
        "/x/../api/v1/users/7": "users",
        "/api/v1/usership": "site",
        "/api/v1": "site",
        "/": "site",
    }.items():
        assert recipe.pool_of(path) == pool, path
        assert recipe.pool_of(path, method="POST", body=b"x") == pool, path
    for pool, path in ("orders", "/api/v1/orders/1"), ("users", "/api/v1/users/1"):
        assert {recipe.asked(path) for _ in range(60)} == set(recipe.pools[pool]), "somebody in it has nothing to do"


@of("path-to-service")
def test_a_service_sees_the_whole_path(recipe):
    recipe.run()
    backend = recipe.asked("/api/v1/orders/7?a=b")
    assert recipe.requests(backend)[-1].line == "GET /api/v1/orders/7?a=b HTTP/1.1"


@of("path-to-service")
def test_a_service_that_is_gone_takes_no_other_with_it(recipe):
    recipe.run()
    for backend in recipe.pools["users"]:
        recipe.order("disable", "users", backend)
    eventually(lambda: recipe.ask("/api/v1/users/1").status == 503, "nobody is left there")
    assert recipe.pool_of("/api/v1/orders/1") == "orders" and recipe.pool_of("/") == "site"


@of("admin-host")
def test_the_admin_host_has_its_own_pool(recipe):
    recipe.run()
    for host, pool in {
        "admin.myapp.com": "admin",
        "Admin.MyApp.com:8080": "admin",
        "admin.myapp.com.": "admin",
        "www.myapp.com": "app",
        "myapp.com": "app",
        "x.admin.myapp.com": "app",
        "admin.myapp.com.evil.example": "app",
        "127.0.0.1": "app",
    }.items():
        assert recipe.pool_of("/users", host=host) == pool, host
    backend = recipe.asked("/users", host="admin.myapp.com:8080")
    assert recipe.requests(backend)[-1].get("host") == "admin.myapp.com:8080"


@of("static-to-cdn")
def test_static_files_are_redirected(recipe):
    recipe.run()
    for path in "/static/app.css", "/static/a/b.js?v=1&w=2", "/static", "/static/caf%C3%A9.png":
        for method in "GET", "HEAD":
            answer = recipe.ask(path, method=method)
            assert (answer.status, answer.get("location")) == (301, f"https://cdn.example.com{path}"), answer
    assert not any(recipe.requests(backend) for backend in recipe.origins), "a backend was asked"
    for path in "/", "/statics/app.css", "/x/static/app.css":
        assert recipe.pool_of(path) == "app", path


@of("language")
def test_readers_by_language(recipe):
    recipe.run()
    for wanted, pool in {
        "fr": "french",
        "fr-CA,fr;q=0.9,en;q=0.8": "french",
        "fr-FR, en-GB;q=0.7": "french",
        "en,fr;q=0.5": "world",
        "de-DE,de;q=0.9": "world",
        "": "world",
    }.items():
        fields = [f"Accept-Language: {wanted}"] if wanted else []
        assert recipe.pool_of("/", *fields) == pool, wanted
        assert recipe.ask("/", *fields).all("vary") == ["accept-language"]


@of("language")
def test_what_the_servers_say_of_caches_stays(recipe):
    recipe.run(lambda address: serving(lambda request, connection: ok(b"", "Vary: Cookie")))
    assert sorted(recipe.ask("/").all("vary"), key=str.lower) == ["accept-language", "Cookie"]


PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1"
ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"
TABLET = "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"
IPAD = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15"


@of("mobile")
def test_phones_by_what_they_call_themselves(recipe):
    recipe.run()
    for agent, pool in {PHONE: "mobile", ANDROID: "mobile", TABLET: "mobile",
                        LAPTOP: "desktop", IPAD: "desktop", "curl/7.88.1": "desktop", "": "desktop"}.items():
        fields = [f"User-Agent: {agent}"] if agent else []
        assert recipe.pool_of("/", *fields) == pool, agent
        assert recipe.ask("/", *fields).all("vary") == ["user-agent"]


# ---- WebSockets


class WebSocket:
    """A client's socket over HTTP/1.1."""

    def __init__(self, client, path):
        self.client, self.ws = client, wsproto.WSConnection(ConnectionType.CLIENT)
        client.send(self.ws.send(Request(host="localhost", target=path)))
        assert isinstance(self.event(), AcceptConnection)

    def event(self):
        while True:
            for event in self.ws.events():
                return event
            first = self.client.exactly(1)
            self.ws.receive_data(first + self.client.exactly(len(self.client.buffer)))

    def echo(self, text):
        self.client.send(self.ws.send(TextMessage(data=text)))
        back = ""
        while len(back) < len(text):
            back += self.event().data
        return back


@of("websocket")
def test_sockets_have_their_own_pool_and_share_it_evenly(recipe, stack):
    recipe.run(lambda address: speaking())
    sockets = [WebSocket(stack.enter_context(recipe.client()), f"/ws/chat?n={n}") for n in range(6)]
    assert [socket.echo(f"caf\xe9 {n}") for n, socket in enumerate(sockets)] == [f"caf\xe9 {n}" for n in range(6)]
    assert [len(recipe.origins[backend].used()) for backend in recipe.pools["sockets"]] == [3, 3]
    assert not any(recipe.origins[backend].used() for backend in recipe.pools["app"])


@of("websocket")
def test_sockets_over_http2_too(recipe, stack):
    recipe.run(lambda address: speaking())
    client = stack.enter_context(H2Client(recipe.at()))
    client.round_trip()
    socket = Socket(client, "/ws").opened()
    socket.say(TextMessage(data="hello"))
    assert socket.message(TextMessage) == "hello"
    assert sum(len(recipe.origins[backend].used()) for backend in recipe.pools["sockets"]) == 1


@of("websocket")
def test_a_drain_sends_new_sockets_elsewhere_and_leaves_the_open_ones(recipe, stack):
    recipe.run(lambda address: speaking())
    open_ones = [WebSocket(stack.enter_context(recipe.client()), "/ws") for _ in range(2)]
    leaving, staying = recipe.pools["sockets"]
    recipe.order("drain", "sockets", leaving)
    later = [WebSocket(stack.enter_context(recipe.client()), "/ws") for _ in range(4)]
    assert len(recipe.origins[leaving].used()) == 1 and len(recipe.origins[staying].used()) == 5
    assert [socket.echo("still here") for socket in open_ones + later] == ["still here"] * 6


@of("websocket")
def test_all_else_goes_to_the_application(recipe):
    recipe.run()
    for path in "/", "/wsx", "/chat/ws":
        assert recipe.pool_of(path) == "app", path


# ---- parts of the traffic


def sides(recipe, count, *fields):
    """How many of so many requests each pool answered."""
    counts = Counter()
    with recipe.client() as client:
        for _ in range(count):
            backend = client.ask("/", fields=fields).body.decode()
            counts.update(name for name, backends in recipe.pools.items() if backend in backends)
    return counts


def split(recipe, route, *weights):
    done = command("split", route, *weights, "--admin", recipe.front.address("admin"))
    assert done.returncode == 0, done


@of("canary")
def test_a_tenth_goes_to_the_canary(recipe):
    recipe.run()
    assert near(sides(recipe, 2000)["canary"], 2000, 0.1)
    split(recipe, "shop", "stable=70", "canary=30")
    assert near(sides(recipe, 1000)["canary"], 1000, 0.3)
    recipe.front.reload()
    assert near(sides(recipe, 1000)["canary"], 1000, 0.3), "an order outlives a reload"
    order = json.dumps({"split": {"canary": 0}}).encode()
    assert recipe.front.admin("/api/v1/routes/shop", "PATCH", order).status == 200
    eventually(lambda: sides(recipe, 100) == {"stable": 100}, "the canary is off")
    split(recipe, "shop", "file")
    assert near(sides(recipe, 1000)["canary"], 1000, 0.1)


@of("canary")
def test_testers_are_always_on_the_canary(recipe):
    recipe.run()
    assert sides(recipe, 100, "Cookie: theme=dark; group=canary") == {"canary": 100}
    split(recipe, "shop", "canary=0")
    assert sides(recipe, 50, "Cookie: group=canary") == {"canary": 50}
    eventually(lambda: sides(recipe, 50, "Cookie: group=canary2") == {"stable": 50}, "nobody else is")


@of("canary")
def test_without_the_canary_all_are_served_by_the_stable_version(recipe):
    recipe.run()
    recipe.order("disable", "canary", *recipe.pools["canary"])
    eventually(lambda: sides(recipe, 50) == {"stable": 50}, "the canary is out")
    assert problem(recipe.ask("/", "Cookie: group=canary"), 503) == "no-healthy-backend"


@of("ab-test")
def test_a_visitor_keeps_the_variant(recipe):
    recipe.run()
    visitors = {}
    for _ in range(200):
        answer = recipe.ask("/")
        pair = re.fullmatch(r"(variant=[0-9a-f]{16}); Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax", answer.get("set-cookie"))[1]
        visitors[pair] = answer.body.decode() in recipe.pools["b"]
    assert len(visitors) == 200 and near(sum(visitors.values()), 200, 0.5)

    def seen():
        return {pair: recipe.pool_of("/", f"Cookie: lang=en; {pair}") == "b" for pair in visitors}

    assert seen() == visitors
    recipe.front.reload()
    assert seen() == visitors
    recipe.front.stop()
    recipe.front.start_again()
    assert seen() == visitors, "it is worked out, not remembered"
    split(recipe, "experiment", "a=80", "b=20")
    fewer = eventually(lambda: (now := seen()) != visitors and now, "the weights to act")
    assert all(visitors[pair] for pair, in_b in fewer.items() if in_b), "somebody has come to the side that shrank"
    assert 0 < sum(fewer.values()) < sum(visitors.values())
    split(recipe, "experiment", "file")
    eventually(lambda: seen() == visitors, "everybody to be back")
    cookies = {r.get("cookie") for backend in recipe.origins for r in recipe.requests(backend)}
    assert cookies == {None, "lang=en"}, "it is ours alone"


# ---- TLS


@of("security-headers")
def test_security_headers_come_over_tls(recipe):
    told = {
        "strict-transport-security": "max-age=31536000",
        "x-content-type-options": "nosniff",
        "x-frame-options": "SAMEORIGIN",
        "referrer-policy": "strict-origin-when-cross-origin",
        "permissions-policy": "browsing-topics=(), hid=(self), midi=(self), serial=(self), usb=(self)",
        "cross-origin-opener-policy": "same-origin-allow-popups",
    }
    own = ("Server: Apache/2.4.1", "X-Powered-By: PHP/5", "X-Frame-Options: DENY", "Content-Security-Policy: default-src 'self'")
    recipe.run(lambda address: serving(lambda r, c: ok(b"", *(own if r.target == "/own" else ()))))
    with recipe.secure("www.example.com") as client:
        answer = client.ask("/", host="www.example.com")
        assert {name: answer.get(name) for name in told} == told, answer
        answer = client.ask("/own", host="www.example.com")
        assert {name: answer.get(name) for name in told} == {**told, "x-frame-options": "DENY"}, "the backend's word counts"
        assert answer.get("content-security-policy") and not answer.all("server") and not answer.all("x-powered-by"), answer
        for backend in recipe.pools["app"]:
            recipe.order("disable", "app", backend)
        answer = eventually(lambda: (a := client.ask("/", host="www.example.com")).status == 503 and a, "nobody is left")
        assert {name: answer.get(name) for name in told} == told, "on answers of Fairlead's own, too"
    answer = recipe.ask("/", port=80, host="www.example.com")
    assert answer.status == 301 and not answer.all("strict-transport-security"), answer


@of("http-to-https")
def test_plain_http_is_sent_to_https(recipe):
    recipe.run()
    for host, path, wanted in [
        ("www.example.com", "/", "https://www.example.com/"),
        ("www.example.com:80", "/cart?item=7&x=%2F", "https://www.example.com/cart?item=7&x=%2F"),
        ("Shop.Example.com", "/a/b", "https://shop.example.com/a/b"),
    ]:
        for method in "GET", "HEAD", "POST":
            answer = recipe.ask(path, port=80, host=host, method=method, body=b"" if method == "POST" else None)
            assert (answer.status, answer.get("location").lower()) == (301, wanted.lower()), answer
    assert not any(recipe.requests(backend) for backend in recipe.origins), "a backend was asked without TLS"


@of("http-to-https")
def test_https_is_served(recipe):
    recipe.run()
    with recipe.secure("www.example.com") as client:
        answer = client.ask("/cart", host="www.example.com")
        assert answer.status == 200 and client.shown() == ["www.example.com"]
    seen = recipe.requests(answer.body.decode())[-1]
    assert (seen.get("host"), seen.get("x-forwarded-proto")) == ("www.example.com", "https")
    with H2Client(recipe.at(443), over_tls(recipe.trust("www.example.com")), "www.example.com") as client:
        assert client.below.sock.selected_alpn_protocol() == "h2"
        assert client.ask("/", authority="www.example.com", scheme="https").status == 200
    with pytest.raises(ssl.SSLCertVerificationError):
        TlsClient(recipe.at(443), trusting(), "www.example.com")
    assert problem(recipe.ask("/", port=443), 400) == "malformed-request"


# ---- the API gateway


def service(address, special=None):
    """A script: /health is well, `special(request, connection)` may answer, else a backend says its address."""

    def answer(request, connection):
        if request.target == "/health":
            return ok()
        return (special and special(request, connection)) or ok(address.encode())

    return serving(answer)


@of("api-gateway")
def test_each_service_gets_its_own_paths(recipe):
    recipe.run(service)
    for path, pool, target in [
        ("/api/orders", "orders", "/orders"),
        ("/api/orders/7?a=b", "orders", "/orders/7?a=b"),
        ("/api/users", "users", "/v2"),
        ("/api/users/7", "users", "/v2/7"),
        ("/api/files/a/b.pdf", "files", "/a/b.pdf"),
        ("/api/files", "files", "/"),
    ]:
        backend = recipe.asked(path)
        assert backend in recipe.pools[pool] and recipe.requests(backend)[-1].target == target, path
    for path, method in ("/", "GET"), ("/api/payments/1", "GET"), ("/api/ordersx", "GET"), ("/api/users/7", "DELETE"):
        answer = recipe.ask(path, method=method)
        assert (answer.status, json.loads(answer.body)) == (404, {"error": "no such API"}), path
        assert answer.get("content-type") == "application/json"
    assert json.loads(recipe.ask("/healthz").body) == {"ok": True}


@of("api-gateway")
def test_a_request_has_one_number_everywhere(recipe):
    recipe.run(service)
    answer = recipe.ask("/api/orders/7", "X-Request-Id: made-up")
    number = answer.get("x-request-id")
    assert re.fullmatch("[0-9a-f]{32}", number)
    seen = recipe.requests(answer.body.decode())[-1]
    assert seen.get("x-request-id") == number
    trace = re.fullmatch("00-([0-9a-f]{32})-[0-9a-f]{16}-00", seen.get("traceparent"))[1]
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    kept = recipe.asked("/api/users/7", f"Traceparent: {parent}", "Tracestate: a=1")
    assert recipe.requests(kept)[-1].get("traceparent") == parent and recipe.requests(kept)[-1].get("tracestate") == "a=1"

    def logged():
        lines = [json.loads(line) for line in recipe.front.output().splitlines()]
        return {(line.get("request_id"), line.get("trace_id")) for line in lines}

    eventually(lambda: (number, trace) in logged(), "the line in the access log")
    eventually(lambda: parent.split("-")[1] in {each for _, each in logged()}, "the trace that was there before")


@of("api-gateway")
def test_what_is_safe_is_asked_again_and_nothing_else(recipe):
    """One backend of the orders is overloaded: no GET fails, and no POST is made twice."""

    def busy(address):
        return service(address, lambda r, c: address.endswith("9001") and ok(b"busy", status="503 Service Unavailable"))

    recipe.run(busy)
    posts = [recipe.ask("/api/orders", method="POST", body=b"{}").status for _ in range(4)]
    assert set(posts) == {200, 503}
    assert sum(len(recipe.requests(backend)) for backend in recipe.pools["orders"]) == 4, "an order was placed twice"
    assert {recipe.asked("/api/orders/7") for _ in range(6)} == {"127.0.0.1:9002"}
    assert len(recipe.requests("127.0.0.1:9001")) > posts.count(503), "no GET has met it"


@of("api-gateway")
def test_whoever_hangs_is_given_up(recipe):
    """Orders: another one is asked after 2 s. Users: 504 after 2 s."""
    over = threading.Event()
    recipe.run(lambda address: service(address, lambda r, c: not address.endswith("9002") and over.wait(PATIENCE) and ok()))
    try:
        assert {recipe.asked("/api/orders/7") for _ in range(2)} == {"127.0.0.1:9002"}
        assert recipe.requests("127.0.0.1:9001"), "nobody has met the one that hangs"
        assert problem(recipe.ask("/api/users/7"), 504) == "backend-timeout"
    finally:
        over.set()


@of("api-gateway")
def test_each_service_has_its_limits(recipe):
    recipe.run(service)
    for path, most in ("/api/orders", 64 << 10), ("/api/users", 16 << 10):
        assert recipe.ask(path, method="POST", body=bytes(most)).status == 200
        with recipe.client() as client:
            client.send_what_goes(request_bytes(path, "POST", body=bytes(most + 1)))
            assert problem(client.final(), 413) == "body-too-large"
    assert recipe.ask("/api/files/x", method="PUT", body=bytes(1 << 20)).status == 200


@of("api-gateway")
def test_uploads_wait_for_a_place_or_are_refused(recipe, stack):
    """Fifty at once: twenty at each backend, ten in line; the next one is told to come back."""
    over = threading.Event()
    recipe.run(lambda address: service(address, lambda r, c: over.wait(PATIENCE) and ok()))
    uploads = [stack.enter_context(recipe.client()).send(request_bytes("/api/files/x", "PUT", body=b"x")) for _ in range(50)]
    files = recipe.pools["files"]
    eventually(lambda: [len(recipe.requests(backend)) for backend in files] == [20, 20], "both to be full")
    eventually(lambda: recipe.front.metric("fairlead_pool_queue", pool="files") == 10, "ten to wait")
    answer = recipe.ask("/api/files/x")
    assert problem(answer, 503) == "route-full" and answer.get("retry-after") == "1"
    over.set()
    assert [client.final().status for client in uploads] == [200] * 50


# ---- the same client, the same server


def stays_and_comes_back(recipe, pool, owners, strays):
    """Who has whom (`owners()` says it) outlives a reload; one backend goes, and comes back. `strays`: so many others may move."""
    before = owners()
    assert set(before.values()) == set(recipe.pools[pool]), "somebody in it has nothing to do"
    recipe.front.reload()
    assert owners() == before
    gone = recipe.pools[pool][1]
    recipe.order("drain", pool, gone)
    eventually(lambda: gone not in owners().values(), "it has left")
    without = owners()
    moved = [key for key in before if without[key] != before[key] and before[key] != gone]
    assert len(moved) <= strays, f"{moved} had nothing to do with it"
    assert {without[key] for key in before if before[key] == gone} == set(recipe.pools[pool]) - {gone}, "they are not spread"
    recipe.order("enable", pool, gone)
    eventually(lambda: owners() == before, "everything is as before")


@of("shop")
def test_a_session_keeps_its_server(recipe):
    recipe.run(service)

    def asked(client, number):
        return client.ask("/basket", fields=[f"Cookie: theme=dark; session_id=s{number}"], host="shop.example").body.decode()

    def owners():
        with recipe.secure("shop.example") as client:
            return {number: asked(client, number) for number in range(200)}

    before = owners()
    for number in range(0, 200, 20):
        with recipe.secure("shop.example") as client:
            assert asked(client, number) == before[number], "another connection, another server"
    # Maglev moves about one key in a thousand besides: more than six of 150 is less than once in ten million.
    stays_and_comes_back(recipe, "shop", owners, strays=6)
    assert recipe.ask("/basket", port=80, host="shop.example").get("location") == "https://shop.example/basket"


@of("shop")
def test_a_visitor_without_a_session_goes_by_the_address(recipe):
    recipe.run(service)

    def first_page(source):
        with recipe.secure("shop.example", source=source) as client:
            return client.ask("/", host="shop.example").body.decode()

    seen = {source: {first_page(source) for _ in range(2)} for source in addresses(40)}
    assert {len(each) for each in seen.values()} == {1} and len(set.union(*seen.values())) > 1


@of("intranet")
def test_a_workstation_keeps_its_server(recipe):
    recipe.run()
    stations = addresses(150)
    stays_and_comes_back(recipe, "intranet", lambda: {station: recipe.asked("/", source=station) for station in stations}, strays=6)
    told = recipe.type("fairlead explain -c fairlead.yaml http://localhost:8080/ --client 10.1.2.3 --json")
    assert json.loads(told)["pool"]["key"]["source"] == "client_ip"


@of("wiki")
def test_connections_are_shared_out_and_tls_is_the_servers(recipe, stack, tmp_path):
    ca = authority()
    files = Certificate("wiki.example", issuer=ca).write(tmp_path, "wiki")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files["cert"], files["key"])
    recipe.run(tls=lambda address: context if ":944" in address else None)
    servers = recipe.pools["wiki-https"]

    def visit():
        client = stack.enter_context(TlsClient(recipe.at(443), trusting(ca), "wiki.example"))
        assert client.shown() == ["wiki.example"]
        return client, client.ask("/page", host="wiki.example").body.decode()

    visits = [visit() for _ in range(9)]
    assert Counter(server for _, server in visits) == {server: 3 for server in servers}
    for client, server in visits:
        assert {client.ask("/next").body.decode() for _ in range(3)} == {server}, "a connection keeps its server"
        if server == servers[0]:
            client.close()
    active = {"pool": "wiki-https", "backend": recipe.origins[servers[0]].address}
    eventually(lambda: recipe.front.metric("fairlead_backend_active", **active) == 0, "its connections have ended")
    assert [visit()[1] for _ in range(3)] == [servers[0]] * 3
    seen = recipe.requests(servers[0])[-1]
    assert seen.line == "GET /page HTTP/1.1" and [name for name, _ in seen.fields] == ["Host"], "nothing was read or added"


@of("wiki")
def test_port_80_is_shared_out_as_well(recipe, stack):
    recipe.run()
    clients = [stack.enter_context(recipe.client(80)) for _ in range(6)]
    assert Counter(client.ask("/").body.decode() for client in clients) == {server: 2 for server in recipe.pools["wiki-http"]}


@of("wiki")
def test_a_server_that_does_not_answer_costs_no_connection(recipe):
    recipe.run()
    recipe.origins["127.0.0.1:9001"].stop()
    assert {recipe.asked("/", port=80) for _ in range(20)} == {"127.0.0.1:9002", "127.0.0.1:9003"}


# ---- video calls


class MediaServer:
    """What a backend of the video recipe has beside its HTTP: a UDP address that sends back what comes."""

    def __init__(self, address):
        self.sock, self.came_from = udp("127.0.0.1"), set()
        self.address, self.script = "udp://%s:%d" % self.sock.getsockname(), service(address, self.join)
        threading.Thread(target=self._echo, daemon=True).start()

    def join(self, request, connection):
        body = {"room": request.target.split("/")[2].split("?")[0], "media": self.address}
        return ok(json.dumps(body).encode(), "Content-Type: application/json")

    def _echo(self):
        try:
            while True:
                data, peer = self.sock.recvfrom(2048)
                self.came_from.add(peer)
                self.sock.sendto(data, peer)
        except OSError:
            pass    # closed, or nobody has come for long


def media_servers(recipe, stack):
    """Starts the recipe; {UDP address: the backend that names it}."""
    servers = {}

    def script(address):
        server = MediaServer(address)
        stack.callback(server.sock.close)
        servers[server.address] = (address, server)
        return server.script

    recipe.run(script)
    return servers


def joined(recipe, room, way="/join", **more):
    answer = recipe.ask(f"/rooms/{room}{way}", **more)
    assert answer.status == 200, answer
    told = json.loads(answer.body)
    assert told["room"] == str(room)
    return told["media"]


@of("video")
def test_everybody_in_a_room_is_told_the_same_media_server(recipe, stack):
    servers = media_servers(recipe, stack)
    ways = ["", "/", "/join", "/ice?candidate=1", "/signal", "?name=alice"]
    rooms = {}
    for room in range(60):
        told = {joined(recipe, room, ways[n % len(ways)], source=source, method="POST" if n % 2 else "GET", body=b"{}" if n % 2 else None)
                for n, source in enumerate(addresses(6, f"127.{room + 10}"))}
        assert len(told) == 1, f"room {room} is torn apart: {told}"
        (rooms[room],) = told
    assert set(rooms.values()) == set(servers), "a media server has nothing to do"


@of("video")
def test_media_goes_straight_to_the_server(recipe, stack):
    servers = media_servers(recipe, stack)
    own = set()
    for source in addresses(4):
        media = joined(recipe, "42", source=source)
        host, port = media.removeprefix("udp://").split(":")
        sock = udp(source)
        stack.callback(sock.close)
        sock.sendto(b"a picture", (host, int(port)))
        assert sock.recvfrom(100) == (b"a picture", (host, int(port)))
        own.add(sock.getsockname())
    _, server = servers[media]
    assert server.came_from == own, "somebody stands between"


@of("video")
def test_when_a_media_server_leaves_only_its_rooms_move(recipe, stack):
    servers = media_servers(recipe, stack)
    stays_and_comes_back(recipe, "media", lambda: {room: servers[joined(recipe, room)][0] for room in range(150)}, strays=0)


@of("video")
def test_a_room_by_websocket_is_at_the_same_server(recipe, stack):
    def script(address):
        probed, talk = service(address), speaking()
        return lambda connection: (probed if connection.sock.recv(11, socket.MSG_PEEK) == b"GET /health" else talk)(connection)

    recipe.run(script)
    for room in range(12):
        for source in addresses(2):
            assert WebSocket(stack.enter_context(recipe.client(source=source)), f"/rooms/{room}/signal").echo("hello") == "hello"
        told = command("explain", "--admin", recipe.front.address("admin"), f"http://{recipe.at()}/rooms/{room}/join", "--json")
        there = {address: sum(connection.asked.target == f"/rooms/{room}/signal" for connection in origin.connections
                              if hasattr(connection, "asked")) for address, origin in recipe.origins.items()}
        assert there == {**dict.fromkeys(recipe.origins, 0), recipe.given[json.loads(told.stdout)["backend"]]: 2}


@of("video")
def test_what_is_no_room_is_404(recipe):
    recipe.run(service)
    assert recipe.ask("/").status == 404 and recipe.ask("/roomservice/1").status == 404
