"""A raw HTTP/2 client: frames and header blocks made by hand, so that anything wrong can be sent.

What comes back is read strictly and kept by stream. Nothing is repaired; SETTINGS and PING are
acknowledged, and windows are kept open, unless a test says otherwise. Every read has a deadline.
"""
import socket
import ssl
import struct
import time

import hpack

from certificates import TlsClient
from raw import Client, Closed
from timing import PATIENCE

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
PRIORITY_UPDATE = 0x10
END_STREAM, ACK, END_HEADERS, PADDED, WITH_PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
TABLE_SIZE, ENABLE_PUSH, MAX_STREAMS, INITIAL_WINDOW, MAX_FRAME, MAX_HEAD, CONNECT_PROTOCOL, NO_PRIORITIES = 1, 2, 3, 4, 5, 6, 8, 9
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR = range(7)
REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM = range(7, 12)


# ---- bytes


def frame(kind, flags=0, stream=0, payload=b"", length=None):
    """One frame; `length` may lie."""
    size = len(payload) if length is None else length
    return struct.pack(">I", size)[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def number(value, bits, first=0):
    """An HPACK integer (RFC 7541 5.1) with a prefix of so many bits below `first`."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([first | value])
    out, value = [first | most], value - most
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def text_of(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")


def literal(name, value, first=0x00):
    """One field, its name and value in full and as they stand; 0x40 puts it into the table."""
    name, value = text_of(name), text_of(value)
    return bytes([first]) + number(len(name), 7) + name + number(len(value), 7) + value


def block(fields):
    return b"".join(literal(name, value) for name, value in fields)


def pseudo(method="GET", path="/", scheme="http", authority="a.example"):
    pairs = ((":method", method), (":scheme", scheme), (":authority", authority), (":path", path))
    return [(name, value) for name, value in pairs if value is not None]


def settings(*pairs):
    return frame(SETTINGS, payload=b"".join(struct.pack(">HI", key, value) for key, value in pairs))


def window_update(stream, size):
    return frame(WINDOW_UPDATE, stream=stream, payload=struct.pack(">I", size))


def rst_stream(stream, code=CANCEL):
    return frame(RST_STREAM, stream=stream, payload=struct.pack(">I", code))


def headers(stream, fields, end=True, flags=0):
    """A head in one HEADERS frame; `fields` may be a finished block."""
    payload = fields if isinstance(fields, bytes) else block(fields)
    return frame(HEADERS, END_HEADERS | (END_STREAM if end else 0) | flags, stream, payload)


def wide(stream, fields, end=True):
    """A head in as many frames of 16 KiB as it needs."""
    whole = fields if isinstance(fields, bytes) else block(fields)
    first, *rest = [whole[i : i + 16384] for i in range(0, len(whole), 16384)] or [b""]
    out = frame(HEADERS, (END_STREAM if end else 0) | (0 if rest else END_HEADERS), stream, first)
    return out + b"".join(frame(CONTINUATION, END_HEADERS * (piece is rest[-1]), stream, piece) for piece in rest)


def get(stream, path="/", *fields, **more):
    return headers(stream, [*pseudo(path=path, **more), *fields])


def post(stream, *fields, path="/", **more):
    """The head of a POST; its body is to follow."""
    return headers(stream, [*pseudo("POST", path, **more), *fields], end=False)


def data(stream, payload=b"", end=False):
    return frame(DATA, END_STREAM if end else 0, stream, payload)


# ---- what comes back


class Frame:
    def __init__(self, kind, flags, stream, payload):
        self.kind, self.flags, self.stream, self.payload = kind, flags, stream, payload

    def __repr__(self):
        return f"<frame {self.kind} flags {self.flags:#x} stream {self.stream} {self.payload[:60]!r}>"


class Answer:
    """What came of one stream so far. `reset`: the code of its RST_STREAM."""

    def __init__(self):
        self.status, self.fields, self.interim, self.trailers = None, [], [], []
        self.body, self.complete, self.reset = bytearray(), False, None

    def over(self):
        return self.complete or self.reset is not None

    def all(self, name):
        return [value for key, value in self.fields if key == name]

    def get(self, name):
        values = self.all(name)
        assert len(values) < 2, f"{name} came {len(values)} times"
        return values[0] if values else None

    def __repr__(self):
        end = "whole" if self.complete else f"reset {self.reset}" if self.reset is not None else "OPEN"
        return f"<{self.status} {self.fields} {bytes(self.body[:300])!r} {end}>"


class H2Client:
    """One connection. `window`: the initial window of each stream; `credit`: both windows are kept open, by `piece` bytes."""

    def __init__(self, address, tls=None, name="a.example", window=None, credit=True, greet=True, also=(), piece=1 << 24, **options):
        self.below = TlsClient(address, tls, name, **options) if tls else Client(address, **options)
        self.decoder = hpack.Decoder(max_header_list_size=1 << 20)
        self.streams, self.frames, self.settings = {}, [], {}
        self.goaways, self.pongs, self.ended, self.acked = [], 0, None, 0
        self.credit, self.piece, self.next_stream, self.pending = credit, piece, 1, None
        self.log = []  # of (stream, size) for each DATA frame, in order
        if greet:
            pairs = [*also, *([(INITIAL_WINDOW, window)] if window is not None else [])]
            self.send(PREFACE + settings(*pairs))
            if credit:
                self.send(window_update(0, (1 << 30) - 65536))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.below.close()

    def send(self, *frames):
        """Sends, and does not mind that the peer has closed meanwhile: what it said still counts."""
        try:
            self.below.sock.settimeout(self.below.timeout)
            self.below.sock.sendall(b"".join(frames))
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            pass
        return self

    # ---- asking

    def begin(self, path="/", method="GET", fields=(), end=True, **more):
        """Begins a stream with a good head, and gives its id."""
        stream = self.next_stream
        self.next_stream += 2
        self.send(wide(stream, [*pseudo(method, path, **more), *fields], end))
        return stream

    def ask(self, path="/", method="GET", fields=(), body=None, trailers=None, **more):
        """A whole request, and its whole answer."""
        stream = self.begin(path, method, fields, end=body is None and trailers is None, **more)
        if body is not None:
            self.pour(stream, body, end=trailers is None)
        if trailers is not None:
            self.send(headers(stream, trailers))
        return self.answer(stream)

    def pour(self, stream, body, end=True):
        """A body as DATA, as the peer's windows allow."""
        at = 0
        while at < len(body):
            room = min(self.window_of(0), self.window_of(stream), 16384, len(body) - at)
            if room <= 0:
                self.read()
                continue
            self.spend(stream, room)
            self.send(data(stream, body[at : at + room], end and at + room == len(body)))
            at += room
        if not body and end:
            self.send(data(stream, b"", True))

    def window_of(self, stream):
        base = self.settings.get(INITIAL_WINDOW, 65535) if stream else 65535
        return base + self.given.get(stream, 0)

    @property
    def given(self):
        return self.__dict__.setdefault("_given", {})

    def spend(self, stream, size):
        for each in (0, stream):
            self.given[each] = self.given.get(each, 0) - size

    # ---- reading

    def read(self, within=None):
        """Reads one frame, keeps it, and gives it; raises Closed at the end."""
        below = self.below
        below.timeout = PATIENCE if within is None else within
        try:
            head = below.exactly(9)
            size, kind, flags, stream = int.from_bytes(head[:3], "big"), head[3], head[4], int.from_bytes(head[5:], "big")
            assert size <= 16384, f"a frame of {size} bytes"
            assert stream >> 31 == 0, "the reserved bit is set"
            got = Frame(kind, flags, stream, below.exactly(size))
        except (Closed, ssl.SSLError) as end:
            self.ended = str(end)
            raise Closed(self.ended) from end
        finally:
            below.timeout = PATIENCE
        self.frames.append(got)
        self.take(got)
        return got

    def take(self, got):
        assert self.pending is None or got.kind == CONTINUATION, f"{got} within a head"
        if got.kind in (DATA, HEADERS, RST_STREAM):
            assert got.stream % 2 == 1, got
        stream = self.streams.setdefault(got.stream, Answer()) if got.stream else None
        if got.kind == SETTINGS and not got.flags & ACK:
            self.settings |= dict(struct.unpack(">HI", got.payload[i : i + 6]) for i in range(0, len(got.payload), 6))
            self.send(frame(SETTINGS, ACK))
        elif got.kind == SETTINGS:
            self.acked += 1
        elif got.kind == PING:
            assert len(got.payload) == 8
            if got.flags & ACK:
                self.pongs += 1
            else:
                self.send(frame(PING, ACK, payload=got.payload))
        elif got.kind == WINDOW_UPDATE:
            self.given[got.stream] = self.given.get(got.stream, 0) + int.from_bytes(got.payload, "big")
        elif got.kind == GOAWAY:
            last, code = struct.unpack(">II", got.payload[:8])
            self.goaways.append((last, code, got.payload[8:]))
        elif got.kind == RST_STREAM:
            if stream.reset is None:
                stream.reset = int.from_bytes(got.payload, "big")
        elif got.kind == HEADERS:
            assert not got.flags & (PADDED | WITH_PRIORITY), got
            self.pending = (got, bytearray(got.payload))
        elif got.kind == CONTINUATION:
            self.pending[1].extend(got.payload)
        elif got.kind == DATA:
            assert stream.status is not None and not stream.over(), f"{got} where none may be"
            assert not got.flags & PADDED, got
            self.log.append((got.stream, len(got.payload)))
            stream.body += got.payload
            stream.complete = bool(got.flags & END_STREAM)
            size = len(got.payload)
            for at in range(0, size if self.credit else 0, self.piece):
                piece = min(self.piece, size - at)
                self.send(window_update(0, piece), b"" if stream.complete else window_update(got.stream, piece))
        else:
            raise AssertionError(f"unexpected {got}")
        if got.kind in (HEADERS, CONTINUATION) and got.flags & END_HEADERS:
            first, whole = self.pending
            self.pending = None
            self.take_head(self.streams[first.stream], self.decoder.decode(bytes(whole), raw=True), first)

    def take_head(self, stream, pairs, first):
        fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value, *_ in pairs]
        assert not stream.over(), f"a head behind the end: {fields}"
        end = bool(first.flags & END_STREAM)
        for name, value in fields:
            assert name == name.lower() and not set(name[1:]) & set(": \r\n\0"), fields
            assert not set(value) & set("\r\n\0"), fields
            assert name not in ("connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection"), fields
        if stream.status is not None:
            assert end and not [n for n, _ in fields if n.startswith(":")], f"wrong trailers: {fields}"
            stream.trailers = fields
        else:
            assert [n for n, _ in fields if n.startswith(":")] == [":status"] and fields[0][0] == ":status", fields
            status = int(fields[0][1])
            if status < 200:
                assert status != 101 and not end, fields
                stream.interim.append((status, fields[1:]))
                return
            stream.status, stream.fields = status, fields[1:]
        stream.complete = end

    def until(self, condition, what, within=PATIENCE):
        """Reads frames until `condition()`; whether it came true before the connection's end."""
        deadline = time.monotonic() + within
        while not condition():
            left = deadline - time.monotonic()
            assert left > 0, f"still waiting for {what}: {self.frames[-8:]} {self.streams}"
            try:
                self.read(left)
            except Closed:
                return bool(condition())
        return True

    def answer(self, stream, within=PATIENCE):
        """The stream's whole answer, or what came of it until it was reset or the connection ended."""
        answer = self.streams.setdefault(stream, Answer())
        self.until(answer.over, f"the answer on stream {stream}", within)
        return answer

    def head(self, stream):
        """The answer as soon as its final head is there."""
        answer = self.streams.setdefault(stream, Answer())
        self.until(lambda: answer.status is not None or answer.over(), f"a head on stream {stream}")
        return answer

    def round_trip(self):
        """All that was sent before has been read by the peer; false: it ended the connection."""
        wanted = self.pongs + 1
        self.send(frame(PING, payload=b"roundtrp"))
        return self.until(lambda: self.pongs >= wanted, "the answer to a PING")

    def end(self, within=PATIENCE):
        """Reads to the connection's end; how it ended."""
        self.until(lambda: False, "the connection's end", within)
        return self.ended

    def quiet(self, seconds):
        """Reads what comes in this time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                self.below.sock.settimeout(left)
                if not self.below.buffer:
                    if not (more := self.below.sock.recv(1 << 16)):
                        self.ended = "end"
                        return
                    self.below.buffer += more
                self.read()
            except (socket.timeout, TimeoutError):
                return
            except (Closed, ConnectionResetError, ssl.SSLError):
                self.ended = self.ended or "reset"
                return


def over_tls(context):
    """The same context, offering h2 first."""
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context
