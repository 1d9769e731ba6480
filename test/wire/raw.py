"""A raw HTTP/1 client: sends the bytes that a test wrote, and reads answers strictly.

It never repairs: a response that is not well formed fails the test, one that ends early is told
apart from a whole one (`complete`). Every read has a deadline.
"""
import socket
import struct
import time

from timing import PATIENCE


class Closed(Exception):
    """The peer ended the connection before the bytes that were asked for."""


class Response:
    def __init__(self, version, status, reason, fields):
        self.version, self.status, self.reason, self.fields = version, status, reason, fields
        self.body, self.trailers, self.complete, self.framing = b"", [], False, "none"

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name):
        values = self.all(name)
        assert len(values) < 2, f"{name} came {len(values)} times"
        return values[0] if values else None

    def __repr__(self):
        whole = "whole" if self.complete else "CUT"
        return f"<{self.status} {self.reason} {self.fields} {self.body[:300]!r} {whole}>"


def parse_fields(lines):
    fields = []
    for line in lines:
        name, colon, value = line.partition(b":")
        assert colon and name and name == name.strip(), f"not a field line: {line!r}"
        assert not set(value) & {0, 10, 13}, f"a control in a field: {line!r}"
        fields.append((name.decode("latin-1"), value.strip(b" \t").decode("latin-1")))
    return fields


class Client:
    """One connection to `address` ("host:port", "[::1]:port" or a (host, port) pair)."""

    def __init__(self, address, timeout=PATIENCE, receive_buffer=None, source=None):
        if isinstance(address, str):
            host, port = address.rsplit(":", 1)
            address = (host.strip("[]"), int(port))
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.settimeout(timeout)
        self.timeout, self.buffer = timeout, bytearray()
        if source:
            self.sock.bind((source, 0))
        try:
            self.sock.connect(address)
        except ConnectionResetError:
            pass    # accepted, and reset before connect() could say so: the first read tells

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def send(self, data):
        self.sock.sendall(data)
        return self

    def send_what_goes(self, data):
        """Sends, and does not mind that the peer has closed meanwhile: its answer still counts."""
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return self

    def _more(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0:
            raise AssertionError(f"no byte in {self.timeout:.0f} s; so far {bytes(self.buffer[:300])!r}")
        self.sock.settimeout(left)
        try:
            data = self.sock.recv(1 << 18)
        except socket.timeout:
            raise AssertionError(f"no byte in {self.timeout:.0f} s; so far {bytes(self.buffer[:300])!r}")
        except ConnectionResetError as error:
            raise Closed("reset") from error
        if not data:
            raise Closed("end")
        self.buffer += data

    def exactly(self, size):
        deadline = time.monotonic() + self.timeout
        while len(self.buffer) < size:
            self._more(deadline)
        out = bytes(self.buffer[:size])
        del self.buffer[:size]
        return out

    def until(self, mark):
        deadline, seen = time.monotonic() + self.timeout, 0
        while (at := self.buffer.find(mark, max(0, seen - len(mark)))) < 0:
            seen = len(self.buffer)
            self._more(deadline)
        return self.exactly(at + len(mark))

    def rest(self):
        """Everything up to the end, and how it ended: "end" or "reset"."""
        deadline = time.monotonic() + self.timeout
        while True:
            try:
                self._more(deadline)
            except Closed as closed:
                out = bytes(self.buffer)
                self.buffer.clear()
                return out, str(closed)

    def expect_closed(self):
        """The peer closes, and sends nothing more."""
        data, _ = self.rest()
        assert data == b"", f"bytes before the close: {data[:300]!r}"

    def head(self):
        head = self.until(b"\r\n\r\n")
        assert b"\n" not in head.replace(b"\r\n", b""), f"a bare LF in {head!r}"
        first, *lines = head[:-4].split(b"\r\n")
        version, status, reason = first.split(b" ", 2)
        assert version in (b"HTTP/1.1", b"HTTP/1.0") and len(status) == 3, first
        return Response(version.decode(), int(status), reason.decode("latin-1"), parse_fields(lines))

    def response(self, method="GET"):
        """One response, a 1xx too. A body that ends early leaves `complete` false."""
        answer = self.head()
        lengths, codings = answer.all("content-length"), answer.all("transfer-encoding")
        assert len(lengths) + len(codings) <= 1, f"ambiguous framing: {answer}"
        answer.complete = True
        if answer.status < 200 or answer.status in (204, 304) or method == "HEAD":
            return answer
        answer.complete = False
        try:
            if codings:
                assert codings == ["chunked"], codings
                answer.framing = "chunked"
                self._chunks(answer)
            elif lengths:
                answer.framing = "length"
                self._length(answer, int(lengths[0]))
            else:
                answer.framing = "close"
                answer.body, how = self.rest()
                answer.complete = how == "end"
                return answer
            answer.complete = True
        except Closed:
            pass
        return answer

    def _length(self, answer, size):
        try:
            answer.body = self.exactly(size)
        except Closed:
            answer.body = bytes(self.buffer)
            self.buffer.clear()
            raise

    def _chunks(self, answer):
        body = bytearray()
        try:
            while True:
                line = self.until(b"\r\n")[:-2]
                assert line and all(c in b"0123456789abcdefABCDEF" for c in line), f"chunk size {line!r}"
                size = int(line, 16)
                if size == 0:
                    break
                body += self.exactly(size)
                assert self.exactly(2) == b"\r\n", "no CRLF behind a chunk"
            lines = []
            while line := self.until(b"\r\n")[:-2]:
                lines.append(line)
            answer.trailers = parse_fields(lines)
        finally:
            answer.body = bytes(body)

    def final(self, method="GET"):
        """The next response that is not a 1xx."""
        while (answer := self.response(method)).status < 200:
            pass
        return answer

    def ask(self, path="/", method="GET", fields=(), body=None, version="1.1", host="example.test"):
        """Sends a request that has nothing wrong with it, and reads the final answer."""
        return self.send(request(path, method, fields, body, version, host)).final(method)


def request(path="/", method="GET", fields=(), body=None, version="1.1", host="example.test"):
    """The bytes of a plain request; `fields` are lines such as "x-a: 1"."""
    lines = [f"{method} {path} HTTP/{version}", f"Host: {host}", *fields]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")


def chunked(*pieces, trailers=b""):
    """The chunked coding of `pieces`; `trailers` are whole lines with their CRLF."""
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n" + trailers + b"\r\n"


def once(address, path="/", method="GET", fields=(), body=None, version="1.1"):
    """One request on a connection of its own."""
    with Client(address) as client:
        return client.ask(path, method, fields, body, version)
