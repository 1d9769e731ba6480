#!/usr/bin/python3
"""tools/pictures.py [BINARY]: draws docs/pictures/*.svg from what `fairlead simulate` says.

The pictures of docs/choosing.md, made anew by `make pictures`. The same binary draws the same
pictures: every run has a seed. Colours follow the reader's light or dark scheme; every line and bar
carries its name, so nothing is told by colour alone.
"""
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
LIGHT = ["#1f6fb4", "#c4501b", "#2b8a3e", "#8a3ea8", "#8a6d00", "#b02a5b", "#0b7f86", "#5b5fc7", "#7a4a2a", "#4d5a66"]
DARK = ["#6cb6ff", "#ff9a5c", "#6fd083", "#d29bf0", "#e0c04a", "#ff8fb8", "#5fd4dc", "#a9adff", "#d8a27a", "#b6c2cd"]
FONT = "font: 13px system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"


# ---- asking the simulator


class Simulator:
    def __init__(self, binary, folder):
        self.binary, self.folder = binary, Path(folder)

    def run(self, backends, *arguments):
        """{algorithm: its part of the JSON} for a pool of so many equal backends."""
        file = self.folder / f"{backends}.yaml"
        addresses = [f"10.0.{i // 250}.{i % 250 + 1}:80" for i in range(backends)]
        file.write_text(f"listeners: {{ web: {{ bind: ':8080', pool: app }} }}\npools: {{ app: {json.dumps(addresses)} }}\n")
        done = subprocess.run([self.binary, "simulate", "-c", file, "--json", *map(str, arguments)],
                              check=True, capture_output=True, text=True)
        return {each["name"]: each for each in json.loads(done.stdout)["algorithms"]}


def milliseconds(algorithm, stretch=0, which="p99_seconds"):
    return algorithm["stretches"][stretch]["latency"][which] * 1000


def words(value):
    """A number of milliseconds for a reader."""
    if value >= 10000:
        return f"{value / 1000:.0f} s"
    if value >= 1000:
        return f"{value / 1000:.1f} s"
    return f"{value:.0f} ms"


# ---- drawing


class Picture:
    def __init__(self, width, height, title, note):
        self.width, self.height, self.parts = width, height, []
        self.title = title
        self.text(0, 16, title, "title")
        self.text(0, 36, note, "note")

    def text(self, x, y, text, kind="", anchor="start"):
        escaped = text.replace("&", "&amp;").replace("<", "&lt;")
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escaped}</text>')

    def line(self, x1, y1, x2, y2, kind="grid"):
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>')

    def box(self, x, y, width, height, kind):
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" height="{height}" class="{kind}"/>')

    def curve(self, points, kind):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{path}" class="curve {kind}"/>')

    def style(self):
        rules = [f"text {{ {FONT}; fill: #24292f }} .title {{ font-weight: 600; font-size: 15px }}",
                 ".note { fill: #57606a } .grid { stroke: #d0d7de } .curve { fill: none; stroke-width: 2 }",
                 ".pale { fill-opacity: .35 }"]
        dark = ["text { fill: #e6edf3 } .note { fill: #9da7b1 } .grid { stroke: #3d444d }"]
        for i, (light, darker) in enumerate(zip(LIGHT, DARK)):
            for target, colour in ((rules, light), (dark, darker)):
                target.append(f"rect.c{i}, text.c{i} {{ fill: {colour} }} .curve.c{i} {{ stroke: {colour} }}")
        return "\n".join(rules) + "\n@media (prefers-color-scheme: dark) {\n" + "\n".join(dark) + "\n}"

    def write(self, name):
        svg = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-8 -4 {self.width + 16} {self.height + 8}" '
               f'width="{self.width}" role="img"><title>{self.title}</title>\n<style>\n{self.style()}\n</style>\n'
               + "\n".join(self.parts) + "\n</svg>\n")
        (PICTURES / name).write_text(svg, encoding="utf-8")


def logarithmic(low, high, start, end):
    return lambda value: start + (math.log(max(value, low)) - math.log(low)) / (math.log(high) - math.log(low)) * (end - start)


def ticks(low, high):
    """1, 10, 100, ... within the range."""
    return [10 ** i for i in range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)]


def bars(name, title, note, rows, show, marks=""):
    """Rows of (label, [values]); the first of several is pale: what was before. The axis is logarithmic."""
    low = min(value for _, values in rows for value in values if value > 0) / 2
    high = max(value for _, values in rows for value in values)
    each = 18 * len(rows[0][1]) + 10
    picture = Picture(720, 60 + each * len(rows) + 20, title, note)
    at = logarithmic(low, high, 150, 570)
    bottom = 54 + each * len(rows)
    for tick in ticks(low, high):
        picture.line(at(tick), 50, at(tick), bottom)
        picture.text(at(tick), bottom + 16, show(tick), "note", "middle")
    for i, (label, values) in enumerate(rows):
        top = 54 + each * i
        picture.text(140, top + each / 2, label, "", "end")
        for j, value in enumerate(values):
            kind = f"c{i % len(LIGHT)}" + (" pale" if j + 1 < len(values) else "")
            picture.box(150, top + 18 * j, at(value) - 150, 14, kind)
            picture.text(max(at(value), 151) + 6, top + 18 * j + 12, show(value) + (marks[j] if marks else ""))
    picture.write(name)


