"""Passwords: they get to the camera, whatever characters they have, and nowhere else."""
import base64
import json
import os
import re
import subprocess
from pathlib import Path
from urllib.parse import quote

from harness import Camd, CamdTest, HERE, PYTHON, SLOWNESS, clip, fork_on_terminal, moving_pattern, program, wait_for

PLAIN = RIGHT = WRONG = ""
TOKENS = ()


def choose_passwords():
    """Every process of the machine is searched, and other tests may run: each has passwords of its own."""
    global PLAIN, RIGHT, WRONG, TOKENS
    PLAIN, WRONG = (f"s3cr3t{word}-{os.getpid()}-" for word in ("RIGHT", "WRONG"))
    RIGHT = PLAIN + "@:/?#%&= ü'\""
    TOKENS = (PLAIN.encode(), WRONG.encode(), *(base64.b64encode(f"admin:{word}".encode()) for word in (RIGHT, WRONG)))


# A capture, and a tracker, that says URLs wherever it can.
SAYS_SECRETS = '''#!/usr/bin/python3 -S
import json, socket
channel = socket.socket(fileno=3)
def say(**message):
    channel.send(json.dumps(message).replace("geheim", "URL").encode())
def hear():
    message, descriptors, flags, address = socket.recv_fds(channel, 70000, 64)
    return json.loads(message)
hello = hear()
if hello["worker"] == "capture":
    say(type="stream", codec="geheim", width=64, height=48, fps=5, pixel_format="geheim")
while hear()["type"] != "frames":
    pass
say(type="ready")
say(type="sandbox", user=False, missing="geheim")
box = [1, 2, 3, 4]
say(type="event", event="object", phase="start", reason="geheim", id=1, label="geheim", score=0.5, computed_score=0.5,
    top_score=0.5, box=box, region=box, area=1, zones=["geheim"], entered_zones=["geheim"], stationary=False, motionless=0,
    position_changes=0, start_ns=1, seen_ns=1, wall_ns=1, frame_id=1, path=[],
    best={"frame_id": 1, "wall_ns": 1, "score": 0.5, "box": box, "region": box})
if hello["worker"] == "capture":
    say(type="error", stage="open", **{"class": "network"}, text="geheim", hint="geheim")
    print("URL", flush=True)
while True:
    hear()
'''


