#!/usr/bin/python3
"""TLS handshakes in a closed loop: for each a new connection, one request, and the end of both.

`full` never offers a session; `resumed` always offers the ticket of the connection before. Each
connection says afterwards which it was, and one of the other kind is an error. The suite and the group
are those of OPENSSL_CONF, which the harness writes.
"""

import multiprocessing
import os
import socket
import ssl
import time

import window

STALL_SECONDS = 5


def tls_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE          # a certificate made for this run
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["http/1.1"])
    return context


class Client:
    """One place in the loop, a process of its own."""

    def __init__(self, plan):
        self.plan = plan
        self.context = tls_context()
        self.session = None
        self.body = window.pattern(plan.length)
        self.request = (f"GET {plan.path} HTTP/1.1\r\nhost: bench.example\r\nconnection: close\r\n"
                        "user-agent: bench\r\naccept: */*\r\n\r\n").encode()

    def exchange(self):
        """One connection from its begin to the proxy's end of it."""
        offered = self.session if self.plan.mode == "resumed" else None
        with socket.create_connection(("127.0.0.1", self.plan.port), timeout=STALL_SECONDS) as tcp:
            tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.context.wrap_socket(tcp, server_hostname="bench.example", session=offered) as tls:
                tls.sendall(self.request)
                self.check_answer(receive_all(tls))
                if tls.session_reused != (offered is not None):
                    raise window.Wrong("a session was " + ("not resumed" if offered else "resumed"))
                self.session = tls.session       # the newest ticket has come before the answer

    def check_answer(self, answer):
        head, _, body = answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise window.Wrong(f"answered {head[:40]!r}")
        if body != self.body:
            raise window.Wrong(f"a body of {len(body)} bytes is not the backend's")

    def run(self, place, counts, errors):
        try:
            parent = os.getppid()
            self.exchange()                      # the first one has nothing to resume
            while os.getppid() == parent:
                self.exchange()
                counts[place] += 1
        except (window.Wrong, OSError) as error:
            errors.put(f"{type(error).__name__}: {error}")


def receive_all(tls):
    pieces = []
    while piece := tls.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def await_all(counts, errors):
    """Until every client has made a handshake, one has failed, or they take too long."""
    deadline = time.monotonic() + STALL_SECONDS
    while not all(counts) and errors.empty() and time.monotonic() < deadline:
        time.sleep(0.01)


def main():
    plan = window.arguments(__doc__, ["full", "resumed"]).parse_args()
    counts = multiprocessing.RawArray("Q", plan.connections)
    errors = multiprocessing.SimpleQueue()
    clients = [multiprocessing.Process(target=Client(plan).run, args=(place, counts, errors), daemon=True)
               for place in range(plan.connections)]
    for client in clients:
        client.start()
    own = [client.pid for client in clients]
    window.before_the_others()
    await_all(counts, errors)
    time.sleep(plan.warmup)
    try:
        before, begin = list(counts), window.Reading(plan.proxies, own)
        time.sleep(plan.seconds)
        after, end = list(counts), window.Reading(plan.proxies, own)
    except FileNotFoundError:                    # a client has ended: it says why
        after, end = list(counts), None
    for client in clients:
        client.kill()
        client.join()
    if not errors.empty() or end is None:
        window.finish(errors=1, first_error=errors.get() if not errors.empty() else "a process has ended")
    made = sum(after) - sum(before)
    stuck = sum(now == then for now, then in zip(after, before))
    if stuck and plan.seconds >= 1:
        window.finish(errors=1, first_error=f"{stuck} clients made no handshake")
    window.finish(responses=made, bytes=made * plan.length, **end.since(begin))


if __name__ == "__main__":
    main()
