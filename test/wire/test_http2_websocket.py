"""WebSocket over HTTP/2 (RFC 8441): an extended CONNECT to Fairlead is an upgrade to the backend.

The backend is wsproto, which checks the handshake of HTTP/1.1 as browsers' servers do; the client
speaks frames of its own over the stream.
"""
import base64
import os
import signal
import threading

import pytest
import wsproto
from wsproto.connection import Connection, ConnectionType
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Message, Ping, Pong, Request, TextMessage

from certificates import Certificate, authority, trusting
from fairlead import one_pool
from h2_frames import CONNECT_PROTOCOL, H2Client, data, over_tls, rst_stream
from origin import ok, serving
from timing import FACTOR, PATIENCE, eventually

HELLO = [(":protocol", "websocket"), ("sec-websocket-version", "13"), ("origin", "https://a.example")]


def speaking(accept=AcceptConnection()):
    """A script: a WebSocket server that sends back what comes, and answers pings and closes."""

    def script(connection):
        ws = wsproto.WSConnection(ConnectionType.SERVER)
        connection.events, connection.wrong = [], None
        while True:
            at = len(connection.received)
            if not connection.more():
                return
            try:
                ws.receive_data(bytes(connection.received[at:]))
                for event in ws.events():
                    connection.events.append(event)
                    if isinstance(event, Request):
                        connection.asked = event
                        connection.send(ws.send(accept))
                    elif isinstance(event, Message):
                        connection.send(ws.send(type(event)(data=event.data, message_finished=event.message_finished)))
                    elif isinstance(event, Ping):
                        connection.send(ws.send(event.response()))
                    elif isinstance(event, CloseConnection):
                        connection.send(ws.send(event.response()))
                        return connection.half_close()
            except wsproto.utilities.RemoteProtocolError as error:
                connection.wrong = str(error)
                return connection.send(ok(str(error).encode(), status="400 Bad Request"))

    return script


class Socket:
    """A client's WebSocket on one stream."""

    def __init__(self, client, path="/chat", fields=(), subprotocols=()):
        self.client = client
        more = [("sec-websocket-protocol", ", ".join(subprotocols))] if subprotocols else []
        self.stream = client.begin(path, "CONNECT", [*HELLO, *more, *fields], end=False)
        self.ws, self.seen = Connection(ConnectionType.CLIENT), 0

    def opened(self):
        answer = self.client.head(self.stream)
        assert answer.status == 200, answer
        return self

    @property
    def answer(self):
        return self.client.streams[self.stream]

    def say(self, event, end=False):
        self.client.pour(self.stream, self.ws.send(event), end)

    def event(self, kind):
        """The next event, which must be of this kind."""
        while True:
            for event in self.ws.events():
                assert isinstance(event, kind), event
                return event
            self.client.until(lambda: len(self.answer.body) > self.seen or self.answer.over(), f"{kind}")
            assert len(self.answer.body) > self.seen, f"no {kind}: {self.answer}"
            self.ws.receive_data(bytes(self.answer.body[self.seen :]))
            self.seen = len(self.answer.body)

    def message(self, kind=BytesMessage):
        whole, finished = b"" if kind is BytesMessage else "", False
        while not finished:
            event = self.event(kind)
            whole += event.data
            finished = event.message_finished
        return whole


@pytest.fixture
def chat(origin, proxy, stack):
    """A backend of WebSockets, Fairlead before it, and a connection of a client."""
    backend = origin(speaking())
    front = proxy(backend.address)
    client = stack.enter_context(H2Client(front.address()))
    client.front, client.backend = front, backend
    client.round_trip()
    assert client.settings[CONNECT_PROTOCOL] == 1
    return client


def test_messages_go_both_ways(chat):
    socket = Socket(chat, "/chat?room=1").opened()
    assert not {"sec-websocket-accept", "connection", "upgrade"} & {name for name, _ in socket.answer.fields}, socket.answer
    for text in ("hello", "caf\xe9", "x" * 1000):
        socket.say(TextMessage(data=text))
        assert socket.message(TextMessage) == text
    for size in (1, 1000, 100_000, 1 << 20):
        block = os.urandom(size)
        socket.say(BytesMessage(data=block))
        assert socket.message() == block
    socket.say(Ping(payload=b"are you there"))
    assert socket.event(Pong).payload == b"are you there"


def test_the_handshake_at_the_backend_is_that_of_http1(chat):
    """RFC 8441 has no key; HTTP/1.1 must have one, a new one each time (RFC 6455 4.1)."""
    keys = []
    for _ in range(2):
        Socket(chat, "/chat?room=1", [("cookie", "a=1"), ("cookie", "b=2")]).opened()
    for connection in chat.backend.connections:
        head = bytes(connection.received).partition(b"\r\n\r\n")[0].decode("latin-1")
        line, *lines = head.split("\r\n")
        assert line == "GET /chat?room=1 HTTP/1.1"
        fields = {}
        for each in lines:
            name, _, value = each.partition(": ")
            assert name.lower() not in fields, f"{name} is there twice"
            fields[name.lower()] = value
        assert fields["upgrade"].lower() == "websocket" and "upgrade" in fields["connection"].lower()
        assert fields["host"] == "a.example" and fields["sec-websocket-version"] == "13" and fields["cookie"] == "a=1; b=2"
        assert "content-length" not in fields and "transfer-encoding" not in fields and "protocol" not in fields and ":protocol" not in fields
        keys.append(fields["sec-websocket-key"])
        assert len(base64.b64decode(keys[-1])) == 16
    assert len({*keys}) == 2


