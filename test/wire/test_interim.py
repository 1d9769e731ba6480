"""Responses before the response: 103 passed on, 100-continue from end to end."""
from origin import ok, serving
from raw import request
from timing import eventually


def test_103_is_passed_on(origin, proxy):
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
    front = proxy(origin(serving(lambda r, c: hints + hints + ok(b"x"))).address)
    with front.client() as client:
        for _ in range(2):
            client.send(request())
            first, second, last = client.response(), client.response(), client.response()
            assert (first.status, second.status, last.status) == (103, 103, 200)
            assert first.get("link") == "</a.css>; rel=preload" and last.body == b"x"


def test_103_arrives_before_the_response_is_made(origin, proxy):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        eventually(lambda: connection.origin.seen, "the client")
        connection.send(ok())

    backend = origin(script)
    backend.seen = False
    with proxy(backend.address).client() as client:
        assert client.send(request()).response().status == 103
        backend.seen = True
        assert client.response().status == 200


def test_100_continue_goes_from_end_to_end(origin, proxy):
    def script(connection):
        while r := connection.head():
            assert r.get("expect") == "100-continue"
            assert connection.at == len(connection.received), "the body was not waited for"
            connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            connection.body(r)
            connection.send(ok(r.body))

    with proxy(origin(script).address).client() as client:
        for _ in range(2):
            client.send(request("/", "POST", ["Expect: 100-continue", "Content-Length: 5"]))
            assert client.response().status == 100
            client.send(b"hello")
            assert client.response().body == b"hello"


def test_a_refused_expectation_is_passed_on_without_the_body(origin, proxy):
    def script(connection):
        connection.head()
        connection.send(ok(b"no", status="417 Expectation Failed"))
        connection.drain()

    backend = origin(script)
    with proxy(backend.address).client() as client:
        answer = client.send(request("/", "POST", ["Expect: 100-continue", "Content-Length: 5"])).response()
        assert (answer.status, answer.body) == (417, b"no")


def test_a_client_that_does_not_wait_for_100_is_served(origin, proxy):
    backend = origin(serving(lambda r, c: b"HTTP/1.1 100 Continue\r\n\r\n" + ok(r.body)))
    with proxy(backend.address).client() as client:
        client.send(request("/", "POST", ["Expect: 100-continue"], b"hello"))
        assert client.final().body == b"hello"
