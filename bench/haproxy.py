"""Debian's HAProxy as a peer."""

from proxy import IDLE_SECONDS, Proxy, first_line


class Haproxy(Proxy):
    name = "haproxy"
    configured = ("nbthread 1 with cpu-map, http-reuse always, no log, splice-response, pipes of "
                  "256 KiB; session tickets on, X25519; rpc: a server with proto h2; bulk: with and "
                  "without splice, the better counts")
    door_variants = {"http": [""], "bare": [""], "tls": [""], "h2c": [""], "rpc": [""], "tcp": [""],
                     "bulk": ["copy", "splice"]}

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

    def http_proxy(self, door, words="", backend="origin", scheme="http"):
        return f"""
frontend {door}
  bind 127.0.0.1:{self.port(door)} backlog 4096 {words}
  option forwardfor
  option splice-response
  http-request set-header X-Forwarded-Proto {scheme}
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  unique-id-format %{{+X}}o%ci%cp%fi%fp%Ts%rt%pid
  unique-id-header X-Request-ID
  default_backend {backend}
"""

    def command(self):
        splice = {"copy": "", "splice": "option splice-response"}
        bulk = "".join(self.tcp_proxy(f"bulk_{variant}", port, self.around.bulk, splice[variant])
                       for variant, port in self.doors["bulk"].items())
        tls = (f"ssl crt {self.around.certificate}.pem alpn h2,http/1.1 ssl-min-ver TLSv1.2 "
               "curves X25519:P-256")
        path = self.write("haproxy.cfg", f"""
global
  nbthread 1
  cpu-map 1 {self.around.core}
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

{self.http_proxy("http")}
{self.http_proxy("tls", tls, scheme="https")}
{self.http_proxy("h2c", "proto h2")}
{self.http_proxy("rpc", "proto h2", "rpc")}
frontend bare
  bind 127.0.0.1:{self.port("bare")} backlog 4096
  option splice-response
  default_backend origin

backend origin
  option splice-response
  server origin 127.0.0.1:{self.around.http}

backend rpc
  server rpc 127.0.0.1:{self.around.rpc} proto h2

{self.tcp_proxy("tcp", self.port("tcp"), self.around.http)}
{bulk}
""")
        return ["haproxy", "-db", "-f", path]
