"""camd-web: pictures, events, who may look, and clients that are slow or mean harm."""
import base64
import contextlib
import grp
import json
import os
import pwd
import re
import signal
import socket
import subprocess
import unittest
from pathlib import Path

from harness import BUILD, FULL, SANDBOX, SANITIZER_REPORT, SLOWNESS, Camd, CamdTest, is_running, program, still_picture, wait_for
from test_best_pictures import WALKER
from web import Events, Refusing, Web, colour_of, need_camd_web, read_parts, users_file

RED, BLUE = ("lavfi:color=c=red:size=640x360:rate=10", "lavfi:color=c=blue:size=320x240:rate=10")


class WebTest(CamdTest):
    def setUp(self):
        need_camd_web()

    def tearDown(self):
        for path in self.directory.glob("helper*.log"):
            self.assertIsNone(SANITIZER_REPORT.search(path.read_text(errors="replace")), "a sanitizer or an assertion complained")
        super().tearDown()

    def serve(self, daemon, **settings):
        return Web(self, daemon, **settings).start()

    def users_file(self, **passwords):
        return users_file(self.directory, **passwords)

    def login(self, user, password):
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}

    def assert_is(self, jpeg, colour):
        red, _, blue = colour_of(jpeg, self.directory)
        self.assertGreater(red - blue if colour == "red" else blue - red, 100, f"the picture is the {colour} one")


