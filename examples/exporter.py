#!/usr/bin/python3
"""A Prometheus exporter of one's own: exporter.py PORT (`camctl metrics` has everything)"""
import camd, http.server, sys

class Metrics(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        cameras = camd.status()["cameras"]
        self.send_response(200)
        self.end_headers()
        for name, value in (("up", lambda c: c["state"] == "up"), ("frames_per_second", lambda c: c["camera_fps"] or 0)):
            self.wfile.write(f"# TYPE my_camera_{name} gauge\n".encode())
            self.wfile.write("".join(f'my_camera_{name}{{camera="{c["name"]}"}} {value(c):g}\n' for c in cameras).encode())

http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Metrics).serve_forever()
