"""Connections that last: reuse on both sides, order in a pipeline, half-finished business."""
import pytest

from origin import ok, ok_chunked, serving
from raw import chunked, request
from timing import PATIENCE, eventually

echo = serving(lambda r, c: ok(r.target.encode()))


# ---- persistence


def test_both_sides_keep_their_connections(origin, proxy):
    backend = origin(echo)
    front = proxy(backend.address)
    with front.client() as client:
        for i in range(20):
            assert client.ask(f"/{i}").body == b"/%d" % i
    assert len(backend.connections) == 1


def test_clients_share_one_upstream_connection_in_turn(origin, proxy):
    backend = origin(echo)
    front = proxy(backend.address)
    for i in range(10):
        with front.client() as client:
            assert client.ask(f"/{i}").status == 200
    assert len(backend.connections) == 1


def test_the_idle_connection_used_last_is_used_first(origin, proxy):
    """Three connections open at once; afterwards only the one that became idle last is used."""

    def answer(r, c):
        eventually(lambda: r.target in c.origin.let, f"the test's word for {r.target}")
        return ok(str(c.number).encode())

    backend = origin(serving(answer))
    backend.let = set()
    front = proxy(backend.address)
    clients = [front.client() for _ in range(3)]
    for i, client in enumerate(clients):
        client.send(request(f"/{i}"))
        backend.wait_requests(i + 1)
    last = None
    for i in (1, 2, 0):
        backend.let.add(f"/{i}")
        last = clients[i].final().body
    backend.let.add("/again")
    for client in clients:
        assert client.ask("/again").body == last
        client.close()


def test_concurrent_requests_do_not_share_a_connection(origin, proxy):
    backend = origin(serving(lambda r, c: eventually(lambda: len(c.origin.requests) == 8, "all") and ok()))
    front = proxy(backend.address)
    clients = [front.client().send(request()) for _ in range(8)]
    for client in clients:
        assert client.final().status == 200
        client.close()
    assert len(backend.connections) == 8


@pytest.mark.parametrize("method, body", [("GET", None), ("POST", b"x" * 100), ("PUT", b""), ("PATCH", b"y")])
def test_an_idle_connection_that_the_backend_closed_costs_no_request(origin, proxy, method, body):
    """It says nothing of its plan; whatever the method, the next request is answered."""

    def script(connection):
        connection.request()
        connection.send(ok())

    backend = origin(script)
    front = proxy(backend.address)
    with front.client() as client:
        for i in range(20):
            assert client.ask("/", method, body=body).status == 200
            assert eventually(
                lambda: len(backend.connections) > i and backend.connections[i].done.is_set(), "the close"
            )
    assert len(backend.requests) == 20


def test_a_connection_that_the_backend_says_it_closes_is_not_reused(origin, proxy):
    backend = origin(serving(lambda r, c: ok(b"ok", "Connection: close")))
    front = proxy(backend.address)
    with front.client() as client:
        for _ in range(5):
            answer = client.ask()
            assert (answer.status, answer.get("connection")) != (200, "close"), "the backend's wish is not the client's"
    assert len(backend.connections) == 5


def test_a_client_that_asks_for_it_is_closed(origin, proxy):
    front = proxy(origin(echo).address)
    with front.client() as client:
        assert client.ask("/", fields=["Connection: close"]).get("connection") == "close"
        client.expect_closed()


@pytest.mark.parametrize("value", ["close", "Close", "keep-alive, close", "x, close ,y"])
def test_close_is_found_wherever_it_stands(origin, proxy, value):
    front = proxy(origin(echo).address)
    with front.client() as client:
        assert client.ask("/", fields=[f"Connection: {value}"]).status == 200
        client.expect_closed()


# ---- pipelining


def test_pipelined_requests_are_answered_in_order(origin, proxy):
    front = proxy(origin(echo).address)
    with front.client() as client:
        client.send(b"".join(request(f"/{i}") for i in range(50)))
        assert [client.final().body for _ in range(50)] == [b"/%d" % i for i in range(50)]


