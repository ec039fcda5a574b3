"""Servers that probes ask: busybox's in containers, and what it has not, on this machine."""

from __future__ import annotations

import contextlib
import http.server
import shlex
import ssl
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2_grpc

#: Answers what its query asks for: /cgi-bin/say?STATUS, /cgi-bin/go?STATUS:LOCATION, headers, slow.
HTTPD = r"""
mkdir -p /tmp/www/cgi-bin
cd /tmp/www
echo well > index.html
cat > cgi-bin/say <<'END'
#!/bin/sh
printf 'Status: %s\r\nContent-Type: text/plain\r\n\r\nit is %s' "$QUERY_STRING" "$QUERY_STRING"
END
cat > cgi-bin/go <<'END'
#!/bin/sh
printf 'Status: %s\r\nLocation: %s\r\n\r\nmoved' "${QUERY_STRING%%:*}" "${QUERY_STRING#*:}"
END
cat > cgi-bin/headers <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n'
env | grep ^HTTP_ | sort
END
cat > cgi-bin/slow <<'END'
#!/bin/sh
sleep 30
END
cat > cgi-bin/dribble <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n'
while sleep 0.2; do echo more; done
END
cat > cgi-bin/long <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n'
head -c 30000 /dev/zero | tr '\0' x
END
chmod +x cgi-bin/*
exec httpd -f -p 8080 -h /tmp/www
"""
#: Makes key.pem and cert.pem.
CERTIFICATE = (
    "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem"
    " -days 1 -subj /CN=nobody"
)
#: Sends back what it gets.
ECHO = "exec nc -ll -p 7000 -e cat"
#: Takes a connection and ends it without a word.
MUTE = "exec nc -ll -p 7001 -e true"
#: Says something that is no HTTP.
GARBLED = "exec nc -ll -p 7002 -e echo hello"


class Host:
    """What is served on this machine's loopback, until the end of a test."""

    def __init__(self, made: contextlib.ExitStack) -> None:
        self._made = made

    def https(self, folder: Path) -> int:
        """An HTTPS server with a certificate that nobody knows: its port."""
        subprocess.run(
            shlex.split(CERTIFICATE),
            cwd=folder,
            check=True,
            capture_output=True,
            timeout=60,
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Quiet)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        return self._serve(server)

    def plain_http(self) -> int:
        """A plain HTTP server: its port."""
        return self._serve(http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Quiet))

    def grpc(self, *, with_health: bool = True) -> tuple[int, health.HealthServicer]:
        """A gRPC server, and what its health is set by."""
        servicer = health.HealthServicer()
        server = grpc.server(ThreadPoolExecutor(4))
        if with_health:
            health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self._made.callback(lambda: server.stop(None).wait())
        return port, servicer

    def _serve(self, server: http.server.ThreadingHTTPServer) -> int:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self._made.callback(thread.join)
        self._made.callback(server.server_close)
        self._made.callback(server.shutdown)
        return int(server.server_address[1])


class _Quiet(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"served here"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass
