"""The table of hostile HTTP/2 requests: a name, what is sent behind the greeting, and what is right for it.

FRAMES break the rules of frames, BLOCKS those of HPACK, HEADS and BODIES those of messages. What is
right is one of `ends` (GOAWAY and the connection's end), `resets` (that stream alone), `refused` (an
answer of our own), `served` (nothing is wrong with it) and `ignored`, or several, where RFC 9113 leaves
it open. A third part names the paths that may have been sent on, as whole requests or not.
"""
import struct

from h2_frames import (ACK, COMPRESSION_ERROR, CONNECT_PROTOCOL, CONTINUATION, DATA, ENABLE_PUSH, END_HEADERS,
                       END_STREAM, ENHANCE_YOUR_CALM, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, GOAWAY, HEADERS,
                       INITIAL_WINDOW, MAX_FRAME, MAX_STREAMS, NO_ERROR, NO_PRIORITIES, PADDED, PING, PREFACE, PRIORITY,
                       PRIORITY_UPDATE, PROTOCOL_ERROR, PUSH_PROMISE, RST_STREAM, SETTINGS, STREAM_CLOSED, TABLE_SIZE,
                       WINDOW_UPDATE, WITH_PRIORITY, block, data, frame, get, headers, literal, number, post, pseudo,
                       rst_stream, settings, wide, window_update)

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nhost: a.example\r\n\r\n"
LINE = "\r\nsmuggled: 1"


class Right(tuple):
    """What may come of a case: (kind, codes) pairs."""

    def __or__(self, other):
        return Right((*self, *other))


def ends(*codes):
    return Right([("ends", codes)])


def resets(*codes):
    return Right([("resets", codes)])


def refused(*statuses):
    return Right([("refused", statuses)])


served = Right([("served", (200,))])
ignored = Right([("ignored", (None,))])
MALFORMED = resets(PROTOCOL_ERROR) | refused(400)
SIZE = ends(FRAME_SIZE_ERROR)
WRONG = ends(PROTOCOL_ERROR)
# Of a stream that is over: an error of the stream or of the connection, or nothing at all.
CLOSED = ends(STREAM_CLOSED, PROTOCOL_ERROR) | resets(STREAM_CLOSED) | ignored


def put32(*values):
    return b"".join(struct.pack(">I", value) for value in values)


def head(*fields, end=True, method="GET", path="/", **more):
    return headers(1, [*pseudo(method, path, **more), *fields], end)


def only(*fields, end=True):
    """A head of these fields alone."""
    return headers(1, list(fields), end)


def body(*fields, sent=b"", end=True, trailers=None, **more):
    out = head(*fields, end=False, method="POST", path="/body", **more)
    out += data(1, sent, end) if sent or (end and trailers is None) else b""
    return out + (headers(1, trailers) if trailers is not None else b"")


GOOD = block(pseudo())
PAIRS = dict(pseudo())


def pairs(**changed):
    """The pseudo fields, some of them changed (None: left out)."""
    all_of_them = {**PAIRS, **{":" + name: value for name, value in changed.items()}}
    return [(name, value) for name, value in all_of_them.items() if value is not None]