def test_pipelined_bodies_are_told_apart(origin, proxy):
    backend = origin(serving(lambda r, c: ok(r.body)))
    front = proxy(backend.address)
    with front.client() as client:
        client.send(
            request("/a", "POST", body=b"one")
            + request("/b", "POST", ["Transfer-Encoding: chunked"])
            + chunked(b"tw", b"o")
            + request("/c")
            + request("/d", "PUT", body=b"four")
        )
        assert [client.final().body for _ in range(4)] == [b"one", b"two", b"", b"four"]


def test_a_request_in_single_bytes_is_understood(origin, proxy):
    backend = origin(serving(lambda r, c: ok(r.body)))
    front = proxy(backend.address)
    with front.client() as client:
        for byte in request("/slow", "POST", ["Transfer-Encoding: chunked"]) + chunked(b"hello", b"world"):
            client.send(bytes([byte]))
        assert client.final().body == b"helloworld"


@pytest.mark.parametrize("whole", [ok(b"hello"), ok_chunked(b"he", b"llo")], ids=["length", "chunked"])
def test_a_response_in_single_bytes_is_understood(origin, proxy, whole):
    def script(connection):
        while connection.request():
            for byte in whole:
                connection.send(bytes([byte]))

    front = proxy(origin(script).address)
    with front.client() as client:
        for _ in range(3):
            answer = client.ask()
            assert (answer.body, answer.complete) == (b"hello", True)


# ---- half-finished business


def test_an_early_answer_to_an_unfinished_upload_arrives(origin, proxy):
    def script(connection):
        connection.head()
        connection.exactly(5)
        connection.send(ok(b"enough", status="413 Content Too Large"))
        connection.drain()

    backend = origin(script)
    front = proxy(backend.address)
    with front.client() as client:
        client.send(request("/", "POST", ["Content-Length: 1000000"]) + b"hello")
        answer = client.final()
        assert (answer.status, answer.body, answer.complete) == (413, b"enough", True)
    with front.client() as client:
        assert client.send(request("/", "POST", ["Content-Length: 5"]) + b"again").final().status == 413
    first = backend.used()[0]
    assert len(first.requests) == 1 and first.done.wait(PATIENCE), "a connection in the middle of a body was kept"


def test_an_early_answer_arrives_while_the_client_still_sends(origin, proxy):
    def script(connection):
        connection.head()
        connection.send(ok(b"no", "Connection: close", status="403 Forbidden"))
        connection.half_close()
        connection.drain()

    with proxy(origin(script).address).client() as client:
        client.send_what_goes(request("/", "POST", ["Content-Length: 8000000"]))
        for _ in range(80):
            client.send_what_goes(b"x" * 100_000)
        answer = client.final()
        assert (answer.status, answer.body) == (403, b"no")


@pytest.mark.parametrize("body", [None, b"hello"])
def test_a_half_closed_client_still_gets_its_answer(origin, proxy, body):
    backend = origin(serving(lambda r, c: eventually(lambda: c.origin.go, "the test's word") and ok(b"x" * 200_000)))
    backend.go = False
    with proxy(backend.address).client() as client:
        client.send(request("/", "POST", body=body)).half_close()
        backend.wait_requests(1)
        backend.go = True
        answer = client.final()
        assert (len(answer.body), answer.complete) == (200_000, True)
        client.expect_closed()


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_client_that_breaks_off_its_upload_breaks_off_the_request(origin, proxy, how):
    backend = origin()
    front = proxy(backend.address)
    client = front.client().send(request("/", "POST", ["Content-Length: 1000"]) + b"hello")
    eventually(lambda: backend.connections and b"hello" in backend.connections[0].received, "the first bytes")
    getattr(client, how)()
    assert backend.connections[0].done.wait(PATIENCE)
    assert backend.connections[0].received.endswith(b"\r\n\r\nhello")


def test_a_client_that_resets_while_it_waits_frees_the_backend(origin, proxy):
    def script(connection):
        connection.request()
        connection.drain()

    backend = origin(script)
    front = proxy(backend.address)
    client = front.client().send(request())
    backend.wait_requests(1)
    client.reset()
    assert backend.connections[0].done.wait(PATIENCE), "the backend still works for nobody"
    eventually(lambda: front.metric("fairlead_backend_active") == 0, "the active count to return to zero")
