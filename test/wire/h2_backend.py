"""A backend that speaks HTTP/2 in frames made by hand: a script of origin.py for each connection.

What Fairlead sends is read strictly and kept by stream. Answers wait for the windows that it gives,
without holding up what else is to be read; anything malformed can be sent.
"""
import struct
import threading

import hpack

from h2_frames import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, INITIAL_WINDOW, PADDED, PING,
                       PREFACE, RST_STREAM, SETTINGS, WINDOW_UPDATE, WITH_PRIORITY, Frame, data, frame, headers,
                       settings, window_update)

OF_ONE_CONNECTION = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "host"}


class H2Request:
    """A request as far as it has come. `ended`: whole. `reset`: the code of its RST_STREAM."""

    def __init__(self, stream, fields, peer):
        self.stream, self.fields, self.peer = stream, fields, peer
        self.body, self.trailers, self.ended, self.reset = bytearray(), [], False, None

    def all(self, name):
        return [value for key, value in self.fields if key == name]

    def get(self, name):
        values = self.all(name)
        assert len(values) < 2, f"{name} came {len(values)} times"
        return values[0] if values else None

    @property
    def method(self):
        return self.get(":method")

    @property
    def target(self):
        return self.get(":path")

    def __repr__(self):
        return f"<{self.stream} {self.fields} {bytes(self.body[:100])!r} {'whole' if self.ended else self.reset}>"


class Reply:
    """What is still to be sent on a stream, when there is a window for it."""

    def __init__(self, body, end, trailers):
        self.body, self.end, self.trailers, self.at = body, end, trailers, 0


class Peer:
    """Fairlead's end of one connection, as its backend sees it. `on_head`, `on_end` and `on_frame` are the script's."""

    def __init__(self, connection, on_head=None, on_end=None, on_frame=None, also=(), credit=True):
        self.connection, self.origin = connection, connection.origin
        self.on_head, self.on_end, self.on_frame, self.credit = on_head, on_end, on_frame, credit
        self.decoder = hpack.Decoder(max_header_list_size=1 << 20)
        self.streams, self.replies, self.frames, self.settings, self.given = {}, {}, [], {}, {}
        self.goaways, self.pongs, self.pending, self.log = [], 0, None, []
        self.gave_up = set()  # streams that we have reset: what was on its way still comes
        self.lock = threading.RLock()  # tests say things, too
        with self.origin.lock:
            self.origin.__dict__.setdefault("peers", []).append(self)
        assert connection.exactly(len(PREFACE)) == PREFACE
        self.send(settings(*also))
        self.first = True

    # ---- sending

    def send(self, *frames):
        for each in frames:
            if len(each) == 13 and each[3] == RST_STREAM:
                self.gave_up.add(int.from_bytes(each[5:9], "big"))
        self.connection.send(b"".join(frames))

    def head(self, stream, status=200, *fields, end=False):
        self.send(headers(stream, [(":status", str(status)), *fields], end))

    def say(self, stream, body=b"", end=True, trailers=None):
        """More of a body, as the windows allow; returns at once."""
        with self.lock:
            self.replies.setdefault(stream, []).append(Reply(body, end, trailers))
            self.pump()

    def reply(self, stream, body=b"ok", *fields, status=200, trailers=None):
        self.head(stream, status, *fields, end=not body and trailers is None)
        if body or trailers is not None:
            self.say(stream, body, True, trailers)

    def window_of(self, stream):
        return (self.settings.get(INITIAL_WINDOW, 65535) if stream else 65535) + self.given.get(stream, 0)

    def pump(self):
        for stream, replies in list(self.replies.items()):
            while replies and self.advance(stream, replies[0]):
                replies.pop(0)
            if not replies:
                del self.replies[stream]

    def advance(self, stream, reply):
        if self.streams[stream].reset is not None or stream in self.gave_up:
            return True
        while reply.at < len(reply.body):
            room = min(self.window_of(0), self.window_of(stream), 16384, len(reply.body) - reply.at)
            if room <= 0:
                return False
            for each in (0, stream):
                self.given[each] = self.given.get(each, 0) - room
            piece = reply.body[reply.at : reply.at + room]
            reply.at += room
            self.send(data(stream, piece, reply.end and reply.trailers is None and reply.at == len(reply.body)))
        if reply.end and reply.trailers is None and not reply.body:
            self.send(data(stream, b"", True))
        if reply.trailers is not None:
            self.send(headers(stream, reply.trailers))
        return True

    # ---- reading

    def run(self):
        """Serves until Fairlead ends the connection."""
        while True:
            if not self.connection.received[self.connection.at :] and not self.connection.more():
                return
            self.read()

    def read(self):
        head = self.connection.exactly(9)
        size, kind, flags, stream = int.from_bytes(head[:3], "big"), head[3], head[4], int.from_bytes(head[5:], "big")
        assert size <= 16384 and stream >> 31 == 0, (size, stream)
        got = Frame(kind, flags, stream, self.connection.exactly(size))
        assert not self.first or kind == SETTINGS, f"{got} before SETTINGS"
        self.first = False
        self.frames.append(got)
        with self.lock:
            self.take(got)
            self.pump()
            if self.on_frame:
                self.on_frame(got, self)

    def take(self, got):
        assert self.pending is None or got.kind == CONTINUATION, f"{got} within a head"
        request = self.streams.get(got.stream)
        if got.kind == SETTINGS and not got.flags & ACK:
            self.settings |= dict(struct.unpack(">HI", got.payload[i : i + 6]) for i in range(0, len(got.payload), 6))
            self.send(frame(SETTINGS, ACK))
        elif got.kind == PING:
            self.pongs += bool(got.flags & ACK)
            if not got.flags & ACK and self.origin.__dict__.get("answers_pings", True):
                self.send(frame(PING, ACK, payload=got.payload))
        elif got.kind == WINDOW_UPDATE:
            self.given[got.stream] = self.given.get(got.stream, 0) + int.from_bytes(got.payload, "big")
        elif got.kind == GOAWAY:
            self.goaways.append(struct.unpack(">II", got.payload[:8]))
        elif got.kind == RST_STREAM:
            assert request, f"{got} on an idle stream"
            request.reset = int.from_bytes(got.payload, "big")
            self.replies.pop(got.stream, None)
        elif got.kind in (HEADERS, CONTINUATION):
            assert not got.flags & (PADDED | WITH_PRIORITY) or got.kind == CONTINUATION, got
            if got.kind == HEADERS:
                self.pending = (got, bytearray())
            self.pending[1].extend(got.payload)
            if got.flags & END_HEADERS:
                first, whole = self.pending
                self.pending = None
                self.take_head(first, self.decoder.decode(bytes(whole), raw=True))
        elif got.kind == DATA and got.stream in self.gave_up:
            self.send(window_update(0, len(got.payload)) if got.payload else b"")
        elif got.kind == DATA:
            assert request and not request.ended and request.reset is None, f"{got} where none may be"
            request.body += got.payload
            self.log.append((got.stream, len(got.payload)))
            if got.payload and self.credit:
                self.send(window_update(0, len(got.payload)))
                if not got.flags & END_STREAM and self.wants_more(request):
                    self.send(window_update(got.stream, len(got.payload)))
            if got.flags & END_STREAM:
                self.end(request)

    def wants_more(self, request):
        return request.target not in self.origin.__dict__.get("unread", ())

    def take_head(self, first, pairs):
        fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value, *_ in pairs]
        for name, value in fields:
            assert name == name.lower() and name and not set(name[1:]) & set(": \r\n\0"), fields
            assert not set(value) & set("\r\n\0") and value == value.strip(" \t"), fields
            assert name not in OF_ONE_CONNECTION and (name != "te" or value == "trailers"), fields
        names = [name for name, _ in fields]
        count = sum(name.startswith(":") for name in names)
        ends = bool(first.flags & END_STREAM)
        if first.stream in self.streams:
            request = self.streams[first.stream]
            assert ends and not count and not request.ended, f"wrong trailers: {fields}"
            request.trailers = fields
        else:
            assert first.stream % 2 == 1 and first.stream > max(self.streams, default=0), first
            assert all(name.startswith(":") for name in names[:count]), fields
            assert sorted(names[:count]) == [":authority", ":method", ":path", ":scheme"], fields
            request = self.streams[first.stream] = H2Request(first.stream, fields, self)
            with self.origin.lock:
                self.origin.requests.append(request)
            if self.on_head:
                self.on_head(request, self)
        if ends:
            self.end(request)

    def end(self, request):
        request.ended = True
        length = request.get("content-length")
        assert length is None or int(length) == len(request.body), request
        if self.on_end:
            self.on_end(request, self)

    def open(self):
        """Requests that are neither answered nor given up."""
        return [r for r in self.streams.values() if r.reset is None]


def speaking_h2(on_end=None, on_head=None, on_frame=None, also=(), credit=True):
    """A script: HTTP/2; `on_end(request, peer)` is called with each whole request, `on_head` as soon as its head is there."""

    def script(connection):
        Peer(connection, on_head, on_end, on_frame, also, credit).run()

    return script


def echoing_h2(request, peer):
    """Gives back what came."""
    fields = [("x-method", request.method), ("x-path", request.target)]
    if request.method == "HEAD":
        return peer.head(request.stream, 200, *fields, ("content-length", "5"), end=True)
    peer.reply(request.stream, bytes(request.body), *fields, trailers=request.trailers or None)
