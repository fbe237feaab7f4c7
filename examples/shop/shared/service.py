"""What every service of the shop has in common: its release, its boot time, an HTTP server that ends gracefully."""

import json
import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RELEASE = os.environ.get("RELEASE", "dev")


def boot(name):
    """Real services load, connect and compile before they serve; this one takes as long as it is told."""
    time.sleep(float(os.environ.get("BOOT_SECONDS", "1")))
    print(f"{name} {RELEASE} is ready", flush=True)


def stopping():
    """An event that SIGTERM or SIGINT sets."""
    event = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: event.set())
    return event


class Handler(BaseHTTPRequestHandler):
    """Answers from `routes`, a table of (method, path) -> function(body) -> (status, type, text)."""

    # HTTP/1.0 means one request per connection, so that no idle one holds the shutdown up.
    protocol_version = "HTTP/1.0"
    timeout = 10
    routes = {}

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        route = self.routes.get((self.command, self.path.split("?")[0]), not_found)
        try:
            status, media_type, text = route(body)
        except OSError as error:
            status, media_type, text = as_json(503, {"error": str(error)})
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET

    def log_message(self, form, *values):
        if self.path != "/health":
            print(form % values, flush=True)


class Server(ThreadingHTTPServer):
    """Waits for the requests in flight when it is closed."""

    daemon_threads = False
    block_on_close = True


def serve(name, port, routes):
    """Boots, serves until SIGTERM, then finishes what is in flight."""
    stop = stopping()
    boot(name)
    server = Server(("", port), type("Routes", (Handler,), {"routes": routes}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stop.wait()
    server.shutdown()
    server.server_close()
    print(f"{name} {RELEASE} has stopped", flush=True)


def as_json(status, value):
    return status, "application/json", json.dumps(value) + "\n"


def not_found(_):
    return as_json(404, {"error": "not found"})
