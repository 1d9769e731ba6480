"""The proxies under test: each writes its configuration, starts pinned to one core, and stops.

A proxy has doors, listeners on 127.0.0.1 that a case names: `http` (with the forwarded headers that
Fairlead sets), `bare` (without), `tcp` (HTTP bytes relayed as TCP) and `bulk`. A door may have
variants where a peer is best configured differently for different loads; the better one counts.
"""

import os
import re
import signal
import socket
import subprocess
import time
import urllib.request

import measure

STARTUP_SECONDS = 15
IDLE_SECONDS = 600                 # no peer may close an idle connection while it is measured


def free_ports(count):
    """Ports that nobody listens on, held together until all are known so that none comes twice."""
    held = [socket.socket() for _ in range(count)]
    for each in held:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def first_line(command, pattern):
    done = subprocess.run(command, capture_output=True, text=True)
    found = re.search(pattern, done.stdout + done.stderr)
    return found.group(1) if found else "unknown"


class Proxy:
    """One process tree. `doors` maps a door's name to {variant: port}."""

    name = ""
    configured = ""                # said in the report: what the comparison is fair about
    door_variants = {}

    def __init__(self, folder, origin_ports, core, realtime):
        self.folder = os.path.join(folder, self.name)
        os.makedirs(self.folder, exist_ok=True)
        self.origin_http, self.origin_bulk = origin_ports
        self.core = core
        self.realtime = realtime
        self.process = None
        wanted = [(door, variant) for door, variants in self.door_variants.items()
                  for variant in variants]
        self.doors = {}
        for (door, variant), port in zip(wanted, free_ports(len(wanted))):
            self.doors.setdefault(door, {})[variant] = port

    def port(self, door):
        return next(iter(self.doors[door].values()))

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def command(self):
        """Writes the configuration and gives the words that start the proxy in the foreground."""
        raise NotImplementedError

    def start(self):
        log = open(os.path.join(self.folder, "log"), "ab")
        self.process = measure.start_pinned(self.core, self.realtime, self.command(),
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        self.await_answer()

    def await_answer(self):
        deadline = time.monotonic() + STARTUP_SECONDS
        url = f"http://127.0.0.1:{self.port('http')}/1k"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while True:
            try:
                with opener.open(url, timeout=2) as answer:
                    if answer.status == 200 and len(answer.read()) == 1024:
                        return
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} does not answer:\n{self.log_tail()}")
            time.sleep(0.05)

    def has_ended(self):
        return self.process.poll() is not None

    def log_tail(self):
        with open(os.path.join(self.folder, "log"), errors="replace", encoding="utf-8") as file:
            return "".join(file.readlines()[-20:])

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    stop_signal = signal.SIGTERM

    def pids(self):
        """The process and its children: a master belongs to the bill. RuntimeError when it has ended."""
        if self.has_ended():
            raise RuntimeError(f"it has ended by itself ({self.process.returncode}):\n{self.log_tail()}")
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(path, encoding="utf-8") as file:
            return [self.process.pid] + [int(word) for word in file.read().split()]

    def version(self):
        raise NotImplementedError


class Nginx(Proxy):
    name = "nginx"
    configured = ("1 worker with CPU affinity, reuseport, upstream keepalive 1024 over HTTP/1.1, "
                  "no access log, sendfile, tcp_nodelay, no buffering to disk, 64 KiB buffers for bodies; "
                  "bulk: stream buffer of 64 or 256 KiB, the better counts")
    door_variants = {"http": [""], "bare": [""], "tcp": [""],
                     "bulk": ["64 KiB buffer", "256 KiB buffer"]}
    module = "/usr/lib/nginx/modules/ngx_stream_module.so"

    def version(self):
        return first_line(["nginx", "-v"], r"nginx/(\S+)")

    def http_server(self, port, headers):
        return f"""
  server {{
    listen 127.0.0.1:{port} reuseport backlog=4096;
    location / {{
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      {headers}
    }}
  }}"""

    def stream_server(self, port, to, more=""):
        return f"""
  server {{
    listen 127.0.0.1:{port} reuseport backlog=4096;
    proxy_pass 127.0.0.1:{to};
    proxy_timeout {IDLE_SECONDS}s;
    {more}
  }}"""

    def command(self):
        forwarded = """proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Request-ID $request_id;"""
        bulk = "".join(
            self.stream_server(port, self.origin_bulk, f"proxy_buffer_size {variant.split()[0]}k;")
            for variant, port in self.doors["bulk"].items())
        path = self.write("nginx.conf", f"""
load_module {self.module};
daemon off;
worker_processes 1;
worker_cpu_affinity {1 << self.core:b};
worker_rlimit_nofile 20000;
pid {self.folder}/nginx.pid;
error_log stderr crit;
events {{ use epoll; worker_connections 18000; }}
http {{
  access_log off;
  sendfile on;
  tcp_nodelay on;
  keepalive_requests 1000000000;
  keepalive_timeout {IDLE_SECONDS}s;
  proxy_buffers 8 64k;
  proxy_busy_buffers_size 128k;
  proxy_max_temp_file_size 0;
  upstream origin {{
    server 127.0.0.1:{self.origin_http};
    keepalive 1024;
    keepalive_requests 1000000000;
    keepalive_timeout {IDLE_SECONDS}s;
  }}
  {self.http_server(self.port("http"), forwarded)}
  {self.http_server(self.port("bare"), "")}
}}
stream {{
  tcp_nodelay on;
  {self.stream_server(self.port("tcp"), self.origin_http)}
  {bulk}
}}
""")
        return ["nginx", "-p", self.folder, "-c", path, "-e", "stderr"]


