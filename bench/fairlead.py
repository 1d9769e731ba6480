"""Fairlead, as it is measured: beside its peers, and alone with many routes."""

from proxy import IDLE_SECONDS, Proxy, first_line


class Fairlead(Proxy):
    name = "fairlead"
    configured = ("workers: 1, access_log: off, a pool with one backend and 1024 idle connections, "
                  "health probes as by default; rpc: a pool with protocol h2")
    door_variants = {"http": [""], "tls": [""], "h2c": [""], "rpc": [""], "tcp": [""], "bulk": [""],
                     "admin": [""]}
    binary = "build/fairlead"      # set by run.py

    def version(self):
        return first_line([self.binary, "version"], r"(\d\S*)")

    def command(self):
        return self.run(f"""
listeners:
  http: {{ bind: 127.0.0.1:{self.port("http")}, pool: origin, idle_timeout: {IDLE_SECONDS}s }}
  tls:
    bind: 127.0.0.1:{self.port("tls")}
    tls: {{ cert: {self.around.certificate}.crt, key: {self.around.certificate}.key }}
    pool: origin
    idle_timeout: {IDLE_SECONDS}s
  h2c: {{ bind: 127.0.0.1:{self.port("h2c")}, pool: origin, idle_timeout: {IDLE_SECONDS}s }}
  rpc: {{ bind: 127.0.0.1:{self.port("rpc")}, pool: rpc, idle_timeout: {IDLE_SECONDS}s }}
  tcp: {{ bind: "tcp://127.0.0.1:{self.port("tcp")}", pool: origin }}
  bulk: {{ bind: "tcp://127.0.0.1:{self.port("bulk")}", pool: source }}
pools:
  origin: {{ backends: [127.0.0.1:{self.around.http}], idle_connections: 1024 }}
  rpc: {{ protocol: h2, backends: [127.0.0.1:{self.around.rpc}] }}
  source: {{ backends: [127.0.0.1:{self.around.bulk}] }}
""")

    def run(self, text):
        """Writes the file, below what every instance has in it, and gives the words that start it."""
        path = self.write("fairlead.yaml", f"""
admin: {{ bind: 127.0.0.1:{self.port("admin")} }}
workers: 1
access_log: off
drain_timeout: 1s
{text}""")
        return [self.binary, "run", "-c", path]


class Routes(Fairlead):
    """One process with three listeners: one route, and 10,000 of which the last one matches.

    Half of the 10,000 are exact paths, half prefixes; in `exact` the one that matches is an exact path, in
    `prefix` a prefix. Each has a pattern of its own, as the paths of an API have.
    """

    configured = ""
    door_variants = {"routes-1": [""], "routes-exact": [""], "routes-prefix": [""], "admin": [""]}
    first_door = "routes-1"
    count = 10000

    def command(self):
        others = []
        for i in range((self.count - 1) // 2):
            others += [f"/api/v{i % 7}/service-{i}/*", f"/pages/section-{i % 97}/page-{i}"]
        others.append("/about")
        listeners = "".join(self.listener(door, patterns) for door, patterns in (
            ("routes-1", ["/1k"]), ("routes-exact", [*others, "/1k"]),
            ("routes-prefix", [*others, "/1k/*"])))
        return self.run(f"""
listeners:
{listeners}
pools:
  origin: {{ backends: [127.0.0.1:{self.around.http}], idle_connections: 1024 }}
""")

    def listener(self, door, patterns):
        routes = "\n".join(f"      - {{ match: {{ path: {pattern} }}, pool: origin }}" for pattern in patterns)
        return f"""
  {door}:
    bind: 127.0.0.1:{self.port(door)}
    idle_timeout: {IDLE_SECONDS}s
    routes:
{routes}
"""