SIZES = {
    "DATA of 16385 bytes": (post(1) + data(1, b"x" * 16385), SIZE | resets(FRAME_SIZE_ERROR), ["/"]),
    "HEADERS of 16385 bytes": (frame(HEADERS, END_HEADERS | END_STREAM, 1, GOOD + literal("x", "y" * 16400)), SIZE),
    "a frame of 16 MiB": (frame(HEADERS, END_HEADERS, 1, b"", 0xFFFFFF), SIZE),
    "an unknown frame of 16385 bytes": (frame(0x77, 0, 1, b"x" * 16385), SIZE),
    "SETTINGS of 5 bytes": (frame(SETTINGS, payload=b"\0\3\0\0\0"), SIZE),
    "SETTINGS that acknowledge and carry": (frame(SETTINGS, ACK, payload=b"\0\3\0\0\0\1"), SIZE),
    "PING of 7 bytes": (frame(PING, payload=b"7654321"), SIZE),
    "PING of 9 bytes": (frame(PING, payload=b"987654321"), SIZE),
    "PING of none": (frame(PING), SIZE),
    "GOAWAY of 7 bytes": (frame(GOAWAY, payload=b"\0" * 7), SIZE),
    "RST_STREAM of 3 bytes": (post(1) + frame(RST_STREAM, 0, 1, b"\0\0\0"), SIZE, ["/"]),
    "RST_STREAM of 5 bytes": (post(1) + frame(RST_STREAM, 0, 1, b"\0\0\0\0\0"), SIZE, ["/"]),
    "WINDOW_UPDATE of 3 bytes": (frame(WINDOW_UPDATE, 0, 0, b"\0\0\1"), SIZE),
    "WINDOW_UPDATE of 5 bytes": (post(1) + frame(WINDOW_UPDATE, 0, 1, b"\0\0\0\0\1"), SIZE, ["/"]),
    "PRIORITY of 4 bytes": (post(1) + frame(PRIORITY, 0, 1, b"\0\0\0\0"), SIZE | resets(FRAME_SIZE_ERROR), ["/"]),
    "PRIORITY of 6 bytes": (frame(PRIORITY, 0, 1, b"\0\0\0\0\0\0"), SIZE | resets(FRAME_SIZE_ERROR)),
    "HEADERS with a priority of 4 bytes": (frame(HEADERS, END_HEADERS | END_STREAM | WITH_PRIORITY, 1, b"\0\0\0\0"), SIZE | WRONG),
    "PRIORITY_UPDATE of 3 bytes": (frame(PRIORITY_UPDATE, payload=b"\0\0\0"), SIZE),
}

PADDING = {
    "DATA whose padding is longer": (post(1) + frame(DATA, PADDED | END_STREAM, 1, b"\x08hello"), WRONG, ["/"]),
    "DATA whose padding is as long": (post(1) + frame(DATA, PADDED | END_STREAM, 1, b"\x06hello"), WRONG, ["/"]),
    "padded DATA without a length": (post(1) + frame(DATA, PADDED | END_STREAM, 1), SIZE | WRONG, ["/"]),
    "HEADERS whose padding is longer": (frame(HEADERS, END_HEADERS | END_STREAM | PADDED, 1, b"\xff" + GOOD), WRONG),
    "padded HEADERS without a length": (frame(HEADERS, END_HEADERS | END_STREAM | PADDED, 1), SIZE | WRONG),
    "padding within the priority": (
        frame(HEADERS, END_HEADERS | END_STREAM | PADDED | WITH_PRIORITY, 1, b"\3\0\0\0\0\0" + b"\0\0"), SIZE | WRONG),
    "padding that is not zero": (
        post(1) + frame(DATA, PADDED | END_STREAM, 1, b"\x03helloXYZ"), served | WRONG, ["/"]),
    "a head that is padded": (frame(HEADERS, END_HEADERS | END_STREAM | PADDED, 1, b"\4" + GOOD + b"\0\0\0\0"), served, ["/"]),
}

STREAMS = {
    "DATA on stream 0": (data(0, b"x"), WRONG),
    "DATA on an idle stream": (data(1, SMUGGLED, True), WRONG),
    "DATA on an even stream": (data(2, SMUGGLED, True), WRONG),
    "DATA behind the end": (get(1) + data(1, SMUGGLED, True), CLOSED | served, ["/"]),
    "HEADERS on stream 0": (headers(0, pseudo()), WRONG),
    "HEADERS on an even stream": (headers(2, pseudo()), WRONG),
    "HEADERS on a lower stream": (post(5, path="/5") + get(3, "/3"), CLOSED, ["/5"]),
    "HEADERS behind the end": (get(1) + get(1, "/again"), CLOSED | served, ["/"]),
    "RST_STREAM on stream 0": (rst_stream(0), WRONG),
    "RST_STREAM on an idle stream": (rst_stream(1), WRONG),
    "RST_STREAM on an even stream": (rst_stream(2), WRONG),
    "SETTINGS on a stream": (frame(SETTINGS, 0, 1), WRONG),
    "PING on a stream": (frame(PING, 0, 1, b"12345678"), WRONG),
    "GOAWAY on a stream": (frame(GOAWAY, 0, 1, put32(0, 0)), WRONG),
    "PRIORITY on stream 0": (frame(PRIORITY, 0, 0, b"\0\0\0\1\1"), WRONG),
    "PRIORITY_UPDATE on a stream": (frame(PRIORITY_UPDATE, 0, 1, put32(1) + b"u=1"), WRONG | ignored),
    "PRIORITY_UPDATE of stream 0": (frame(PRIORITY_UPDATE, 0, 0, put32(0) + b"u=1"), WRONG | ignored),
    "WINDOW_UPDATE on an idle stream": (window_update(1, 100), WRONG),
    "PUSH_PROMISE of a client": (post(1) + frame(PUSH_PROMISE, END_HEADERS, 1, put32(2) + GOOD), WRONG, ["/"]),
    "PUSH_PROMISE on stream 0": (frame(PUSH_PROMISE, END_HEADERS, 0, put32(2) + GOOD), WRONG),
    "a stream that depends on itself": (frame(PRIORITY, 0, 1, put32(1) + b"\x0f") + get(1), served | WRONG | resets(PROTOCOL_ERROR), ["/"]),
    "a head that depends on itself": (
        frame(HEADERS, END_HEADERS | END_STREAM | WITH_PRIORITY, 1, put32(1) + b"\x0f" + GOOD),
        served | WRONG | resets(PROTOCOL_ERROR), ["/"]),
}