class Secrets(CamdTest):
    def setUp(self):
        choose_passwords()

    def start_server(self, script, *arguments):
        """The camera gets its password in a file's stead by its arguments, which are not searched."""
        server = self.start_helper(PYTHON, HERE / script, *arguments, "--user", "admin", "--password", RIGHT,
                                   stdout=subprocess.PIPE, text=True)
        return server.stdout.readline().strip()

    def password_file(self, name, password):
        path = self.directory / name
        path.write_text(password + "\n")
        path.chmod(0o600)
        return path

    def with_user(self, url, password=None):
        user = "admin" if password is None else f"admin:{quote(password, safe='')}"
        return url.replace("//", f"//{user}@")

    def assert_no_secret(self, data, where):
        data = data.encode() if isinstance(data, str) else data
        for token in TOKENS:
            self.assertNotIn(token, data, f"a password in {where}")

    def assert_processes_keep_it(self):
        """Every process of the machine but the cameras and their like."""
        cameras = {helper.pid for helper in self.helpers}
        seen = 0
        for pid in filter(str.isdigit, os.listdir("/proc")):
            if int(pid) in cameras:
                continue
            for what in ("cmdline", "environ", "comm"):
                try:
                    data = Path(f"/proc/{pid}/{what}").read_bytes()
                except (FileNotFoundError, ProcessLookupError, PermissionError):
                    continue
                seen += 1
                self.assert_no_secret(data, f"/proc/{pid}/{what}")
        self.assertGreater(seen, 10)

    def assert_directories_keep_it(self, *paths):
        for path in paths:
            for file in Path(path).rglob("*"):
                if file.is_file() and not file.is_symlink():
                    self.assert_no_secret(file.read_bytes(), file)

    def assert_segments_keep_it(self, daemon):
        for name in daemon.segments():
            self.assert_no_secret(Path("/dev/shm", name).read_bytes(), name)

    def assert_answers_keep_it(self, daemon):
        for words in (["status"], ["--json", "status"], ["events"], ["--json", "events"], ["--json", "shm"],
                      *(["status", camera["name"]] for camera in daemon.status()["cameras"])):
            done = daemon.camctl(*words)
            self.assert_no_secret(done.stdout + done.stderr, f"camctl {' '.join(words)}")
        done = daemon.run("-n", "-v")
        self.assertEqual(done.returncode, 0)
        self.assert_no_secret(done.stdout + done.stderr, "camd -n -v")
        shown = daemon.run("-n", "-v", "--show-secrets").stdout
        self.assertIn(quote(RIGHT, safe=""), shown, "--show-secrets does")

    def test_passwords_are_nowhere(self):
        rtsp = self.start_server("rtsp_server.py")
        digest = self.start_server("rtsp_server.py", "--auth", "digest")
        http = self.start_server("http_camera.py", clip()) + "/mjpeg"
        right, wrong = self.password_file("right", RIGHT), self.password_file("wrong", WRONG)
        daemon = Camd(self, settings={"log_level": "debug"}).start()

        ways = {"file": lambda url: ([f"input={self.with_user(url)}", f"password_file={right}"], None),
                "stdin": lambda url: (["input=-"], self.with_user(url, RIGHT) + "\n"),
                "argument": lambda url: ([f"input={self.with_user(url, RIGHT)}"], None)}
        names = []
        for kind, url in (("rtsp", rtsp), ("digest", digest), ("http", http)):
            for way, make in ways.items():
                if kind == "digest" and way != "file":
                    continue  # the method is FFmpeg's, what is asked here is the password's way to it
                words, stdin = make(url)
                names.append(f"{kind}-{way}")
                done = daemon.camctl("add", names[-1], *words, "--timeout", "30", stdin=stdin)
                self.assert_no_secret(done.stdout + done.stderr, "camctl add")
            done = daemon.camctl("add", f"{kind}-wrong", f"input={self.with_user(url)}", f"password_file={wrong}",
                                 "--timeout", "30", expect=7)
            self.assertIn("401", done.stderr)
            self.assertIn("user name and password", done.stderr)
            self.assert_no_secret(done.stdout + done.stderr, "camctl add")
            done = daemon.camctl("add", f"{kind}-wrong2", f"input={self.with_user(url, WRONG)}", "--timeout", "30",
                                 expect=7)
            self.assert_no_secret(done.stdout + done.stderr, "camctl add")
        for name in names:
            daemon.wait_frames(name, 1)
            file = daemon.cameras_dir / f"{name}.ini"
            self.assertEqual(file.stat().st_mode & 0o777, 0o600)
            if name.endswith("-file"):
                self.assert_no_secret(file.read_bytes(), file)

        self.assert_processes_keep_it()
        self.assert_answers_keep_it(daemon)
        self.assert_segments_keep_it(daemon)
        daemon.camctl("kick", "rtsp-wrong")
        daemon.camctl("restart", "http-file", "rtsp-stdin")
        daemon.camctl("reload")
        daemon.wait_frames("http-file", 1)
        self.assert_processes_keep_it()
        daemon.stop()
        self.assert_no_secret(daemon.log_text(), "the log")
        self.assert_directories_keep_it(daemon.run_dir, daemon.state_dir)

    def test_password_file_that_others_may_read_is_refused_until_it_is_closed(self):
        rtsp = self.start_server("rtsp_server.py")
        path = self.password_file("pw", RIGHT)
        path.chmod(0o644)
        daemon = self.camd()
        done = daemon.camctl("add", "front", f"input={self.with_user(rtsp)}", f"password_file={path}", "--timeout", "30",
                             expect=7)
        self.assertIn(f"password_file {path}", done.stderr)
        self.assertIn("chmod 600", done.stderr)
        path.chmod(0o600)
        daemon.camctl("kick", "front")
        daemon.wait_frames("front", 1)

    def test_new_password_in_its_file_is_tried_at_once(self):
        """The camera waited for five minutes and more after a refusal, whatever was done to the file."""
        rtsp = self.start_server("rtsp_server.py")
        path = self.password_file("pw", WRONG)
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={self.with_user(rtsp)}", f"password_file={path}", "--timeout", "30", expect=7)
        self.assertGreater(daemon.camera("front")["capture"]["next_start_ms"], 200_000)
        path.read_text()  # changes nothing but when it was read
        new = self.password_file("new", RIGHT)
        new.rename(path)
        daemon.wait_frames("front", 1)

    def test_new_password_counts_from_the_next_try(self):
        rtsp = self.start_server("rtsp_server.py")
        path = self.password_file("pw", WRONG)
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={self.with_user(rtsp)}", f"password_file={path}", "--timeout", "30", expect=7)
        path.write_text(RIGHT + "\r\n")
        daemon.camctl("kick", "front")
        daemon.wait_frames("front", 1)

    def test_files_with_passwords_that_others_may_read_are_warned_of(self):
        daemon = Camd(self)
        daemon.write_camera("front", input=f"rtsp://admin:{PLAIN}@127.0.0.1:1/", enabled="no")
        daemon.write_camera("back", input=moving_pattern(), enabled="no")
        daemon.write_camera("user", input="rtsp://admin@127.0.0.1:1/", enabled="no")
        for name, mode in (("front", 0o640), ("back", 0o644), ("user", 0o644)):
            (daemon.cameras_dir / f"{name}.ini").chmod(mode)
        checked = daemon.run("-n")
        self.assertEqual(checked.returncode, 0)
        warned = re.findall(r"(\w+)\.ini has a password and others may read it", checked.stderr)
        self.assertEqual(warned, ["front"])
        daemon.start()
        warned = re.findall(r"warning .*?(\w+)\.ini has a password and others may read it \(mode 0640\): chmod 600",
                            daemon.log_text())
        self.assertEqual(warned, ["front"])

    def test_argument_is_overwritten_while_camctl_runs(self):
        """The camera hangs, so that camctl waits, and what ps shows of it can be looked at."""
        http = self.start_server("http_camera.py", clip())
        daemon = self.camd()
        camctl = subprocess.Popen(daemon.camctl_command("add", "front", f"input={self.with_user(http, RIGHT)}/hang",
                                                        "--timeout", "60"), env=daemon.environment(),
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            daemon.wait_state("front", "starting")
            shown = Path(f"/proc/{camctl.pid}/cmdline").read_bytes()
            self.assertIn(b"input=http://admin:***@", shown)
            self.assert_no_secret(shown, "camctl's arguments")
            self.assert_processes_keep_it()
        finally:
            camctl.kill()
            camctl.wait()

    def test_terminal_does_not_show_the_url(self):
        daemon = self.camd()
        pid, terminal = fork_on_terminal()
        if pid == 0:
            words = daemon.camctl_command("add", "front", "input=-", "--timeout", "1")
            os.execvpe(words[0], words, daemon.environment())
        said = b""
        while b"URL" not in said:
            said += os.read(terminal, 1024)
        os.write(terminal, f"rtsp://admin:{PLAIN}@127.0.0.1:1/\n".encode())
        try:
            while more := os.read(terminal, 1024):
                said += more
        except OSError:
            pass  # how Linux tells the end of a terminal
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 7, said)
        os.close(terminal)
        self.assert_no_secret(said, "the terminal")
        self.assertIn(PLAIN, (daemon.cameras_dir / "front.ini").read_text())

    def test_mistyped_words_are_not_quoted_with_their_password(self):
        daemon = self.camd()
        url = f"rtsp://admin:{PLAIN}@127.0.0.1:1/"
        for words in (["add", "front", url], ["add", "front", "fps=5", f"inptu={url}"], [url], ["status", "a", url],
                      ["add", url, f"input={url}"], ["add", "front", f"input={url}", f"fps={url}"], ["probe", url, url],
                      ["probe", url, f"fps={url}"], ["snapshot", "front", "-o", "/tmp", url], ["check", url], ["top", "--sort", url],
                      ["set", "front", f"passwrd={PLAIN}"], ["set", "front", f"password_file={PLAIN}"],
                      ["add", "back", f"input={url}", f"password_file={PLAIN}", f"pass={PLAIN}"]):
            for form in ([], ["--json"]):
                with self.subTest(words):
                    done = daemon.camctl(*form, *words, expect=None)
                    self.assertNotEqual(done.returncode, 0)
                    self.assert_no_secret(done.stdout + done.stderr, "an error of camctl")
        self.assert_no_secret(daemon.log_text(), "the log")

    def test_other_programs_do_not_repeat_a_url_with_its_password_either(self):
        """getopt_long(3) repeats a whole word, camd-replay what it was given for a clip."""
        url = f"rtsp://admin:{PLAIN}@127.0.0.1:1/"
        for name in ("camd", "camd-replay", "camd-mqtt", "camd-web"):
            try:
                path = str(program(name))
            except FileNotFoundError:
                continue  # built without it
            for words, said in (([url], ""), ([f"--hots={url}"], "--hots: there is no such option"), (["-x"], "-x: there is no such option"),
                                (["-c"], "-c: there is no such option, or what has to follow it is missing")):
                with self.subTest([name, *words]):
                    done = subprocess.run([path, *words], text=True, capture_output=True, check=False, timeout=60 * SLOWNESS)
                    self.assertIn(done.returncode, (1, 2))
                    self.assertTrue(done.stderr)
                    self.assertIn(said, done.stderr)
                    self.assert_no_secret(done.stdout + done.stderr, f"an error of {name}")

    def assert_hidden(self, done, words):
        self.assert_no_secret(done.stdout + done.stderr, f"what camctl says of {words}")

    def test_urls_of_cameras_hide_it_wherever_it_stands(self):
        """Port 9 refuses, so that each is told about by FFmpeg, capture and camd."""
        host = "127.0.0.1:9"
        urls = [f"rtsp://admin:{PLAIN}@{host}/live", f"rtsp://admin:{PLAIN}@{host}/live?x={PLAIN}#{PLAIN}",
                *(f"http://{host}/videostream.cgi?loginuse=admin&{name}={PLAIN}"
                  for name in ("loginpas", "psw", "pw", "p", "sid", "session", "pas", "%70wd", "anything")),
                f"http://{host}/x?{PLAIN}", f"http://{host}/x?channel={PLAIN}$", f"http://{host}/x#{PLAIN}",
                f"http://admin@{host}/x?pwd=p@{PLAIN}/y", f"rtsp://{host}/user=admin_password={PLAIN}_channel=1.sdp",
                f"rtsp://{host}/user%3Dadmin%26password%3D{PLAIN}"]
        daemon = Camd(self, settings={"log_level": "debug"}, defaults={"restart_delay": 30, "restart_max_delay": 30}).start()
        for number, url in enumerate(urls):
            with self.subTest(url=url):
                done = daemon.camctl("add", f"camera{number}", f"input={url}", "--runtime", "--timeout", "30", expect=None)
                self.assertIn(done.returncode, (1, 7))
                self.assert_hidden(done, "add")
        self.assert_answers_keep_it_too(daemon)

    def test_urls_that_are_refused_hide_it(self):
        urls = [f"rtsp://admin:has {PLAIN}@127.0.0.1:9/live", f"rtsp://admin:{PLAIN} x@127.0.0.1:9/live",
                f"http://127.0.0.1:9/x?pwd=has {PLAIN}", f"admin:{PLAIN}@127.0.0.1/live", f"rtsp:/admin:{PLAIN}@127.0.0.1",
                *(f"rtsp://admin:a{sign}{PLAIN}/b@127.0.0.1:9/live" for sign in "@/?#"),
                f"rtsp://admin:{PLAIN}@x/b@cam/live", f"rtsp://admin:12/{PLAIN}@cam/live"]
        daemon = Camd(self, settings={"log_level": "debug"}).start()
        for number, url in enumerate(urls):
            with self.subTest(url=url):
                done = daemon.camctl("add", "camera", f"input={url}", "--runtime", expect=2)
                self.assert_hidden(done, "add")
                self.assert_hidden(daemon.camctl("probe", url, expect=2), "probe")
                daemon.write_camera(f"file{number}", input=url)
        self.assert_hidden(daemon.camctl("reload", expect=None), "reload")
        self.assert_hidden(daemon.camctl("check", daemon.config, expect=None), "check")
        for number in range(len(urls)):
            (daemon.cameras_dir / f"file{number}.ini").unlink()
        self.assert_answers_keep_it_too(daemon)

    def test_password_that_ends_a_url_is_refused_with_what_to_write(self):
        daemon = self.camd()
        for password in ("a/b", "a?b", "a#b", "a@b/c"):
            done = daemon.camctl("add", "camera", f"input=rtsp://admin:{password}@127.0.0.1:9/live", "--runtime", expect=2)
            self.assertIn("%2F, %3F or %23", done.stderr)
        self.assertEqual(daemon.status()["cameras"], [])

    def assert_answers_keep_it_too(self, daemon):
        for words in (["status"], ["--json", "status"], ["events"], ["--json", "events"], ["logs"]):
            self.assert_hidden(daemon.camctl(*words), words)
        for camera in daemon.status()["cameras"]:
            self.assert_hidden(daemon.camctl("status", camera["name"]), "status")
        done = daemon.run("-n", "-v")
        self.assert_no_secret(done.stdout + done.stderr, "camd -n -v")
        self.assert_processes_keep_it()
        daemon.stop()
        self.assert_no_secret(daemon.log_text(), "the log")

    def test_other_peoples_workers_cannot_show_it(self):
        """Whatever string of theirs is shown: codec and pixel_format of a capture were not masked."""
        url = f"rtsp://u:{PLAIN}@h"
        says = self.directory / "says.py"
        says.write_text(SAYS_SECRETS.replace("URL", url))
        says.chmod(0o755)
        daemon = self.camd(defaults={"capture": says, "tracker": says, "width": 64, "height": 48},
                           cameras={"front": {"input": "/x"}}, settings={"slots_max": 4, "log_level": "debug"})
        wait_for(lambda: {"stream", "object", "error"} <= {event["event"] for event in daemon.events()}, "they have said it")
        events = {event["event"]: event for event in daemon.events()}
        shown = "rtsp://u:***@h"
        self.assertEqual((events["stream"]["codec"], events["stream"]["pixel_format"]), (shown, shown))
        self.assertEqual((events["object"]["label"], events["object"]["zones"]), (shown, [shown]))
        self.assertNotIn(PLAIN, json.dumps(daemon.events()) + json.dumps(daemon.status()))
        self.assert_answers_keep_it_too(daemon)

    def test_no_core_files(self):
        """A core file would have the URLs; its limit is inherited by programs of others."""
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        for pid in (daemon.pid, daemon.camera("front")["capture"]["pid"]):
            limits = Path(f"/proc/{pid}/limits").read_text()
            self.assertRegex(limits, r"Max core file size +0 ")
