#!/usr/bin/python3
"""A page with all cameras: page.py PORT (camd-web(8) does more)"""
import camd, http.server, subprocess, sys

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        names = [camera["name"] for camera in camd.status()["cameras"]]
        picture = self.path[1:] in names and subprocess.run(["camctl", "snapshot", self.path[1:], "-o", "-"], capture_output=True)
        self.send_response(200 if self.path == "/" or picture and picture.returncode == 0 else 404)
        self.end_headers()
        self.wfile.write(picture.stdout if picture else "".join(f'<img src="/{name}" alt="{name}">' for name in names).encode())

http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
