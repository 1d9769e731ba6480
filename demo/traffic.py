"""A little traffic for the demo: requests over a few kept connections, and who answered them."""
import http.client
import threading
import time
from collections import defaultdict
from statistics import median

PATIENCE = 5   # seconds for any one answer


class Tally:
    """Who answered how often and how fast: name -> milliseconds. `failed` counts all else."""

    def __init__(self):
        self.times = defaultdict(list)
        self.failed = 0
        self.lock = threading.Lock()

    def add(self, name, milliseconds):
        with self.lock:
            if name is None:
                self.failed += 1
            else:
                self.times[name].append(milliseconds)

    @property
    def answered(self):
        return sum(len(times) for times in self.times.values())

    def share(self, name):
        return len(self.times[name]) / max(1, self.answered)

    def median(self, name):
        return median(self.times[name]) if self.times[name] else 0.0


def ask(connection):
    """The name of whoever answered one request, or None."""
    try:
        connection.request("GET", "/")
        response = connection.getresponse()
        response.read()
        return response.getheader("x-backend") if response.status == 200 else None
    except (OSError, http.client.HTTPException):
        connection.close()   # the next request opens it again
        return None


def send(port, requests, at_once):
    """Sends so many requests, so many of them at once; returns the Tally."""
    tally = Tally()
    todo = threading.Semaphore(requests)

    def client():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        while todo.acquire(blocking=False):
            started = time.monotonic()
            tally.add(ask(connection), (time.monotonic() - started) * 1000)
        connection.close()

    clients = [threading.Thread(target=client, daemon=True) for _ in range(at_once)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    return tally