def test_close_by_the_client(chat):
    socket = Socket(chat).opened()
    socket.say(TextMessage(data="hello"))
    socket.message(TextMessage)
    socket.say(CloseConnection(code=1000, reason="bye"), end=True)
    assert socket.event(CloseConnection).code == 1000
    chat.until(socket.answer.over, "the stream's end")
    assert socket.answer.complete
    eventually(lambda: [e for e in chat.backend.connections[0].events if isinstance(e, CloseConnection)][0].reason == "bye", "the close frame")
    assert chat.backend.connections[0].done.wait(PATIENCE)
    eventually(lambda: chat.front.metric("fairlead_backend_active") == 0, "nothing is under way")
    Socket(chat).opened()


def test_close_by_the_backend(origin, proxy):
    def script(connection):
        ws = wsproto.WSConnection(ConnectionType.SERVER)
        connection.more()
        ws.receive_data(bytes(connection.received))
        next(ws.events())
        connection.send(ws.send(AcceptConnection()) + ws.send(TextMessage(data="first")) + ws.send(CloseConnection(code=1001, reason="away")))
        connection.half_close()
        connection.drain()

    backend = origin(script)
    with H2Client(proxy(backend.address).address()) as client:
        socket = Socket(client).opened()
        assert socket.message(TextMessage) == "first"
        assert socket.event(CloseConnection).code == 1001
        client.until(socket.answer.over, "the stream's end")
        assert socket.answer.complete
        client.send(data(socket.stream, b"", True))
        assert backend.connections[0].done.wait(PATIENCE)


def test_a_reset_by_either_side_reaches_the_other(origin, proxy):
    def script(connection):
        ws = wsproto.WSConnection(ConnectionType.SERVER)
        connection.more()
        ws.receive_data(bytes(connection.received))
        request = next(ws.events())
        connection.send(ws.send(AcceptConnection()))
        if request.target == "/reset":
            assert connection.origin.gate.wait(PATIENCE)
            return connection.reset()
        connection.drain()

    backend = origin(script)
    backend.gate = threading.Event()
    with H2Client(proxy(backend.address).address()) as client:
        socket = Socket(client, "/reset").opened()
        backend.gate.set()
        client.until(socket.answer.over, "the stream's end")
        assert socket.answer.reset is not None and not socket.answer.complete, socket.answer
        socket = Socket(client, "/x").opened()
        client.send(rst_stream(socket.stream))
        assert backend.connections[1].done.wait(PATIENCE)
        Socket(client, "/x").opened()


def test_a_client_that_goes_takes_its_sockets_along(chat):
    for _ in range(3):
        Socket(chat).opened()
    chat.close()
    for connection in chat.backend.connections:
        assert connection.done.wait(PATIENCE)


def test_subprotocols_and_extensions(origin, proxy):
    backend = origin(speaking(AcceptConnection(subprotocol="v2.chat")))
    with H2Client(proxy(backend.address).address()) as client:
        socket = Socket(client, subprotocols=["v1.chat", "v2.chat"]).opened()
        assert socket.answer.get("sec-websocket-protocol") == "v2.chat"
        assert backend.connections[0].asked.subprotocols == ["v1.chat", "v2.chat"]


@pytest.mark.parametrize("status", [400, 403, 426, 200])
def test_a_backend_that_does_not_switch(origin, proxy, status):
    """Its answer is the answer; nothing of the stream is sent on."""
    backend = origin(serving(lambda r, c: ok(b"no", "X-Why: because", status=f"{status} Whatever")))
    with H2Client(proxy(backend.address).address()) as client:
        socket = Socket(client)
        client.send(data(socket.stream, b"\x81\x05hello"))
        got = client.answer(socket.stream)
        if status == 200:  # it would pass for a tunnel
            assert got.status == 502 or got.reset, got
        else:
            assert (got.status, got.body, got.get("x-why")) == (status, b"no", "because")
        assert client.ask("/x").status == (status if status != 200 else 200)
    assert b"\x81\x05hello" not in b"".join(bytes(c.received) for c in backend.connections)