OPENING = frame(HEADERS, END_STREAM, 1, GOOD[:10])
REST = GOOD[10:]
CONTINUING = {
    "CONTINUATION without HEADERS": (frame(CONTINUATION, END_HEADERS, 1, GOOD), WRONG),
    "CONTINUATION behind a head": (get(1) + frame(CONTINUATION, END_HEADERS, 1, literal("x", "y")), WRONG, ["/"]),
    "CONTINUATION on stream 0": (OPENING + frame(CONTINUATION, END_HEADERS, 0, REST), WRONG),
    "CONTINUATION on another stream": (OPENING + frame(CONTINUATION, END_HEADERS, 3, REST), WRONG),
    "CONTINUATION behind DATA": (post(1) + data(1, b"x") + frame(CONTINUATION, END_HEADERS, 1, GOOD), WRONG, ["/"]),
    **{
        f"{name} within a head": (OPENING + between + frame(CONTINUATION, END_HEADERS, 1, REST), WRONG)
        for name, between in {
            "DATA": data(1, b"x"),
            "HEADERS": get(3),
            "HEADERS of the same stream": get(1),
            "PING": frame(PING, payload=b"12345678"),
            "SETTINGS": settings(),
            "RST_STREAM": rst_stream(1),
            "WINDOW_UPDATE": window_update(0, 1000),
            "PRIORITY": frame(PRIORITY, 0, 3, b"\0\0\0\0\1"),
            "GOAWAY": frame(GOAWAY, payload=put32(0, 0)),
            "an unknown frame": frame(0x77, 0, 1, b"x"),
        }.items()
    },
}

SETTINGS_OF_CLIENTS = {
    "ENABLE_PUSH of 2": (settings((ENABLE_PUSH, 2)), WRONG),
    "INITIAL_WINDOW_SIZE of 2^31": (settings((INITIAL_WINDOW, 1 << 31)), ends(FLOW_CONTROL_ERROR)),
    "MAX_FRAME_SIZE of 16383": (settings((MAX_FRAME, 16383)), WRONG),
    "MAX_FRAME_SIZE of 2^24": (settings((MAX_FRAME, 1 << 24)), WRONG),
    "ENABLE_CONNECT_PROTOCOL of 2": (settings((CONNECT_PROTOCOL, 2)), WRONG),
    "NO_RFC7540_PRIORITIES of 2": (settings((NO_PRIORITIES, 2)), WRONG),
    "a hundred settings": (settings(*[(MAX_STREAMS, i) for i in range(100)]) + get(1), ends(ENHANCE_YOUR_CALM, PROTOCOL_ERROR) | served, ["/"]),
    "an initial window that overflows a stream": (
        post(1) + window_update(1, (1 << 31) - 1 - 65535) + settings((INITIAL_WINDOW, 65536)),
        ends(FLOW_CONTROL_ERROR) | resets(FLOW_CONTROL_ERROR), ["/"]),
    "an acknowledgement that nobody waits for": (frame(SETTINGS, ACK) * 3 + get(1), served | WRONG, ["/"]),
    "a setting that nobody knows": (settings((0xBEEF, 1)) + get(1), served, ["/"]),
    "a table of 4 GiB": (settings((TABLE_SIZE, 0xFFFFFFFF)) + get(1), served, ["/"]),
    "no table": (settings((TABLE_SIZE, 0)) + get(1), served, ["/"]),
    "no streams of ours": (settings((MAX_STREAMS, 0)) + get(1), served, ["/"]),
}

