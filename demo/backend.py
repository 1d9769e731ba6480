#!/usr/bin/python3
"""demo/backend.py NAME COLOUR PORT [DELAY_MS]: a small HTTP/1.1 server that says who it is.

Answers everything with its name, after its delay; /health at once. Keeps connections open.
"""
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1   # head and body leave in one packet

    def do_GET(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path != "/health":
            time.sleep(self.server.delay)
        body = f"{self.server.greeting}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Backend", self.server.greeting.split()[0])
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET

    def log_message(self, *_):
        """Says nothing: the access log is the balancer's."""


class Backend(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, name, colour, port, delay_ms=0):
        super().__init__(("127.0.0.1", int(port)), Handler)
        self.greeting = f"{name} ({colour})"
        self.delay = float(delay_ms) / 1000

    def handle_error(self, request, client_address):
        """A client that is gone is no news."""


if __name__ == "__main__":
    Backend(*sys.argv[1:]).serve_forever()
