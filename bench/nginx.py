"""Debian's nginx as a peer."""

from proxy import IDLE_SECONDS, Proxy, first_line


class Nginx(Proxy):
    name = "nginx"
    configured = ("1 worker with CPU affinity, reuseport, upstream keepalive 1024 over HTTP/1.1, "
                  "no access log, sendfile, tcp_nodelay, no buffering to disk, 64 KiB buffers for bodies; "
                  "session tickets on, no session cache, X25519; rpc: grpc_pass, keepalive 1024; "
                  "bulk: stream buffer of 64 or 256 KiB, the better counts")
    door_variants = {"http": [""], "bare": [""], "tls": [""], "h2c": [""], "rpc": [""], "tcp": [""],
                     "bulk": ["64 KiB buffer", "256 KiB buffer"]}
    module = "/usr/lib/nginx/modules/ngx_stream_module.so"

    def version(self):
        return first_line(["nginx", "-v"], r"nginx/(\S+)")

    def http_server(self, door, headers, words="", more=""):
        return f"""
  server {{
    listen 127.0.0.1:{self.port(door)} {words} reuseport backlog=4096;
    {more}
    location / {{
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      {headers}
    }}
  }}"""

    def rpc_server(self):
        return f"""
  server {{
    listen 127.0.0.1:{self.port("rpc")} http2 reuseport backlog=4096;
    location / {{
      grpc_pass grpc://rpc;
      {forwarded("grpc_set_header")}
    }}
  }}"""

    def upstream(self, name, port):
        return f"""
  upstream {name} {{
    server 127.0.0.1:{port};
    keepalive 1024;
    keepalive_requests 1000000000;
    keepalive_timeout {IDLE_SECONDS}s;
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
        set_headers = forwarded("proxy_set_header")
        tls = f"""ssl_certificate {self.around.certificate}.crt;
    ssl_certificate_key {self.around.certificate}.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ecdh_curve X25519:prime256v1;
    ssl_session_tickets on;"""
        bulk = "".join(
            self.stream_server(port, self.around.bulk, f"proxy_buffer_size {variant.split()[0]}k;")
            for variant, port in self.doors["bulk"].items())
        path = self.write("nginx.conf", f"""
load_module {self.module};
daemon off;
worker_processes 1;
worker_cpu_affinity {1 << self.around.core:b};
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
  {self.upstream("origin", self.around.http)}
  {self.upstream("rpc", self.around.rpc)}
  {self.http_server("http", set_headers)}
  {self.http_server("bare", "")}
  {self.http_server("tls", set_headers, "ssl http2", tls)}
  {self.http_server("h2c", set_headers, "http2")}
  {self.rpc_server()}
}}
stream {{
  tcp_nodelay on;
  {self.stream_server(self.port("tcp"), self.around.http)}
  {bulk}
}}
""")
        return ["nginx", "-p", self.folder, "-c", path, "-e", "stderr"]


def forwarded(directive):
    """The fields that Fairlead sets as well."""
    return f"""{directive} X-Forwarded-For $proxy_add_x_forwarded_for;
      {directive} X-Forwarded-Proto $scheme;
      {directive} X-Forwarded-Host $http_host;
      {directive} X-Request-ID $request_id;"""
