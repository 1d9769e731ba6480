"""Deadlines for the wire tests: everything waits by polling, and gives up in good time.

FAIRLEAD_SLOW=1 stretches each deadline, for binaries that a sanitizer slows down. A deadline only
says when to stop hoping: no test passes because time went by.
"""
import os
import time

FACTOR = 6.0 if os.environ.get("FAIRLEAD_SLOW", "0") not in ("", "0") else 1.0
PATIENCE = 10.0 * FACTOR  # seconds that anything local may take


def eventually(condition, what, within=PATIENCE):
    """Polls until `condition()` gives something true, and returns it; fails naming `what`."""
    deadline = time.monotonic() + within
    pause = 0.002
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"still waiting after {within:.0f} s: {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)


def steady(value, what, calm=0.3, within=PATIENCE):
    """Polls until `value()` has stayed the same for `calm` seconds, and returns it."""
    state = {"last": value(), "since": time.monotonic()}

    def still():
        now = value()
        if now != state["last"]:
            state.update(last=now, since=time.monotonic())
        return time.monotonic() - state["since"] > calm * FACTOR

    eventually(still, what, within)
    return state["last"]