@pytest.mark.parametrize("fields", [
    "Upgrade: websocket\r\nConnection: Upgrade\r\n", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n",
    "Connection: Upgrade\r\n", "Upgrade: h2c\r\nConnection: Upgrade\r\n",
], ids=["no accept", "a wrong accept", "no upgrade", "another protocol"])
def test_a_switch_that_is_none(origin, proxy, fields):
    """The client over HTTP/2 cannot check the key: Fairlead has made it."""

    def script(connection):
        connection.head()
        connection.send(f"HTTP/1.1 101 Switching Protocols\r\n{fields}\r\n".encode() + b"\x81\x05hello")
        connection.drain()

    with H2Client(proxy(origin(script).address).address()) as client:
        assert client.head(Socket(client).stream).status == 502


def test_bytes_sent_ahead_of_the_switch(chat):
    """A client may not, but if it does they belong to the tunnel."""
    socket = Socket(chat)
    socket.say(TextMessage(data="eager"))
    socket.opened()
    assert socket.message(TextMessage) == "eager"


def test_bytes_with_the_switch(origin, proxy):
    def script(connection):
        ws = wsproto.WSConnection(ConnectionType.SERVER)
        connection.more()
        ws.receive_data(bytes(connection.received))
        next(ws.events())
        connection.send(ws.send(AcceptConnection()) + ws.send(TextMessage(data="first words")))
        connection.drain()

    with H2Client(proxy(origin(script).address).address()) as client:
        assert Socket(client).opened().message(TextMessage) == "first words"


def test_many_sockets_beside_requests(chat):
    sockets = [Socket(chat).opened() for _ in range(20)]
    for i, socket in enumerate(sockets):
        socket.say(TextMessage(data=f"number {i}"))
    for i, socket in reversed([*enumerate(sockets)]):
        assert socket.message(TextMessage) == f"number {i}"
    assert chat.front.metric("fairlead_backend_active") == 20


def test_a_socket_that_nobody_reads_holds_back_its_backend_alone(origin, proxy):
    sent = [0]

    def script(connection):
        ws = wsproto.WSConnection(ConnectionType.SERVER)
        connection.more()
        ws.receive_data(bytes(connection.received))
        request = next(ws.events())
        connection.send(ws.send(AcceptConnection()))
        block = ws.send(BytesMessage(data=b"x" * 65000))
        while request.target == "/flood" and sent[0] < 64 << 20:
            connection.send(block)
            sent[0] += len(block)
        connection.send(ws.send(TextMessage(data="calm")))
        connection.drain()

    front = proxy(origin(script).address)
    before = front.resident()
    with H2Client(front.address(), window=10_000, credit=False) as client:
        flood = Socket(client, "/flood").opened()
        client.until(lambda: len(flood.answer.body) == 10_000, "a window full")
        calm = Socket(client, "/calm").opened()
        assert calm.message(TextMessage) == "calm"
        client.quiet(0.3)
        assert sent[0] < 32 << 20 and front.resident() - before < (8 << 10) * FACTOR


def test_tunnel_timeout(origin, proxy):
    backend = origin(speaking())
    front = proxy(backend.address, listener={"tunnel_timeout": "400ms", "idle_timeout": "5s"})
    with H2Client(front.address()) as client:
        socket = Socket(client).opened()
        for _ in range(4):
            socket.say(TextMessage(data="alive"))
            assert socket.message(TextMessage) == "alive"
            client.quiet(0.2)
        assert not socket.answer.over()
        client.until(socket.answer.over, "the timeout")
        assert backend.connections[0].done.wait(PATIENCE)
        assert client.ended is None


def test_over_tls(origin, fairlead, tmp_path):
    ca = authority()
    config = one_pool(origin(speaking()).address, workers=1, listener={"tls": Certificate("a.example", issuer=ca).write(tmp_path, "site")})
    with H2Client(fairlead(config).address(), over_tls(trusting(ca))) as client:
        socket = Socket(client).opened()
        socket.say(TextMessage(data="hello"))
        assert socket.message(TextMessage) == "hello"


def test_a_stop_waits_for_sockets_and_ends_them_at_the_deadline(origin, proxy):
    backend = origin(speaking())
    front = proxy(backend.address, run={"drain": "1s"})
    with H2Client(front.address()) as client:
        socket = Socket(client).opened()
        front.signal(signal.SIGTERM)
        client.until(lambda: client.goaways, "GOAWAY")
        socket.say(TextMessage(data="still here"))
        assert socket.message(TextMessage) == "still here"
        client.until(lambda: socket.answer.over() or client.ended, "the end")
    front.wait()
    assert backend.connections[0].done.wait(PATIENCE)


def test_sockets_are_logged(origin, fairlead):
    front = fairlead(one_pool(origin(speaking()).address, workers=1, access_log={"format": "json", "to": "./a.log"}))
    with H2Client(front.address()) as client:
        socket = Socket(client).opened()
        socket.say(BytesMessage(data=b"x" * 10_000))
        socket.message()
        socket.say(CloseConnection(code=1000), end=True)
        client.until(socket.answer.over, "the end")
    log = front.path.parent / "a.log"
    eventually(lambda: log.read_text().count("\n") == 1, "a line")
    assert "HTTP/2" in log.read_text() and "/chat" in log.read_text() and '"status":200' in log.read_text(), log.read_text()
