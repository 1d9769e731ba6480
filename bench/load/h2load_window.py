#!/usr/bin/python3
"""One window of h2load: HTTP/1.1 or HTTP/2, over TLS or in clear text, or small calls as of gRPC.

h2load says when its warm-up ends and when its window does; the proxy's CPU time is read at these
moments. A window counts only when every request in it succeeded, every connection was served, and
TLS was what all proxies are compared with: 1.3, AES-128-GCM, X25519.
"""

import re
import subprocess
import tempfile

import window

CIPHER = "TLS_AES_128_GCM_SHA256"
GROUP = "X25519"
TLS_MODES = {"h1-tls": "http/1.1", "h2-tls": "h2"}
CLEAR_MODES = {"h2c": "h2c", "grpc": "h2c"}
MESSAGE = b"\0\0\0\0\x20" + b"m" * 32   # gRPC: not compressed, 32 bytes


def words_of(plan, message):
    scheme = "https" if plan.mode in TLS_MODES else "http"
    words = ["h2load", "-t", "1", "-c", plan.connections, "-m", plan.streams,
             "-D", f"{plan.seconds * 1000:.0f}ms", "--warm-up-time", f"{plan.warmup * 1000:.0f}ms",
             "--tls13-ciphers", CIPHER, "--groups", GROUP]
    if plan.mode == "h1-tls":
        words.append("--h1")
    if plan.mode == "grpc":
        words += ["-d", message, "-H", "content-type: application/grpc", "-H", "te: trailers"]
    return [*map(str, words), f"{scheme}://127.0.0.1:{plan.port}{plan.path}"]


def run(plan, message):
    """(what h2load printed, reading at the window's begin, reading at its end)."""
    child = subprocess.Popen(words_of(plan, message), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True)
    window.before_the_others()
    begin = end = None
    lines = []
    for line in child.stdout:
        if line.startswith("Main benchmark duration is started"):
            begin = window.Reading(plan.proxies, [child.pid])
        elif line.startswith("Main benchmark duration is over"):
            end = window.Reading(plan.proxies, [child.pid])
        lines.append(line)
    child.wait()
    return "".join(lines), begin, end


def number(text, pattern):
    found = re.search(pattern, text)
    if not found:
        raise window.Wrong(f"h2load says nothing of '{pattern}': {text[-300:]}")
    return float(found.group(1))


def check_spoken(plan, text):
    def one(label):
        found = re.search(rf"^{label}: (\S+)", text, re.MULTILINE)
        return found.group(1) if found else "nothing"

    wanted = {"Application protocol": (TLS_MODES | CLEAR_MODES)[plan.mode]}
    if plan.mode in TLS_MODES:
        wanted |= {"TLS Protocol": "TLSv1.3", "Cipher": CIPHER, "Server Temp Key": GROUP}
    for label, value in wanted.items():
        if one(label) != value:
            raise window.Wrong(f"{label} is {one(label)}, not {value}")


def checked(plan, text):
    """Responses in the window. Wrong when one was no success or a connection got none."""
    check_spoken(plan, text)
    done = int(number(text, r"(\d+) done"))
    for bad in ("failed", "errored", "timeout"):
        if count := int(number(text, rf"(\d+) {bad}")):
            raise window.Wrong(f"{count} requests {bad}")
    others = sum(int(number(text, rf"(\d+) {kind}xx")) for kind in (3, 4, 5))
    # A response whose head came before the window and its end within it is done, but not in this sum.
    unfinished = plan.connections * plan.streams
    if others or number(text, r"(\d+) 2xx") < done - unfinished:
        raise window.Wrong(f"of {done} responses {others} are no success")
    # This sum counts the warm-up as well.
    if number(text, r"\((\d+)\) data") < done * plan.length:
        raise window.Wrong("bodies are shorter than they should be")
    # The slowest connection. One that gets nothing would praise a proxy that forgot it.
    if done >= 20 * unfinished and number(text, r"req/s +: +([\d.]+)") == 0:
        raise window.Wrong("a connection was not served")
    return done


def main():
    parser = window.arguments(__doc__, [*TLS_MODES, *CLEAR_MODES])
    parser.add_argument("--streams", type=int, default=1, help="requests at once on each connection")
    plan = parser.parse_args()
    with tempfile.NamedTemporaryFile() as message:
        message.write(MESSAGE)
        message.flush()
        text, begin, end = run(plan, message.name)
    try:
        if begin is None or end is None:
            raise window.Wrong(f"h2load did not come to its end: {text[-300:]}")
        done = checked(plan, text)
    except window.Wrong as wrong:
        window.finish(errors=1, first_error=str(wrong))
    window.finish(responses=done, bytes=done * plan.length, **end.since(begin))


if __name__ == "__main__":
    main()