def spread(wanted, gap):
    """Places near the wanted ones that are at least `gap` apart, in the same order."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    places, last = [0.0] * len(wanted), -math.inf
    for i in order:
        last = max(wanted[i], last + gap)
        places[i] = last
    return places


def curves(name, title, note, xs, lines, x_words):
    """Lines of (label, [ms at each x]) over a logarithmic axis."""
    values = [value for _, line in lines for value in line]
    low, high = min(values) / 1.3, max(values) * 1.1
    picture = Picture(720, 420, title, note)
    x_at = lambda x: 50 + (x - xs[0]) / (xs[-1] - xs[0]) * 500
    y_at = logarithmic(low, high, 380, 54)
    for tick in [step * ten for ten in [10 ** i for i in range(0, 6)] for step in (1, 2, 5)]:
        if low <= tick <= high:
            picture.line(50, y_at(tick), 550, y_at(tick))
            picture.text(44, y_at(tick) + 4, words(tick), "note", "end")
    for x in xs:
        picture.text(x_at(x), 398, x_words(x), "note", "middle")
    labels = spread([y_at(line[-1]) for _, line in lines], 16)
    for i, (label, line) in enumerate(lines):
        picture.curve([(x_at(x), y_at(y)) for x, y in zip(xs, line)], f"c{i % len(LIGHT)}")
        picture.text(558, labels[i] + 4, label, f"c{i % len(LIGHT)}")
    picture.write(name)


# ---- the pictures


def load_curve(simulator):
    loads = [30, 40, 50, 60, 70, 80, 90]
    runs = [simulator.run(10, "--load", load, "--concurrency", 1, "--requests", 200000) for load in loads]
    lines = [(name, [milliseconds(run[name]) for run in runs]) for name in runs[0]]
    curves("load.svg", "The slowest hundredth of requests, as the load grows",
           "p99 over the load of 10 equal backends, one request at a time each, exponential 20 ms", loads, lines,
           lambda load: f"{load} %")


def durations(simulator):
    kinds = [("const:20ms", "all the same"), ("exp:20ms", "exponential"), ("lognormal:20ms:1.5", "long tail")]
    runs = [simulator.run(10, "--service-time", kind, "--load", 70, "--concurrency", 2, "--requests", 300000)
            for kind, _ in kinds]
    rows = [(name, [milliseconds(run[name]) for run in runs]) for name in runs[0]]
    bars("durations.svg", "The more uneven the durations, the more it pays to look at the load",
         "p99 with 10 backends at 70 %: all requests take 20 ms; 20 ms on average; the same with a long tail", rows, words,
         [f"  {label}" for _, label in kinds])


def slow_backend(simulator):
    run = simulator.run(10, "--slow", "10.0.0.1:80=10", "--load", 50, "--requests", 200000)
    rows = [(name, [milliseconds(each, 0), milliseconds(each, 1)]) for name, each in run.items()]
    bars("slow.svg", "One backend of ten becomes ten times slower",
         "p99 before and while it lasts, at half of what the pool can do; a line that only grows ends in minutes", rows, words, ["  before", "  after"])


def keys(simulator):
    sizes = [4, 10, 100]
    runs = [simulator.run(size, "--remove", "10.0.0.1:80", "--requests", 1000) for size in sizes]
    rows = [(name, [100 * run[name]["keys"]["moved"] for run in runs]) for name in runs[0] if "keys" in runs[0][name]]
    rows.append(("an even share", [100 / size for size in sizes]))
    bars("keys.svg", "Keys that get another backend when one leaves",
         "share of all keys, from a pool of 4, of 10 and of 100", rows, lambda value: f"{value:.3g} %",
         [f"  of {size}" for size in sizes])


def one_address(simulator):
    arguments = ["--clients", 2000, "--addresses", 1, "--requests", 100000, "--load", 50,
                 "--algorithm", "ip_hash,ring_hash,maglev,rendezvous"]
    runs = [simulator.run(10, "--key", key, *arguments) for key in ("client_ip", "cookie:session")]
    busiest = lambda each: 100 * max(backend["share"] for backend in each["stretches"][0]["backends"])
    rows = [(name, [busiest(run[name]) for run in runs]) for name in runs[0]]
    bars("address.svg", "2,000 clients behind one address, 10 backends",
         "share of the busiest backend: keyed by the client's address, and by a cookie; 10 % is even", rows,
         lambda value: f"{value:.3g} %", ["  by address", "  by cookie"])


def main():
    binary = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "fairlead").resolve()
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        simulator = Simulator(binary, folder)
        for draw in (load_curve, durations, slow_backend, keys, one_address):
            draw(simulator)
    print(f"drawn: {', '.join(sorted(path.name for path in PICTURES.glob('*.svg')))}")


if __name__ == "__main__":
    main()