class Pictures(WebTest):
    def test_are_the_camera_s_in_the_size_that_is_asked_for_and_live(self):
        daemon = self.camd(cameras={"red": {"input": RED, "fps": 10}, "blue": {"input": BLUE, "fps": 10},
                                    "dark": {"input": "rtsp://127.0.0.1:1/x"}})
        daemon.wait_frames("red", 2)
        daemon.wait_frames("blue", 2)
        web = self.serve(daemon)
        picture = web.get("/picture/red?width=200")
        self.assertEqual((picture.status, picture.getheader("Content-Type")), (200, "image/jpeg"))
        self.assert_is(picture.content, "red")
        self.assertIn(b"\xff\xc0\x00\x11\x08\x00\x88\x00\xf0", picture.content, "240x136, the next step of the widths")
        self.assert_is(web.get("/picture/blue?width=99999").content, "blue")
        self.assertEqual(web.get("/picture/dark").status, 503)
        for path in ("/picture/none", "/picture/", "/picture/..%2fred", "/live?cameras=none,,x", "/stream/none", "/object/red/7",
                     "/object/red/x", "/object/none/1", "/grid/none", "/zones/none"):
            self.assertEqual(web.get(path).status, 404, path)
        with Events(web, "/live?cameras=red,blue,none,red&width=160&fps=10") as live:
            self.assertEqual(live.answer.getheader("Content-Type"), "multipart/x-mixed-replace; boundary=camd-frame")
            parts = read_parts(live.answer, 8)
        self.assertEqual({headers["X-Camera"] for headers, _ in parts}, {"red", "blue"})
        for colour in ("red", "blue"):
            own = [(int(headers["X-Frame"]), jpeg) for headers, jpeg in parts if headers["X-Camera"] == colour]
            self.assertEqual(sorted(set(own)), own, "newer and newer frames, none twice")
            self.assert_is(own[-1][1], colour)
        with Events(web, "/stream/blue?fps=0.1") as stream:
            self.assert_is(read_parts(stream.answer, 1)[0][1], "blue")
        self.assertEqual(json.loads(web.text("/zones/red")), {"zones": []})
        self.assertEqual(web.get("/metrics").getheader("Content-Type"), "text/plain; version=0.0.4; charset=utf-8")
        names = lambda text: {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
        # some are there at times only, such as those of a next try
        wait_for(lambda: names(web.text("/metrics")) == names(daemon.camctl("metrics").stdout), "the same as camctl's")
        self.assertEqual(json.loads(web.text("/grid/red"))["name"], "red")
        web.stop()

    def test_go_on_with_a_camera_that_is_added_again(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={RED}")
        web = self.serve(daemon)
        with Events(web, "/stream/front") as stream:
            self.assert_is(read_parts(stream.answer, 1)[0][1], "red")
            daemon.camctl("remove", "front")
            wait_for(lambda: web.get("/picture/front").status == 404, "it is gone")
            daemon.camctl("add", "front", f"input={BLUE}")
            wait_for(lambda: colour_of(read_parts(stream.answer, 1)[0][1], self.directory)[2] > 100, "the other camera of that name")

    def test_of_objects_are_cut_out_and_outlive_camd_s(self):
        daemon = self.camd(cameras={"front": {"input": WALKER, "fps": 10, "detector": "motion", "max_disappeared": 3,
                                              "min_initialized": 2}})
        web = self.serve(daemon)
        with Events(web, "/events?recent=200") as events:
            seen, _ = events.until(lambda event: event["event"] == "object" and (event.get("picture") or {}).get("state") == "kept")
        path = f"/object/front/{seen['id']}?frame={seen['picture']['frame_id']}"
        cut, whole = web.get(path), web.get(path + "&whole=1")
        self.assertEqual((cut.status, whole.status), (200, 200))
        self.assertIn("immutable", cut.getheader("Cache-Control"))
        self.assertEqual(web.get(f"/object/front/{seen['id']}").getheader("Cache-Control"), "no-store", "a better one may come")
        self.assertLess(len(cut.content), len(whole.content))
        daemon.camctl("stop", "front")
        self.assertEqual(web.get(path).content[:2], b"\xff\xd8", "it has been looked at before")
        self.assertEqual(web.get("/object/front/1").status, 404)
        self.assertEqual((web.get("/object/front/1?quiet=1").status, web.get("/object/front/1?quiet=1").content), (204, b""))


class Happenings(WebTest):
    def test_come_as_they_happen_and_go_on_after_a_break(self):
        daemon = self.camd(cameras={"red": {"input": RED}})
        web = self.serve(daemon, title="<b>the & house</b>")
        with Events(web, "/events?recent=50") as events:
            state, _ = events.until(lambda data: data["cameras"], "state")
            self.assertEqual((state["title"], state["connected"], state["cameras"][0]["name"]), ("<b>the & house</b>", True, "red"))
            self.assertNotIn("input", state["cameras"][0], "where a camera is, is not the page's")
            daemon.camctl("add", "dark", "input=rtsp://127.0.0.1:1/x", expect=7)
            dark, place = events.until(lambda event: event["event"] == "camera_state" and event["camera"] == "dark")
            self.assertEqual(dark["state"], "backoff")
            self.assertIn("Connection refused", dark["reason"])
            events.until(lambda state: any(camera["name"] == "dark" and camera["state"] == "backoff" for camera in state["cameras"]),
                         "state")
        daemon.camctl("remove", "dark")
        for how in ({"path": "/events", "Last-Event-ID": place}, {"path": f"/events?from={place}"}):
            with Events(web, **how) as events:
                seqs = []
                events.until(lambda state: [camera["name"] for camera in state["cameras"]] == ["red"], "state")
                events.until(lambda event: seqs.append(event["seq"]) or event["event"] == "camera_removed")
                first = int(place.split(".")[1]) + 1
                self.assertEqual(seqs, list(range(first, first + len(seqs))), "without a gap, and none twice")
        with Events(web, "/events", **{"Last-Event-ID": "garbage"}) as events:
            self.assertEqual(events.read()[0], "state")
        with Events(web, "/events?from=1.1") as events:  # of an epoch that nobody knows
            self.assertEqual([events.read()[0] for _ in range(3)], ["state", "missed", "event"])
        with Events(web, "/events?from=0.0") as events:
            self.assertEqual([events.read()[0] for _ in range(2)], ["state", "event"])

    def test_camd_s_end_is_told_and_its_return(self):
        daemon = self.camd(cameras={"red": {"input": RED}})
        web = self.serve(daemon)
        self.assertEqual(web.get("/healthz").status, 200)
        with Events(web) as events:
            events.until(lambda state: state["connected"] and state["cameras"], "state")
            daemon.stop()
            lost, _ = events.until(lambda state: not state["connected"], "state")
            self.assertTrue(lost["reason"])
            self.assertEqual((web.get("/readyz").status, web.get("/healthz").status), (503, 200))
            self.assertIn("camd_up 0\n", web.text("/metrics"))
            daemon.start()
            events.until(lambda state: state["connected"] and state["cameras"], "state")
        wait_for(lambda: web.get("/readyz").status == 200, "ready again")
        web.stop()


    def test_a_subscription_that_camd_refuses_is_told_and_asked_for_again(self):
        web = Web(self, Refusing(self)).start()
        self.assertIn("camd refuses to tell what happens: memory is short: try again", web.log())
        with Events(web) as events:
            events.until(lambda state: state["connected"], "state")
        web.stop()

    @unittest.skipUnless(FULL, "camd has to be silent for 15 s; for tests/run.sh --full")
    def test_a_camd_that_hangs_is_told(self):
        daemon = self.camd(cameras={"red": {"input": RED}})
        web = self.serve(daemon)
        with Events(web) as events:
            events.until(lambda state: state["connected"] and state["cameras"], "state")
            daemon.process.send_signal(signal.SIGSTOP)
            try:
                self.assertIn("camd says nothing", web.get("/grid/red").content.decode())
                self.assertIn("camd_up 0\n", web.text("/metrics"))
                silent, _ = events.until(lambda state: not state["connected"], "state")
                self.assertEqual(silent["reason"], "camd says nothing")
                self.assertEqual(web.get("/readyz").status, 503)
                with web.socket(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n") as prometheus:
                    prometheus.settimeout(10)  # as Prometheus has it: camd was waited for each time, for 15 s
                    self.assertIn(b"camd_up 0\n", prometheus.makefile("rb").read())
                with Events(web) as later:
                    self.assertFalse(later.until(lambda state: True, "state")[0]["connected"], "who comes now is told at once")
            finally:
                daemon.process.send_signal(signal.SIGCONT)
            events.until(lambda state: state["connected"], "state")
        web.stop()


class Access(WebTest):
    def test_nothing_is_changed_and_nothing_else_is_there(self):
        daemon = self.camd()
        web = self.serve(daemon, hosts="cams.example")
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "BREW"):
            answer = web.ask(method, "/", body=b"x=1" if method in ("POST", "PUT") else None)
            self.assertEqual((answer.status, answer.getheader("Allow")), (405, "GET, HEAD"), method)
        self.assertEqual(web.ask("GET", "/", body=b"x").status, 400)
        for twice in (b"Host: evil.example", b"Content-Length: 0\r\nContent-Length: 5", b"Content-Length: 0\r\nTransfer-Encoding: chunked"):
            with web.socket(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + twice + b"\r\n\r\n") as ambiguous:
                self.assertEqual(ambiguous.recv(12), b"HTTP/1.1 400", twice)
        self.assertEqual((web.ask("HEAD", "/").status, web.ask("HEAD", "/").content), (200, b""))
        for path in ("/events", "/metrics"):  # of a stream, too, there are headers alone
            with web.socket(f"HEAD {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()) as client, client.makefile("rb") as answer:
                head, _, body = answer.read().partition(b"\r\n\r\n")
            self.assertEqual((head.split()[1], body), (b"200", b""), path)
        for path in ("/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/page.html", "/x", "/events/", "/live/x", "*"):
            self.assertEqual(web.get(path).status, 404, path)
        for path in ("/", "/page.css", "/page.js", "/live.js", "/draw.js", "/elements.js", "/wall.js", "/words.js", "/icon.svg", "/x", "/picture/none"):
            answer = web.get(path)
            policy = answer.getheader("Content-Security-Policy")
            self.assertIn("default-src 'none'", policy, path)
            self.assertNotIn("unsafe", policy)
            for name, value in (("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"),
                                ("Cross-Origin-Resource-Policy", "same-origin")):
                self.assertEqual(answer.getheader(name), value, path)
        page = web.get("/")
        self.assertEqual(web.get("/", If_None_Match=page.getheader("ETag")).status, 304)
        for link in re.findall(r'(?:src|href)="(/[^"]*)"', page.content.decode()):
            self.assertEqual(web.get(link).status, 200, link)
        self.assertNotRegex(page.content.decode(), r"<script>|style=|https?://| on[a-z]+=")

    def test_only_our_names_and_no_page_of_a_stranger(self):
        daemon = self.camd()
        web = self.serve(daemon, hosts="cams.example")
        for host, status in (("localhost", 200), (f"127.0.0.1:{web.port}", 200), ("[::1]", 200), ("cams.example:443", 200),
                             ("evil.example", 421), (f"evil.example:{web.port}", 421), ("", 421)):
            self.assertEqual(web.get("/healthz", Host=host).status, status, host)
        with web.socket(b"GET /healthz HTTP/1.0\r\n\r\n") as balancer, balancer.makefile("rb") as answer:
            self.assertIn(b" 200 ", answer.readline(), "HTTP/1.0 need not have it")
        for site, mode, destination, status in (
                ("same-origin", "cors", "empty", 200), ("none", "navigate", "document", 200), ("cross-site", "navigate", "document", 200),
                ("cross-site", "navigate", "iframe", 403), ("cross-site", "no-cors", "image", 403), ("same-site", "cors", "empty", 403)):
            answer = web.get("/", Sec_Fetch_Site=site, Sec_Fetch_Mode=mode, Sec_Fetch_Dest=destination)
            self.assertEqual(answer.status, status, f"{site} {mode} {destination}")

    def test_a_byte_0_ends_no_path_and_no_value_early(self):
        daemon = self.camd(cameras={"front": {"input": still_picture()}})
        daemon.wait_frames("front", 1)
        web = self.serve(daemon)
        self.assertEqual(web.get("/picture/fron%74").status, 200)
        for path in ("/picture/front%00", "/picture/front%00.txt", "/zones/front%00", "/live?cameras=front%00", "/healthz%00", "/%00"):
            self.assertEqual(web.get(path).status, 404, path)

    def test_users_have_to_say_who_they_are_and_guesses_are_few(self):
        daemon = self.camd(cameras={"red": {"input": RED}})
        daemon.wait_frames("red", 1)
        web = self.serve(daemon, users_file=self.users_file(anna="right pass:wörd", bert="other"))
        for path in ("/", "/picture/red", "/events", "/live?cameras=red", "/page.js"):
            answer = web.get(path)
            self.assertEqual(answer.status, 401, path)
            self.assertIn("Basic", answer.getheader("WWW-Authenticate"))
        self.assertEqual((web.get("/healthz").status, web.get("/readyz", Host="any.example").status), (200, 200))
        anna = self.login("anna", "right pass:wörd")
        self.assertEqual(web.get("/", **anna).status, 200)
        self.assertEqual(web.get("/picture/red", **anna).status, 200)
        guesses = [self.login("anna", "wrong"), self.login("nobody-known", "sesame"), self.login("anna", ""), {"Authorization": "Basic %%%"},
                   {"Authorization": "Bearer x"}, self.login("bert", "right pass:wörd")]
        for guess in guesses:
            self.assertEqual(web.get("/", **guess).status, 401, guess)
        refused = wait_for(lambda: (lambda answer: answer if answer.status == 429 else None)(web.get("/", **self.login("anna", "again"))),
                           "guesses are refused")
        self.assertGreater(int(refused.getheader("Retry-After")), 0)
        self.assertEqual(web.get("/", **self.login("bert", "other")).status, 429, "a right one is not told from a guess then")
        self.assertEqual(web.get("/", **anna).status, 200, "who is known goes on")
        web.stop()
        log = web.log()
        self.assertIn("wrong password from 127.0.0.1 for anna", log)
        for secret in ("right pass", "sesame", "nobody-known", "$2b$"):
            self.assertNotIn(secret, log)

    def test_behind_a_proxy_guesses_are_those_of_who_asked_it(self):
        """Ten wrong passwords a minute from anywhere kept everybody from logging in, for all addresses were the proxy's."""
        web = self.serve(self.camd(), users_file=self.users_file(anna="right", bert="right"), proxy="yes")
        stranger, other = ({"X-Forwarded-For": f"made up, {address}"} for address in ("192.0.2.7", "2001:db8::7"))
        wait_for(lambda: web.get("/", **self.login("anna", "wrong"), **stranger).status == 429, "a stranger's guesses are refused")
        self.assertEqual(web.get("/", **self.login("anna", "right"), **other).status, 200)
        self.assertEqual(web.get("/", **self.login("bert", "right"), **stranger).status, 429)
        self.assertEqual(web.get("/", **self.login("bert", "right")).status, 200, "this machine itself")
        web.stop()
        self.assertIn("wrong password from 192.0.2.7 for anna", web.log())

    def test_mistakes_in_its_files_are_said_with_their_lines(self):
        daemon = self.camd()
        users = self.directory / "bad.users"
        users.write_text("anna:$apr1$hidden$hidden\n")
        for settings, status, text in (({"listen": "0.0.0.0:8480"}, 78, "listen: others than this machine can reach"),
                                       ({"lisen": "x"}, 78, "did you mean listen"), ({"hosts": "a.example:443"}, 78, "names a port"), ({"fps": "99"}, 78, "a number from 0.1 to 30"),
                                       ({"listen": "::1:8480"}, 78, "no numeric address"),
                                       ({"users_file": users}, 78, f"web.ini:7: users_file: {users}:1: no hash that crypt"),
                                       ({"users_file": "/nonexistent/users"}, 78, "users_file: /nonexistent/users: No such file"),
                                       ({"users_file": self.directory}, 78, f"users_file: {self.directory}: it is no regular file"),
                                       ({"log": "/nonexistent/log"}, 78, "log: there is no directory /nonexistent")):
            web = Web(self, daemon, **settings)
            for arguments in ([], ["-n"]):
                done = subprocess.run(web.command(*arguments), text=True, capture_output=True, check=False, timeout=60)
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertIn(text, done.stderr)
                self.assertNotIn("hidden", done.stderr)
        good = Web(self, daemon)
        whole = subprocess.run(good.command("-n", "-v"), text=True, capture_output=True, check=True).stdout
        good.config.write_text(whole)
        self.assertEqual(subprocess.run(good.command("-n", "-v"), text=True, capture_output=True, check=True).stdout, whole)


@unittest.skipUnless(os.geteuid() == 0, "needs root, to give it up")
class Service(WebTest):
    def script(self, *verbs, expect=0):
        environment = dict(os.environ, CAMD_DEFAULTS=str(self.directory / "defaults"))
        done = subprocess.run(["/bin/sh", BUILD / "etc" / "camd-web", *verbs], env=environment, text=True, capture_output=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=60 * SLOWNESS)
        self.assertEqual(done.returncode, expect, f"{verbs}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def test_runs_as_its_user_with_what_it_needs_and_nothing_else(self):
        """By the init script: root reads the file of users, and from then on camd-web is somebody in camd's group."""
        os.chmod(self.directory, 0o755)
        daemon = Camd(self, settings={"group": grp.getgrgid(60).gr_name}, cameras={"red": {"input": RED}})
        for path in (daemon.directory, daemon.run_dir):
            os.chmod(path, 0o755)
        daemon.start()
        daemon.wait_frames("red", 1)
        users = self.users_file(anna="right")
        users.chmod(0o600)
        web = Web(self, daemon, user=pwd.getpwnam("games").pw_name, users_file=users, log=self.directory / "web" / "web.log")
        (self.directory / "web").mkdir()
        os.chown(self.directory / "web", pwd.getpwnam("games").pw_uid, 60)
        (self.directory / "defaults").write_text(
            f"DAEMON={program('camd-web')}\nCONFIG={web.config}\nPIDFILE={self.directory}/run-web/camd-web.pid\n")
        self.script("status", expect=3)
        self.assertIn("Starting", self.script("start"))
        pid = int((self.directory / "run-web" / "camd-web.pid").read_text())
        self.assertIn(f"already running, process {pid}", self.script("start"))
        self.assertIn(str(pid), self.script("status"))
        anna = self.login("anna", "right")
        wait_for(lambda: web.get("/readyz").status == 200, "ready")
        self.assert_is(web.get("/picture/red", **anna).content, "red")
        self.assertEqual(web.get("/object/red/1", **anna).status, 404)
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        self.assertEqual(set(status["Uid"].split()), {str(pwd.getpwnam("games").pw_uid)})
        if SANDBOX == "yes":
            self.assertEqual((status["NoNewPrivs"].strip(), status["Seccomp"].strip(), int(status["CapEff"], 16)), ("1", "2", 0))
        good = users.read_text()
        users.write_text("anna\n")
        self.assertIn("web.users:1: expected USER:HASH", self.script("restart", expect=6))
        users.write_text(good)
        web.config.write_text("[web]\nlisten = nowhere\n")
        self.assertIn("nowhere", self.script("restart", expect=6))
        self.assertIn(str(pid), self.script("status"), "what runs goes on")
        self.script("stop")
        self.assertFalse(is_running(pid))
        self.assertFalse((self.directory / "run-web" / "camd-web.pid").exists())
        self.script("status", expect=3)
        self.assertNotIn("right", (self.directory / "web" / "web.log").read_text())


class HardClients(WebTest):
    def test_who_is_slow_or_means_harm_gets_no_more_than_his_share(self):
        daemon = self.camd(cameras={"red": {"input": RED, "fps": 10}})
        daemon.wait_frames("red", 1)
        web = self.serve(daemon, viewers=2)
        for text in (b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"\xff" * 100000,
                     b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20000 + b"\r\n",
                     b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff\r\n"):
            try:
                with web.socket(text) as connection:
                    connection.shutdown(socket.SHUT_WR)
                    connection.recv(100)
            except OSError:
                pass  # it was closed meanwhile
        self.assertEqual(web.get("/healthz").status, 200)
        # as many as there may be, which say nothing or only half of something
        idle = [web.socket(b"GET / HTTP/1.1\r\nHo" if number % 2 else b"") for number in range(30)]
        # one who does not read gets no memory for it, and the others go on
        deaf = web.socket(b"GET /live?cameras=red&width=640&fps=10 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertEqual(deaf.recv(8), b"HTTP/1.1")
        with Events(web, "/live?cameras=red&fps=10") as live:
            numbers = [int(headers["X-Frame"]) for headers, _ in read_parts(live.answer, 6)]
            self.assertEqual(numbers, sorted(set(numbers)))
            full = web.get("/live?cameras=red")
            self.assertEqual((full.status, full.getheader("Retry-After")), (503, "5"))
            self.assertEqual(web.get("/picture/red").status, 200, "pictures are no streams")
        for connection in idle + [deaf]:
            connection.close()

        def again():
            with Events(web, "/live?cameras=red") as live:
                return live.answer.status == 200 and read_parts(live.answer, 1)

        wait_for(again, "there is room again when they have gone")
        descriptors = lambda: len(os.listdir(f"/proc/{web.process.pid}/fd"))
        before = descriptors()
        for _ in range(20):
            web.get("/")
        wait_for(lambda: descriptors() <= before, "no descriptor stays")
        web.stop()

    def test_who_says_nothing_keeps_nobody_out(self):
        """More connections than there may be, which say nothing: all others waited until the 20 s of those were over."""
        web = self.serve(self.camd(), viewers=1)
        with contextlib.ExitStack() as silent:
            for _ in range(60):  # 36 fit, and 64 wait in the kernel
                silent.enter_context(web.socket())
            with web.socket(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n") as viewer:
                viewer.settimeout(10 * SLOWNESS)
                self.assertEqual(viewer.recv(12), b"HTTP/1.1 200")
        web.stop()

    def test_who_sends_a_byte_too_many_and_leaves_keeps_no_place(self):
        """What nobody reads hid the end of a connection behind it: while a camera was dark, its viewers' places were lost."""
        daemon = self.camd(cameras={"dark": {"input": "rtsp://127.0.0.1:1/x"}})
        web = self.serve(daemon, viewers=1)
        with web.socket(b"GET /live?cameras=dark HTTP/1.1\r\nHost: localhost\r\n\r\nX") as viewer:
            answer = b""
            while b"--camd-frame\r\n" not in answer:
                answer += viewer.recv(1000)
        wait_for(lambda: self.status_of_stream(web, "/live?cameras=dark") == 200, "its place is free")
        web.stop()

    def status_of_stream(self, web, path):
        with Events(web, path) as stream:
            return stream.answer.status

    def test_segments_that_are_taken_away_end_nothing(self):
        """A capture that was taken over could truncate its frames: whoever reads them then must not die of it."""
        daemon = self.camd(cameras={"red": {"input": RED, "fps": 10}, "blue": {"input": BLUE, "fps": 10}})
        daemon.wait_frames("red", 2)
        daemon.wait_frames("blue", 2)
        web = self.serve(daemon)
        self.assertEqual(web.get("/picture/red").status, 200)
        capture = daemon.camera("red")["capture"]["pid"]
        os.kill(capture, signal.SIGSTOP)  # it would die of it before anybody else looks
        with Events(web, "/live?cameras=red,blue&fps=10") as live:
            read_parts(live.answer, 2)
            for name in daemon.segments("red"):
                if ".frame" in name:
                    os.truncate(daemon.shm_directory() / name, 0)
            self.assertEqual(web.get("/picture/red?width=160").status, 503)
            self.assertIn("blue", {headers["X-Camera"] for headers, _ in read_parts(live.answer, 5)})
            os.kill(capture, signal.SIGKILL)
            wait_for(lambda: "red" in {headers["X-Camera"] for headers, _ in read_parts(live.answer, 1)}, "its next segments are seen")
        web.stop()
        self.assertIn("red: somebody has truncated a segment", web.log())


if __name__ == "__main__":
    unittest.main()