WINDOWS = {
    "a window larger by nothing": (window_update(0, 0), WRONG),
    "a stream's window larger by nothing": (post(1) + window_update(1, 0), WRONG | resets(PROTOCOL_ERROR), ["/"]),
    "a window over 2^31": (window_update(0, 0x7FFFFFFF), ends(FLOW_CONTROL_ERROR)),
    "a stream's window over 2^31": (
        post(1) + window_update(1, 0x7FFFFFFF), resets(FLOW_CONTROL_ERROR) | ends(FLOW_CONTROL_ERROR), ["/"]),
    "DATA over the stream's window": (
        post(1, path="/unread") + data(1, b"x" * 16384) * 17, resets(FLOW_CONTROL_ERROR) | ends(FLOW_CONTROL_ERROR), ["/unread"]),
}

OTHERS = {
    "an unknown frame": (frame(0x77, 0xFF, 1, b"x" * 100) + frame(0xFF, 0, 0) + get(1), served, ["/"]),
    "unknown flags": (frame(HEADERS, END_HEADERS | END_STREAM | 0xD2, 1, GOOD), served, ["/"]),
    "the reserved bit": (frame(HEADERS, END_HEADERS | END_STREAM, 1 | 1 << 31, GOOD), served, ["/"]),
    "an answer to a PING that nobody sent": (frame(PING, ACK, payload=b"12345678") + get(1), served, ["/"]),
    "ALTSVC of a client": (frame(0xA, 0, 0, b"\0\1ah2=\":1\"") + get(1), served | WRONG, ["/"]),
    "ORIGIN of a client": (frame(0xC, 0, 0, b"\0\1a") + get(1), served, ["/"]),
    "a priority that cannot be read": (frame(PRIORITY_UPDATE, payload=put32(1) + b"u=99;;=\xff") + get(1), served, ["/"]),
    "a preface again": (PREFACE, SIZE | WRONG),
    "HTTP/1 behind the greeting": (SMUGGLED * 3, SIZE | WRONG),
    "GOAWAY of a stream that is none": (frame(GOAWAY, payload=put32(1, 0)), WRONG | served),
    "RST_STREAM, and DATA behind it": (post(1) + rst_stream(1) + data(1, SMUGGLED, True), CLOSED | served, ["/"]),
    "RST_STREAM, and HEADERS behind it": (post(1) + rst_stream(1) + get(1, "/again"), CLOSED | served, ["/"]),
}

FRAMES = {**SIZES, **PADDING, **STREAMS, **CONTINUING, **SETTINGS_OF_CLIENTS, **WINDOWS, **OTHERS}


def of_block(payload, *rest):
    return headers(1, GOOD + payload) + b"".join(rest)


# A head over the limits: an answer, or, where it is far over them, the connection's end.
TOO_LARGE = refused(431) | ends(ENHANCE_YOUR_CALM)
UNPACKING = ends(COMPRESSION_ERROR)
BLOCKS = {
    "index 0": (of_block(b"\x80"), UNPACKING),
    "an index that is not there": (of_block(b"\xbe"), UNPACKING),
    "a name that is not there": (of_block(b"\x7e\x01x"), UNPACKING),
    "an index of 2^32": (of_block(number(1 << 32, 7, 0x80)), UNPACKING),
    "an index of 2^70": (of_block(b"\xff" + b"\xff" * 9 + b"\x7f"), UNPACKING),
    "an index without an end": (of_block(b"\xff\xff"), UNPACKING),
    "an index of many zeros": (of_block(b"\xff" + b"\x80" * 40 + b"\x00"), UNPACKING),
    "a table that is too large": (headers(1, number(4097, 5, 0x20) + GOOD), UNPACKING),
    "a table of 2^40": (headers(1, number(1 << 40, 5, 0x20) + GOOD), UNPACKING),
    "a table that changes behind fields": (of_block(b"\x20"), UNPACKING),
    "a name that is cut": (of_block(b"\x00\x05x"), UNPACKING),
    "a value that is cut": (of_block(b"\x00\x01x\x05y"), UNPACKING),
    "a name of 2^31 bytes": (of_block(b"\x00" + number(1 << 31, 7) + b"x"), UNPACKING),
    "a value of 2^62 bytes": (of_block(b"\x00\x01x" + number(1 << 62, 7) + b"x"), UNPACKING),
    "nothing behind a name": (of_block(b"\x00\x01x"), UNPACKING),
    "EOS in a Huffman code": (of_block(b"\x00\x01x\x84\xff\xff\xff\xff"), UNPACKING),
    "Huffman padding of zeros": (of_block(b"\x00\x01x\x81\x18"), UNPACKING),
    "Huffman padding of a byte": (of_block(b"\x00\x01x\x82\x1f\xff"), UNPACKING),
    "trailers that cannot be unpacked": (post(1) + data(1, b"x") + headers(1, b"\xbe"), UNPACKING, ["/"]),
    "an index that was dropped": (
        get(1, "/", ("x", "y")) + headers(3, literal("a", "b", 0x40) + b"\x20" + b"\xbe"), UNPACKING, ["/"]),
    "a bomb": (headers(1, GOOD + literal("x", "y" * 4000, 0x40) + b"\xbe" * 12000), TOO_LARGE),
    "a bomb of empty fields": (headers(1, GOOD + literal("x", "", 0x40) + b"\xbe" * 12000), TOO_LARGE),
    "a head without fields": (headers(1, b""), MALFORMED),
    "a head of table sizes": (headers(1, b"\x20\x3f\xe1\x1f" + GOOD), served, ["/"]),
}

