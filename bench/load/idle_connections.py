#!/usr/bin/python3
"""Connections that make one request each and then stay open, for the memory that a proxy keeps for them.

HTTP/1.1 over TLS, HTTP/2 over TLS, HTTP/2 in clear text. Says `ready` when all are answered, waits for
a line or the end of its input, and sees that all are still open. HTTP/2 is spoken by hand: a preface,
one request, and acknowledgements, so that no library stands between the proxy and the count.
"""

import json
import socket
import ssl
import struct
import sys

import window

TIMEOUT_SECONDS = 10
DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8   # RFC 9113, section 6
INITIAL_WINDOW_SIZE = 4            # a setting
WINDOW_BYTES = 1 << 20             # more than any body, so that none has to be asked for
END_STREAM = ACK = 1
END_HEADERS = 4


def tls_context(plan):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE          # a certificate made for this run
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["h2" if plan.mode == "h2-tls" else "http/1.1"])
    return context


def connect(plan, context):
    stream = socket.create_connection(("127.0.0.1", plan.port), timeout=TIMEOUT_SECONDS)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if plan.mode == "h2c":
        return stream
    stream = context.wrap_socket(stream, server_hostname="bench.example")
    if plan.mode == "h2-tls" and stream.selected_alpn_protocol() != "h2":
        raise window.Wrong(f"ALPN chose {stream.selected_alpn_protocol()}")
    return stream


def receive(stream, count):
    """Exactly so many bytes."""
    pieces = []
    while count > 0:
        piece = stream.recv(count)
        if not piece:
            raise window.Wrong("the connection ended")
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


def ask_http1(stream, plan):
    stream.sendall(f"GET {plan.path} HTTP/1.1\r\nhost: bench.example\r\n\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += receive(stream, 1)
    if not head.startswith(b"HTTP/1.1 200"):
        raise window.Wrong(f"answered {head[:40]!r}")
    return receive(stream, plan.length)


def frame(kind, flags, number, payload=b""):
    return struct.pack(">IBBI", len(payload), kind, flags, number)[1:] + payload


def request_fields(plan):
    """GET by HPACK's static table, without its dynamic one (RFC 7541, appendix A)."""
    path, authority = plan.path.encode(), b"bench.example"
    scheme = b"\x86" if plan.mode == "h2c" else b"\x87"
    return (b"\x82" + scheme + b"\x04" + bytes([len(path)]) + path
            + b"\x01" + bytes([len(authority)]) + authority)


def ask_http2(stream, plan):
    window_settings = struct.pack(">HI", INITIAL_WINDOW_SIZE, WINDOW_BYTES)
    stream.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, window_settings)
                   + frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", WINDOW_BYTES))
                   + frame(HEADERS, END_STREAM | END_HEADERS, 1, request_fields(plan)))
    body = b""
    while True:
        length, kind, flags, number = struct.unpack(">IBBI", b"\0" + receive(stream, 9))
        payload = receive(stream, length)
        if kind in (SETTINGS, PING) and not flags & ACK:
            stream.sendall(frame(kind, ACK, 0, payload if kind == PING else b""))
        elif kind in (RESET, GOAWAY):
            raise window.Wrong(f"frame {kind}: {payload!r}")
        elif kind == HEADERS and b"\x88" not in payload[:8]:   # behind a new size of the table, perhaps
            raise window.Wrong(f"not a 200: {payload[:20]!r}")
        elif kind == DATA:
            body += payload
        if number == 1 and kind in (DATA, HEADERS) and flags & END_STREAM:
            return body


def still_open(stream):
    """True when nothing is to be read, or something that is not the end."""
    stream.setblocking(False)
    try:
        return stream.recv(65536) != b""
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
    except OSError:
        return False


def main():
    parser = window.arguments(__doc__, ["h1-tls", "h2-tls", "h2c"])
    parser.add_argument("--gate", choices=["yes"], help="always so")
    parser.add_argument("--hold", choices=["yes"], help="always so")
    plan = parser.parse_args()
    ask = ask_http1 if plan.mode == "h1-tls" else ask_http2
    body = window.pattern(plan.length)
    context = tls_context(plan)
    held = []
    try:
        for _ in range(plan.connections):
            held.append(connect(plan, context))
            if ask(held[-1], plan) != body:
                raise window.Wrong("a body is not the backend's")
    except (window.Wrong, OSError) as error:
        window.finish(errors=1, first_error=f"connection {len(held)}: {error}")
    print(json.dumps({"ready": True}), flush=True)
    sys.stdin.readline()
    closed = sum(not still_open(stream) for stream in held)
    window.finish(errors=closed, first_error=f"{closed} connections closed while idle" if closed else "",
                  responses=len(held))


if __name__ == "__main__":
    main()