class Haproxy(Proxy):
    name = "haproxy"
    configured = ("nbthread 1 with cpu-map, http-reuse always, no log, splice-response, pipes of "
                  "256 KiB; bulk: with and without splice, the better counts")
    door_variants = {"http": [""], "bare": [""], "tcp": [""], "bulk": ["copy", "splice"]}

    def version(self):
        return first_line(["haproxy", "-v"], r"version (\S+)")

    def tcp_proxy(self, name, port, to, more=""):
        return f"""
listen {name}
  mode tcp
  bind 127.0.0.1:{port} backlog 4096
  server origin 127.0.0.1:{to}
  {more}
"""

    def command(self):
        splice = {"copy": "", "splice": "option splice-response"}
        bulk = "".join(self.tcp_proxy(f"bulk_{variant}", port, self.origin_bulk, splice[variant])
                       for variant, port in self.doors["bulk"].items())
        path = self.write("haproxy.cfg", f"""
global
  nbthread 1
  cpu-map 1 {self.core}
  maxconn 9000
  maxpipes 64
  tune.pipesize 262144

defaults
  mode http
  timeout connect 5s
  timeout client {IDLE_SECONDS}s
  timeout server {IDLE_SECONDS}s
  timeout http-keep-alive {IDLE_SECONDS}s
  http-reuse always

frontend http
  bind 127.0.0.1:{self.port("http")} backlog 4096
  option forwardfor
  option splice-response
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  unique-id-format %{{+X}}o%ci%cp%fi%fp%Ts%rt%pid
  unique-id-header X-Request-ID
  default_backend origin

frontend bare
  bind 127.0.0.1:{self.port("bare")} backlog 4096
  option splice-response
  default_backend origin

backend origin
  option splice-response
  server origin 127.0.0.1:{self.origin_http}

{self.tcp_proxy("tcp", self.port("tcp"), self.origin_http)}
{bulk}
""")
        return ["haproxy", "-db", "-f", path]


class Fairlead(Proxy):
    name = "fairlead"
    configured = ("workers: 1, access_log: off, a pool with one backend and 1024 idle connections, "
                  "health probes as by default")
    door_variants = {"http": [""], "tcp": [""], "bulk": [""], "admin": [""]}
    binary = "build/fairlead"      # set by run.py

    def version(self):
        return first_line([self.binary, "version"], r"(\d\S*)")

    def command(self):
        path = self.write("fairlead.yaml", f"""
admin: {{ bind: 127.0.0.1:{self.port("admin")} }}
workers: 1
access_log: off
drain_timeout: 1s
listeners:
  http: {{ bind: 127.0.0.1:{self.port("http")}, pool: origin, idle_timeout: {IDLE_SECONDS}s }}
  tcp: {{ bind: "tcp://127.0.0.1:{self.port("tcp")}", pool: origin }}
  bulk: {{ bind: "tcp://127.0.0.1:{self.port("bulk")}", pool: source }}
pools:
  origin: {{ backends: [127.0.0.1:{self.origin_http}], idle_connections: 1024 }}
  source: {{ backends: [127.0.0.1:{self.origin_bulk}] }}
""")
        return [self.binary, "run", "-c", path]


ALL = {kind.name: kind for kind in (Nginx, Haproxy, Fairlead)}