NAMES = {
    f"the name {name!r}": (head((name, "1")), MALFORMED)
    for name in ["X-Upper", "x y", " x", "x ", "x:y", "x\ry", "x\ny", "x\r\nsmuggled", "x\0", "", ":", "x\x7f", "x\xe9", "x\t",
                 "x(", "x,y", "x/y", "x;", "x=", "x@", "x[", "x\\", "x{", '"x"', "content-length ", "transfer-encoding:"]
}
VALUES = {
    f"the value {value!r}": (head(("x", value)), MALFORMED)
    for value in ["a\r\nb", "a\nb", "a\rb", "a\0b", "\r", "\n", "\0", "a" + LINE, "a\x01", "a\x7f", " a", "a ", "\ta", "a\t"]
}
ONE_CONNECTION = {
    f"{name}: {value}": (
        head((name, value)) if name != "transfer-encoding" else head((name, value), end=False) + data(1, SMUGGLED, True), MALFORMED)
    for name, value in [
        ("connection", "close"), ("connection", "keep-alive"), ("connection", "x"), ("keep-alive", "timeout=5"),
        ("proxy-connection", "keep-alive"), ("transfer-encoding", "chunked"), ("transfer-encoding", "identity"),
        ("transfer-encoding", "xchunked"), ("transfer-encoding", ""), ("upgrade", "websocket"), ("upgrade", "h2c"),
        ("te", "gzip"), ("te", "trailers, gzip"), ("te", "Chunked"),
    ]
}
ONE_CONNECTION["te: trailers"] = (head(("te", "trailers")), served, ["/"])

PSEUDO = {
    **{f"no :{name}": (only(*pairs(**{name: None})), MALFORMED) for name in ("method", "path", "scheme", "authority")},
    **{f":{name} twice": (only(*pseudo(), (":" + name, PAIRS[":" + name])), MALFORMED) for name in ("method", "path", "scheme", "authority")},
    **{f":{name} of nothing": (only(*pairs(**{name: ""})), MALFORMED) for name in ("method", "path", "scheme", "authority")},
    **{f":{name} behind a field": (only(*pairs(**{name: None}), ("x", "y"), (":" + name, PAIRS[":" + name])), MALFORMED)
       for name in ("method", "path", "scheme", "authority")},
    "a pseudo field that nobody knows": (head((":x", "y")), MALFORMED),
    ":status of a client": (head((":status", "200")), MALFORMED),
    ":Path": (only(*pairs(path=None), (":Path", "/")), MALFORMED),
    "no pseudo fields": (only(("host", "a.example")), MALFORMED),
}

