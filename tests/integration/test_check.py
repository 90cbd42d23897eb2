"""check: what can be found without starting anything, by whoever asks."""
import json
import os
import pwd
import shutil
import struct
import subprocess
import unittest

from harness import MOUNT_PRIVATELY, Camd, CamdTest, need_private_mounts, program

WORKER = "games"


@unittest.skipUnless(os.geteuid() == 0, "needs root, to ask for other users")
class Check(CamdTest):
    def files(self, **files):
        """Mode by name: files of the test's directory, which others can go into."""
        os.chmod(self.directory, 0o755)
        for name, mode in files.items():
            path = self.directory / name
            path.write_text("#!/bin/sh\n")
            path.chmod(mode)

    def check(self, daemon, expect, user=None, wrapper=()):
        command = [*wrapper, str(program("camctl")), "--json", "check", str(daemon.config)]
        if user:
            command = ["setpriv", f"--reuid={user}", "--regid=60", "--clear-groups", *command]
        done = subprocess.run(command, text=True, capture_output=True, check=False, env=daemon.environment(), cwd="/")
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def test_finds_what_is_not_there_or_closed(self):
        self.files(model=0o600, clip=0o600, good=0o644, secret=0o644, empty=0o600, program=0o644)
        here = self.directory
        (here / "empty").write_text("")
        daemon = Camd(self, settings={"sandbox": "yes", "worker_user": WORKER, "group": "no-such-group", "allow.no-such-user": "enable"})
        with daemon.config.open("a") as config:
            config.write(f"[detector coco]\nbackend = opencv-dnn\nmodel = {here}/model\nlabels = {here}/good\n")
        daemon.write_camera("a", input=f"{here}/clip")
        daemon.write_camera("e", input="rtsp://u@h/", password_file=f"{here}/missing")
        daemon.write_camera("b", input="rtsp://u@h/", password_file=f"{here}/secret", tracker=f"{here}/program")
        daemon.write_camera("f", input=f"{here}/good")
        daemon.write_camera("g", fps="900")
        daemon.write_camera("c", input="rtsp://u@h/", password_file=f"{here}/empty", on_event=f"{here}/nothing x",
                            event_user="no-such-one")
        daemon.write_camera("d", input=f"{here}/absent/clip")
        os.mkfifo(here / "fifo", 0o600)
        daemon.write_camera("h", input="rtsp://u@h/", password_file=f"{here}/fifo")
        (here / "blank").write_text("\nsecret\n")
        (here / "blank").chmod(0o600)
        daemon.write_camera("i", input="rtsp://u@h/", password_file=f"{here}/blank")
        document = self.check(daemon, 1)
        said = {problem["message"].replace(f"{here}/", "") for problem in document["problems"]}
        for words in ("no user no-such-user", "no group no-such-group", f"model: model cannot be read by {WORKER}",
                      f"a.ini:2: input: clip cannot be read by {WORKER}", "e.ini:3: password_file: missing: No such file", "g.ini:2: fps: ",
                      "b.ini:3: password_file: secret: others than its owner may use it (mode 0644): chmod 600 it",
                      f"b.ini:4: tracker: program cannot be executed by {WORKER}", "c.ini:3: password_file: empty: it is empty",
                      "h.ini:3: password_file: fifo: it is no regular file", "i.ini:3: password_file: blank: its first line is empty",
                      "c.ini:5: event_user: there is no user no-such-one", "d.ini:2: input: absent/clip: No such file"):
            self.assertTrue(any(words in text for text in said), f"{words} in {said}")
        self.assertFalse(any("good" in text for text in said), said)
        self.assertEqual(document["unseen"], [])

    def test_says_what_this_user_could_not_look_at(self):
        self.files(clip=0o644)
        closed = self.directory / "closed"
        closed.mkdir(mode=0o700)
        (closed / "clip").write_text("x")
        shutil.chown(closed, WORKER)
        (self.directory / "open.pw").write_text("x")
        (self.directory / "open.pw").chmod(0o600)
        daemon = Camd(self, settings={"sandbox": "yes", "worker_user": WORKER})
        os.chmod(daemon.directory, 0o755)
        for path in (daemon.directory, daemon.cameras_dir, daemon.libexec):
            path.chmod(0o755)
        daemon.write_camera("a", input=f"{closed}/clip")
        daemon.write_camera("b", input=f"{self.directory}/clip")
        daemon.write_camera("c", input="rtsp://u@h/", password_file=f"{self.directory}/open.pw")
        document = self.check(daemon, 0, user="nobody")
        self.assertEqual([text.replace(str(self.directory), "") for text in document["unseen"]],
                         [f"{str(daemon.cameras_dir).replace(str(self.directory), '')}/a.ini:2: input: /closed/clip"])
        self.assertEqual(self.check(daemon, 0)["unseen"], [])
        closed.chmod(0o600)
        for user in ("nobody", None):
            self.assertIn(f"cannot be read by {WORKER}", self.check(daemon, 1, user)["problems"][0]["message"])

    def test_a_file_that_an_access_list_opens_is_no_problem(self):
        """By its mode alone it is closed, and so it was said to be, to whoever is not root."""
        self.files(clip=0o600)
        clip = self.directory / "clip"
        entries = ((0x01, 6, -1), (0x02, 4, pwd.getpwnam(WORKER).pw_uid), (0x04, 0, -1), (0x10, 4, -1), (0x20, 0, -1))
        try:
            os.setxattr(clip, "system.posix_acl_access", struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries))
        except OSError as error:
            self.skipTest(f"no access lists here: {error}")
        daemon = Camd(self, settings={"sandbox": "yes", "worker_user": WORKER})
        for path in (daemon.directory, daemon.cameras_dir, daemon.libexec):
            path.chmod(0o755)
        daemon.write_camera("a", input=f"{clip}")
        self.assertEqual(self.check(daemon, 0)["unseen"], [])
        self.assertIn(str(clip), str(self.check(daemon, 0, user="nobody")["unseen"]))

    def test_root_executes_no_file_that_nobody_may(self):
        """By its mode alone a script without any x was fine, since root may do all; and camd could not execute it."""
        self.files(**{"worker.sh": 0o644})
        daemon = Camd(self, settings={"sandbox": "yes", "worker_user": "root"})
        for path in (daemon.directory, daemon.cameras_dir, daemon.libexec):
            path.chmod(0o755)
        worker = self.directory / "worker.sh"
        daemon.write_camera("a", input="rtsp://h/", capture=worker)
        for user in ("nobody", None):
            self.assertIn("worker.sh cannot be executed by root", str(self.check(daemon, 1, user)["problems"]))
        worker.chmod(0o654)
        self.check(daemon, 0, user="nobody")

    def test_what_is_taken_for_granted_of_the_machine(self):
        """Logs without a directory, devices that decode, frames without room, links that lead into closed directories."""
        self.files(clip=0o644)
        closed = self.directory / "closed"
        closed.mkdir(mode=0o755)
        (closed / "clip").write_text("")
        (self.directory / "link").symlink_to(closed / "clip")
        closed.chmod(0o711 & ~0o001)
        daemon = Camd(self, settings={"sandbox": "yes", "worker_user": WORKER, "log": f"{self.directory}/no/camd.log"})
        (daemon.libexec / "camd-detector").unlink(missing_ok=True)
        daemon.write_camera("a", input=f"{self.directory}/clip", hwaccel="cuda", detector="opencv-hog")
        daemon.write_camera("b", input=f"{self.directory}/link")
        for number in range(60):
            daemon.write_camera(f"big{number}", input=f"{self.directory}/clip", width=8192, height=8192)
        document = self.check(daemon, 1)
        problems = [problem["message"] for problem in document["problems"]]
        self.assertTrue(any("no is no directory: expected one for the log" in text for text in problems), problems)
        self.assertTrue(any(f"link cannot be read by {WORKER}" in text for text in problems), problems)
        warnings = document["warnings"]
        if not os.path.exists("/dev/nvidia0"):
            self.assertTrue(any("a: hwaccel = cuda finds no device" in text for text in warnings), warnings)
        self.assertTrue(any("package camd-detector has it" in text for text in warnings), warnings)
        shm = os.statvfs("/dev/shm")
        if shm.f_blocks * shm.f_frsize < 60 * 8192 * 8192 * 6:
            self.assertTrue(any("MB, and the cameras need at least" in text for text in warnings), warnings)
        closed.chmod(0o755)
        self.assertNotIn("link", json.dumps(self.check(daemon, 1, user=5)))
        closed.chmod(0o700)
        self.assertIn("link", json.dumps(self.check(daemon, 1, user=5)["unseen"]))

    def test_a_dev_shm_that_may_have_few_files_is_too_small(self):
        """Its bytes were looked at alone, and no camera came up."""
        need_private_mounts()
        daemon = Camd(self)
        for name in "abc":
            daemon.write_camera(name, input="rtsp://h/")
        small = MOUNT_PRIVATELY + ["sh", "-c", 'mount -t tmpfs -o nr_inodes=20 tmpfs /dev/shm && exec "$@"', "sh"]
        self.assertIn("/dev/shm may have 20 files, and the cameras need at least 23", str(self.check(daemon, 0, wrapper=small)["warnings"]))
        daemon.write_camera("c", input="rtsp://h/", enabled="no")
        self.assertNotIn("nr_inodes", str(self.check(daemon, 0, wrapper=small)["warnings"]))

    @unittest.skipIf("camd-worker" in [user.pw_name for user in pwd.getpwall()], "camd-worker is there")
    def test_the_usual_worker_user_may_be_written_where_there_is_none(self):
        """camd -n -v wrote worker_user = camd-worker, which check then found a mistake, though camd starts with it."""
        daemon = Camd(self, settings={"sandbox": "yes", "worker_user": "camd-worker"})
        self.assertIn("there is no user camd-worker", str(self.check(daemon, 0)["warnings"]))
        daemon.settings["sandbox"] = "require"  # then it does not
        daemon.write_config()
        self.assertIn("there is no user camd-worker", self.check(daemon, 1)["problems"][0]["message"])

    def test_inherited_faults_are_told_once(self):
        daemon = Camd(self, defaults={"on_event": "/nothing/here"})
        for name in "abc":
            daemon.write_camera(name, input="rtsp://h/")
        self.assertEqual(len(self.check(daemon, 1)["problems"]), 1)
