"""A backend that a test writes as a script: raw TCP in threads, every byte received is kept.

`Origin(script)` runs `script(connection)` for each connection that it accepts. `serving(answer)` is
the usual script: read a request, send what `answer(request, connection)` gives, and again.
"""
import socket
import ssl
import struct
import threading
import time
import traceback

from raw import chunked, parse_fields
from timing import PATIENCE, eventually


class Gone(Exception):
    """The peer is gone: the usual end of a script."""


class Request:
    def __init__(self, head, body=b"", trailers=(), connection=None):
        self.head, self.body, self.trailers, self.connection = head, body, list(trailers), connection
        first, *lines = head[:-4].split(b"\r\n")
        self.line = first.decode("latin-1")
        self.method, self.target, self.version = self.line.split(" ")
        self.fields = parse_fields(lines)

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name):
        values = self.all(name)
        assert len(values) < 2, f"{name} came {len(values)} times"
        return values[0] if values else None


class Connection:
    """One accepted connection: `received` is all that ever came, in order."""

    def __init__(self, sock, origin, number):
        self.sock, self.origin, self.number = sock, origin, number
        self.received, self.at = bytearray(), 0
        self.requests, self.ended, self.done = [], None, threading.Event()
        self.resumed = False

    def shake_hands(self, context):
        try:
            self.sock = context.wrap_socket(self.sock, server_side=True)
            self.resumed = self.sock.session_reused
        except OSError as error:
            raise Gone(str(error)) from error

    def more(self, size=1 << 18):
        """Reads once; false at the end. `ended` then says how: "end", "reset" or "silence"."""
        try:
            data = self.sock.recv(size)
        except socket.timeout:
            self.ended = "silence"
            return False
        except OSError:
            self.ended = "reset"
            return False
        if not data:
            self.ended = self.ended or "end"
            return False
        self.received += data
        return True

    def _need(self, have):
        while not have():
            if not self.more():
                raise Gone(self.ended)

    def exactly(self, size):
        self._need(lambda: len(self.received) - self.at >= size)
        out = bytes(self.received[self.at : self.at + size])
        self.at += size
        return out

    def until(self, mark):
        self._need(lambda: self.received.find(mark, self.at) >= 0)
        return self.exactly(self.received.find(mark, self.at) + len(mark) - self.at)

    def head(self):
        """A request's head without its body; nothing when the connection ended in between."""
        if self.at == len(self.received) and not self.more():
            return None
        request = Request(self.until(b"\r\n\r\n"), connection=self)
        self.requests.append(request)
        with self.origin.lock:
            self.origin.requests.append(request)
        return request

    def body(self, request):
        if request.get("transfer-encoding"):
            body = bytearray()
            while size := int(self.until(b"\r\n")[:-2], 16):
                body += self.exactly(size)
                assert self.exactly(2) == b"\r\n"
            lines = []
            while line := self.until(b"\r\n")[:-2]:
                lines.append(line)
            request.trailers = parse_fields(lines)
            request.body = bytes(body)
        else:
            request.body = self.exactly(int(request.get("content-length") or 0))
        return request

    def request(self):
        request = self.head()
        return request and self.body(request)

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise Gone(str(error)) from error

    def half_close(self):
        try:
            if isinstance(self.sock, ssl.SSLSocket):
                self.sock = self.sock.unwrap()
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def drain(self):
        """Reads on until the peer ends or breaks off the connection."""
        while self.more():
            pass


class Origin:
    """`tls`: the SSLContext of one that speaks TLS."""

    def __init__(self, script=None, host="127.0.0.1", port=0, backlog=512, receive_buffer=None, tls=None):
        self.script, self.tls = script or serving(), tls
        self.listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if receive_buffer:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.listener.bind((host, port))
        self.listener.listen(backlog)
        self.port = self.listener.getsockname()[1]
        self.address = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        self.lock = threading.Lock()
        self.connections, self.requests, self.errors, self.stopping = [], [], [], False
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        assert not self.errors, "in a script of the origin:\n" + "\n".join(self.errors)

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(PATIENCE * 3)
            with self.lock:
                connection = Connection(sock, self, len(self.connections))
                self.connections.append(connection)
                late = self.stopping
            if late:
                sock.close()
            else:
                threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection):
        try:
            if self.tls:
                connection.shake_hands(self.tls)
            self.script(connection)
        except Gone:
            pass
        except Exception:
            if not self.stopping:
                self.errors.append(traceback.format_exc())
        finally:
            connection.sock.close()
            connection.done.set()

    def stop(self):
        """Refuses new connections and breaks off the open ones."""
        with self.lock:
            self.stopping = True
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        for connection in list(self.connections):
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def used(self):
        """The connections over which any byte came: those that are not mere probes."""
        return [c for c in list(self.connections) if c.received]

    def wait_requests(self, count):
        eventually(lambda: len(self.requests) >= count, f"the origin has {len(self.requests)} of {count} requests")
        return self.requests[:count]


def ok(body=b"ok", *fields, status="200 OK"):
    """A response with a length."""
    lines = [f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def ok_chunked(*pieces, fields=(), trailers=b""):
    lines = ["HTTP/1.1 200 OK", *fields, "Transfer-Encoding: chunked"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + chunked(*pieces, trailers=trailers)


def serving(answer=lambda request, connection: ok()):
    """A script: answers each request in turn; `answer` gives bytes, or nothing to end there."""

    def script(connection):
        while request := connection.request():
            out = answer(request, connection)
            if out is None:
                return
            connection.send(out)

    return script


def named(name):
    """A script whose answers say who gave them."""
    return serving(lambda request, connection: ok(name.encode()))


def echo(connection):
    """A script: sends back what comes, and ends when the peer does."""
    while True:
        at = len(connection.received)
        if not connection.more():
            return connection.half_close()
        connection.send(bytes(connection.received[at:]))


class Refusing:
    """An address where nobody listens, kept so that nobody else gets it."""

    def __init__(self):
        self.sock = socket.socket()
        self.sock.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.sock.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()


class Silent:
    """A listening socket whose queue is full: a connect to it is not answered."""

    def __init__(self):
        self.sock = socket.socket()
        self.sock.bind(("127.0.0.1", 0))
        self.sock.listen(0)
        self.port = self.sock.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.fillers = []

    def __enter__(self):
        for _ in range(8):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
            self.fillers.append(filler)
        time.sleep(0)
        return self

    def __exit__(self, *_):
        for filler in self.fillers:
            filler.close()
        self.sock.close()