PATHS = {
    f":path {path!r}": (head(path=path), MALFORMED)
    for path in ["x", "?x", "*", "http://a.example/x", "/a b", "/a\rb", "/a\nb", "/a\0b", "/x#y", "/x?y#z", "#", "/\t", "/a\\b",
                 "/\x7f", "/\xe9", "/%00", "/%zz", "/%", "/..", "/../x", "/a/../../x", "/a%2fb", "/..;/x", "a.example:80",
                 "/ HTTP/1.1\r\nhost: evil\r\n\r\n", "/x HTTP/1.1" + LINE, "/?x y", "/?x\r\ny"]
}
METHODS = {
    f":method {method!r}": (head(method=method), MALFORMED)
    for method in ["GE T", "G\r\nET", "G\0ET", "GET / HTTP/1.1\r\nhost: evil\r\n\r\nGET", "G(T", "G:", "G\xe9T", " GET", "GET ", "G/T"]
}
SCHEMES = {
    f":scheme {scheme!r}": (head(scheme=scheme), MALFORMED)
    for scheme in ["ftp", "ws", "http://a/", "http ", "ht\r\ntp", "ht\0tp", "file", "1http", "http" + LINE]
}
AUTHORITIES = {
    f":authority {authority!r}": (head(authority=authority), MALFORMED)
    for authority in ["user@a", "user:pass@a", "a b", "a,b", "a/b", "a?x", "a#x", "a\\b", "http://a", "a:x", "a:80:80", "a:-1", "[::1",
                      "::1]", "[::1]x", "a\0", "a\r\nb", "a" + LINE, "<a>", "a\tb", "caf\xe9", "%zz", " a", "a ", "@", "/"]
}
HOSTS = {
    "another host": (head(("host", "b.example")), MALFORMED),
    "another port": (head(("host", "a.example:81")), MALFORMED),
    "two hosts": (only(*pairs(authority=None), ("host", "a"), ("host", "b")), MALFORMED),
    "the same host twice": (head(("host", "a.example"), ("host", "a.example")), MALFORMED),
    "a host of nothing": (only(*pairs(authority=None), ("host", "")), MALFORMED),
    "a host of nothing beside :authority": (head(("host", "")), MALFORMED),
    "a host with a user": (only(*pairs(authority=None), ("host", "user@a")), MALFORMED),
    "a host with a line": (only(*pairs(authority=None), ("host", "a" + LINE)), MALFORMED),
}
LENGTHS = {
    **{
        f"content-length {value!r}": (body(("content-length", value), sent=b"hello"), MALFORMED)
        for value in ["-5", "+5", "5, 5", "5,6", "0x5", "5h", "five", "", "5 5", "99999999999999999999", "18446744073709551621", "5;", "05x"]
    },
    "content-length twice": (body(("content-length", "5"), ("content-length", "5"), sent=b"hello"), MALFORMED),
    "two content-lengths": (body(("content-length", "5"), ("content-length", "6"), sent=b"hello!"), MALFORMED),
    "content-length, and no body": (head(("content-length", "5"), method="POST"), MALFORMED),
    "content-length of a GET without body": (head(("content-length", "1")), MALFORMED),
}
CONNECTS = {
    "CONNECT": (only((":method", "CONNECT"), (":authority", "a.example:443"), end=False), MALFORMED | refused(400, 405, 501)),
    "CONNECT with a path": (only((":method", "CONNECT"), (":authority", "a.example:443"), (":path", "/"), end=False), MALFORMED | refused(400, 405, 501)),
    "CONNECT with a scheme and a path": (head(method="CONNECT", end=False), MALFORMED | refused(400, 405, 501)),
    "CONNECT without an authority": (only((":method", "CONNECT"), end=False), MALFORMED | refused(400, 405, 501)),
    ":protocol without CONNECT": (head((":protocol", "websocket"), end=False), MALFORMED),
    ":protocol twice": (head((":protocol", "websocket"), (":protocol", "websocket"), method="CONNECT", end=False), MALFORMED),
    ":protocol behind a field": (head(("x", "y"), (":protocol", "websocket"), method="CONNECT", end=False), MALFORMED),
    ":protocol without a path": (only(*pairs(method="CONNECT", path=None), (":protocol", "websocket"), end=False), MALFORMED),
    ":protocol without a scheme": (only(*pairs(method="CONNECT", scheme=None), (":protocol", "websocket"), end=False), MALFORMED),
    ":protocol of nothing": (head((":protocol", ""), method="CONNECT", end=False), MALFORMED | refused(501)),
    **{
        f":protocol {protocol!r}": (head((":protocol", protocol), method="CONNECT", end=False), MALFORMED | refused(501))
        for protocol in ["connect-udp", "h2c", "websocket\r\nx: y", "websocket, h2c", "web socket"]
    },
    "a WebSocket with a content-length": (head((":protocol", "websocket"), ("content-length", "5"), method="CONNECT", end=False), MALFORMED),
    "a WebSocket with a bad path": (head((":protocol", "websocket"), method="CONNECT", path="/../x", end=False), MALFORMED),
    "a WebSocket with an upgrade": (head((":protocol", "websocket"), ("upgrade", "h2c"), method="CONNECT", end=False), MALFORMED),
}


def large(*fields):
    return wide(1, [*pseudo(), *fields])


LIMITS = {
    "a field of 70 KiB": (large(("x", "y" * 70000)), refused(431) | ends(COMPRESSION_ERROR, ENHANCE_YOUR_CALM)),
    "a name of 70 KiB": (large(("x" * 70000, "y")), refused(431) | ends(COMPRESSION_ERROR, ENHANCE_YOUR_CALM)),
    "fields of 70 KiB": (large(*[(f"x-{i}", "y" * 1000) for i in range(70)]), refused(431)),
    "201 fields": (large(*[("x", "y")] * 201), refused(431)),
    "300 fields": (large(*[(f"x-{i}", "y") for i in range(300)]), refused(431)),
    "5000 empty fields": (large(*[("x", "")] * 5000), TOO_LARGE),
    "a path of 70 KiB": (large((":path", "/" + "y" * 70000)), MALFORMED | refused(414, 431) | ends(COMPRESSION_ERROR, ENHANCE_YOUR_CALM)),
    "300 crumbs of cookies": (large(*[("cookie", f"a{i}=b")for i in range(300)]), refused(431)),
}

# Nothing of these is ever sent on.
HEADS = {**NAMES, **VALUES, **ONE_CONNECTION, **PSEUDO, **PATHS, **METHODS, **SCHEMES, **AUTHORITIES, **HOSTS, **LENGTHS,
         **CONNECTS, **LIMITS}

# The head of these is good, and may have been sent on: never as a whole message.
BROKEN = resets(PROTOCOL_ERROR, STREAM_CLOSED) | refused(400) | ends(PROTOCOL_ERROR)
BODIES = {
    "more than content-length": (body(("content-length", "5"), sent=b"hello" + SMUGGLED), BROKEN),
    "more than content-length, without an end": (body(("content-length", "5"), sent=b"hello" + SMUGGLED, end=False), BROKEN),
    "less than content-length": (body(("content-length", "50"), sent=b"hello"), BROKEN),
    "less than content-length, ended by nothing": (body(("content-length", "50"), sent=b"hello", end=False) + data(1, b"", True), BROKEN),
    "less than content-length, ended by trailers": (body(("content-length", "50"), sent=b"hello", end=False, trailers=[("x", "y")]), BROKEN),
    "a content-length of nothing, and a body": (body(("content-length", "0"), sent=SMUGGLED), BROKEN),
    "a body in two frames, too much": (body(("content-length", "7"), sent=b"hello", end=False) + data(1, b"hello", True), BROKEN),
    "trailers with a pseudo field": (body(sent=b"hello", end=False, trailers=[(":path", "/smuggled")]), BROKEN),
    "trailers with :status": (body(sent=b"hello", end=False, trailers=[(":status", "200")]), BROKEN),
    "trailers in capitals": (body(sent=b"hello", end=False, trailers=[("X-Upper", "1")]), BROKEN),
    "trailers with a line": (body(sent=b"hello", end=False, trailers=[("x", "y\r\nsmuggled: 1")]), BROKEN),
    "trailers with NUL": (body(sent=b"hello", end=False, trailers=[("x", "y\0")]), BROKEN),
    "trailers with connection": (body(sent=b"hello", end=False, trailers=[("connection", "close")]), BROKEN),
    "trailers with transfer-encoding": (body(sent=b"hello", end=False, trailers=[("transfer-encoding", "chunked")]), BROKEN),
    "trailers with te": (body(sent=b"hello", end=False, trailers=[("te", "gzip")]), BROKEN),
    "a second head without an end": (body(sent=b"hello", end=False) + headers(1, [("x", "y")], end=False), BROKEN),
    "a second request on the stream": (body(sent=b"hello", end=False) + get(1, "/smuggled"), BROKEN),
    "DATA behind trailers": (body(sent=b"hello", end=False, trailers=[("x", "y")]) + data(1, SMUGGLED, True), BROKEN | CLOSED | served),
    "the end by RST_STREAM of no error": (body(sent=b"hello", end=False) + rst_stream(1, NO_ERROR), BROKEN | ignored),
}
