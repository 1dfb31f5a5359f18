"""Serves one debug file as debuginfod(8) does, on this machine alone.

    debug_server.py BUILD_ID FILE LOG     what is asked for is noted in LOG, a path a line
    debug_server.py --silent LOG          takes connections and never answers

Prints its port. Ends when its input does, and after a minute in any case.
"""

import http.server
import os
import socket
import sys
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        build_id, file, log = sys.argv[1:]
        with open(log, "a", encoding="utf-8") as out:
            out.write(self.path + "\n")
        if self.path != f"/buildid/{build_id}/debuginfo":
            self.send_error(404)
            return
        with open(file, "rb") as debug:
            body = debug.read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    threading.Timer(60, os._exit, [0]).start()
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    if sys.argv[1] == "--silent":
        server = socket.create_server(("127.0.0.1", 0))
        print(server.getsockname()[1], flush=True)
        held = []
        while True:
            held.append(server.accept())
            with open(sys.argv[2], "a", encoding="utf-8") as out:
                out.write("connection\n")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


main()
