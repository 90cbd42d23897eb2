"""The init script as an administrator runs it, with the exit statuses of the LSB."""
import os
import re
import shutil
import signal
import subprocess

from harness import (BUILD, MOUNT_PRIVATELY, SLOWNESS, Camd, CamdTest, descendants, is_running, moving_pattern,
                     need_private_mounts, program, wait_for)

SCRIPT = BUILD / "etc" / "camd"


class InitScript(CamdTest):
    def setUp(self):
        self.daemon = Camd(self, settings={"log": self.directory / "daemon.log"},
                           cameras={"front": {"input": moving_pattern(), "fps": 10}})
        self.pid_file = self.daemon.run_dir / "camd.pid"
        self.defaults = self.directory / "defaults"
        self.write_defaults()

    def tearDown(self):
        self.script("stop", expect=None)
        super().tearDown()

    def write_defaults(self, **settings):
        settings = {"DAEMON": program("camd"), "CAMCTL": program("camctl"), "CONFIG": self.daemon.config,
                    "PIDFILE": self.pid_file, **settings}
        self.defaults.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))

    def script(self, *verbs, expect=0, before=()):
        """Runs it and returns what it said, on both streams. Its parent here also collects the daemon."""
        environment = dict(self.daemon.environment(), CAMD_DEFAULTS=str(self.defaults))
        done = subprocess.run([*before, "/bin/sh", str(SCRIPT), *verbs], env=environment, text=True, timeout=120 * SLOWNESS,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if expect is not None:
            self.assertEqual(done.returncode, expect, f"{verbs}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def start(self):
        self.script("start")
        return int(self.pid_file.read_text())

    def test_goes_through_a_life(self):
        self.assertIn("not running", self.script("status", expect=3))
        self.assertIn("Starting", self.script("start"))
        pid = int(self.pid_file.read_text())
        self.assertTrue(is_running(pid))
        self.assertIn(str(pid), self.script("status"))
        self.daemon.wait_frames("front", 2)
        workers = [self.daemon.camera("front")[worker]["pid"] for worker in ("capture", "tracker")]
        self.script("stop")
        # at once, not soon
        self.assertFalse(is_running(pid))
        self.assertEqual([worker for worker in workers if is_running(worker)], [])
        self.assertFalse(self.pid_file.exists())
        self.assertEqual(self.daemon.segments(), [])
        self.assertFalse(self.daemon.socket.exists())
        self.script("status", expect=3)

    def test_started_twice_says_so_and_leaves_the_daemon_alone(self):
        pid = self.start()
        self.assertIn(f"already running, process {pid}", self.script("start"))
        self.assertEqual(int(self.pid_file.read_text()), pid)
        self.assertTrue(is_running(pid))

    def test_when_nothing_runs(self):
        self.assertIn("not running", self.script("stop"))
        self.script("reload", expect=7)
        self.script("force-reload", expect=7)
        self.script("try-restart")
        self.assertFalse(self.pid_file.exists())
        self.script("restart")
        self.script("status")

    def test_starts_without_a_camera_whose_file_is_bad_but_does_not_restart_with_it(self):
        self.daemon.write_camera("back", input=moving_pattern(), fpss=5)
        self.assertIn("back.ini:3: fpss: is no key", self.script("start"))
        pid = int(self.pid_file.read_text())
        self.assertEqual(self.daemon.camera("back")["state"], "failed")
        self.daemon.wait_frames("front", 2)
        self.assertIn("not restarted", self.script("restart", expect=6))
        self.assertEqual(int(self.pid_file.read_text()), pid)

    def test_restart_gives_a_new_process(self):
        before = self.start()
        self.script("restart")
        after = int(self.pid_file.read_text())
        self.assertFalse(is_running(before))
        self.assertTrue(is_running(after))
        self.script("try-restart")
        self.assertNotEqual(int(self.pid_file.read_text()), after)

    def test_wrong_usage(self):
        self.assertIn("Usage:", self.script("begin", expect=2))
        self.assertIn("Usage:", self.script(expect=2))
        self.assertIn("Usage:", self.script("start", "now", expect=2))

    def test_a_broken_configuration_is_shown_and_nothing_starts(self):
        self.daemon.cameras["front"]["fps"] = "lots"
        self.daemon.write_config()
        self.assertRegex(self.script("start", expect=6), r"camd\.ini:\d+: .*fps")
        self.assertFalse(self.pid_file.exists())
        self.script("status", expect=3)

    def test_without_a_configuration(self):
        self.write_defaults(CONFIG=self.directory / "nowhere.ini")
        self.assertIn("nowhere.ini", self.script("start", expect=6))

    def test_without_the_programs(self):
        self.write_defaults(DAEMON="/nowhere/camd")
        self.assertIn("/nowhere/camd is not installed", self.script("start", expect=5))
        self.script("restart", expect=5)
        self.script("status", expect=3)
        self.script("stop")
        self.write_defaults()
        self.start()
        # what runs can still be seen and stopped, as in the middle of an upgrade
        self.write_defaults(DAEMON="/nowhere/camd", CAMCTL="/nowhere/camctl")
        self.script("status")
        self.script("reload", expect=5)
        self.script("stop")
        self.script("status", expect=3)

    def test_what_camd_says_when_it_does_not_start_is_shown(self):
        first = Camd(self, settings={"shm_prefix": self.daemon.prefix})
        first.start()
        self.assertIn(f"shared-memory prefix {self.daemon.prefix}", self.script("start", expect=1))
        self.script("status", expect=3)

    def test_reload_applies_and_mistakes_change_nothing(self):
        pid = self.start()
        before = self.daemon.wait_frames("front", 2)
        self.daemon.write_camera("yard", input=moving_pattern(), fps=10)
        self.script("reload")
        self.daemon.wait_frames("yard", 1)
        self.daemon.write_camera("gate", inputt=moving_pattern())
        self.assertRegex(self.script("reload", expect=6), r"gate\.ini:2: .*inputt")
        self.assertRegex(self.script("force-reload", expect=6), r"gate\.ini:2: .*inputt")
        self.assertIsNone(self.daemon.camera("gate"))
        self.assert_camera_goes_on(self.daemon, "front", before)
        # nor is a camd stopped that could not be started again
        self.assertRegex(self.script("restart", expect=6), r"gate\.ini:2: .*inputt")
        self.assertTrue(is_running(pid))
        self.assert_camera_goes_on(self.daemon, "front", before)

    def test_a_stale_pid_file(self):
        pid = self.start()
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not is_running(pid), "camd is gone")
        self.assertTrue(self.pid_file.exists())
        self.assertIn(str(self.pid_file), self.script("status", expect=1))
        self.script("reload", expect=7)
        self.script("start")
        self.script("status")
        self.assertNotEqual(int(self.pid_file.read_text()), pid)

    def test_stop_removes_a_stale_pid_file(self):
        for text in ("", "camd\n", "1 2\n", "-1\n", "999999999\n"):
            self.pid_file.write_text(text)
            self.script("status", expect=1)
            self.script("stop")
            self.assertFalse(self.pid_file.exists(), repr(text))

    def test_a_stale_pid_file_never_gets_another_process_a_signal(self):
        """The number belongs to somebody else by now; even to one of the daemon's name."""
        impostor = self.directory / "camd"
        impostor.symlink_to("/bin/sleep")
        other = self.start_helper(impostor, "300")
        self.pid_file.write_text(f"{other.pid}\n")
        self.script("status", expect=1)
        self.script("stop")
        self.assertTrue(is_running(other.pid))
        self.pid_file.write_text(f"{other.pid}\n")
        self.script("restart")
        self.assertTrue(is_running(other.pid))
        self.script("status")

    def test_stop_of_a_camd_that_hangs_is_bounded_and_says_so(self):
        pid = self.start()
        self.write_defaults(STOP_TIMEOUT=1)
        os.kill(pid, signal.SIGSTOP)
        try:
            self.assertIn(f"process {pid} has not ended within 1 s", self.script("stop", expect=1))
            self.assertIn("has not ended", self.script("restart", expect=1))
            self.assertEqual(int(self.pid_file.read_text()), pid)
        finally:
            os.kill(pid, signal.SIGCONT)
        self.write_defaults()
        self.script("stop")

    def test_status_tells_one_that_does_not_answer(self):
        """It said "running", exit status 0, of a camd that was stopped."""
        pid = self.start()
        self.write_defaults(ANSWER_TIMEOUT=1)
        os.kill(pid, signal.SIGSTOP)
        try:
            self.assertIn(f"running, process {pid}, but it does not answer within 1 s", self.script("status", expect=4))
        finally:
            os.kill(pid, signal.SIGCONT)
        self.write_defaults()
        self.script("status")
        # where it listens is known though the configuration has a problem by now
        self.daemon.config.write_text("[camd]\nrun_dri = /\n")
        self.script("status")

    def test_what_is_in_the_pid_file_leads_nobody_astray(self):
        """Of a pid file that was cut off, stop said "not running" with exit status 0, and left camd alone."""
        for text in ("", "nonsense\n", f"{os.getpid()}\n"):
            pid = self.start()
            with open(self.pid_file, "r+", encoding="ascii") as file:
                file.truncate()
                file.write(text)
            self.assertIn(f"process {pid}", self.script("status"))
            self.assertIn(f"already running, process {pid}", self.script("start"))
            self.script("stop")
            self.assertFalse(is_running(pid), text)

    def test_of_two_pid_files_with_one_inode_each_has_its_own_camd(self):
        """On two file systems: /proc/locks was asked for the inode alone, and the other's camd was found."""
        need_private_mounts()
        (self.directory / "camd").symlink_to(shutil.which("sleep"))  # whose name is camd then
        script = SCRIPT.read_text()
        functions = re.search(r"(?ms)^device_of\(\) \{.*?^holder\(\) \{.*?^\}", script).group()
        test = functions + """
            DAEMON=/usr/sbin/camd
            for name in a b; do
                mkdir $name && mount -t tmpfs tmpfs $name && : >$name/pid && exec flock --no-fork $name/pid ./camd 600 &
                pids="$pids $!"
            done
            for name in a b; do
                until [ -e $name/pid ] && ! flock --nonblock --shared $name/pid true; do sleep 0.02; done
            done
            echo $(stat -c %i a/pid b/pid) $pids $(holder a/pid) $(holder b/pid)
            kill $pids
        """
        done = subprocess.run([*MOUNT_PRIVATELY, "sh", "-c", test], cwd=self.directory, text=True, capture_output=True,
                              timeout=60 * SLOWNESS, check=True)
        words = done.stdout.split()
        self.assertEqual(len(words), 6, done.stdout + done.stderr)
        if words[0] != words[1]:
            self.skipTest("file systems of this kernel share no inodes")
        self.assertEqual(words[4:], words[2:4])

    def test_slips_in_the_defaults_are_told(self):
        self.write_defaults(STOP_TIMEOUT="1min", RESPAWN="YES")
        self.assertIn(f"RESPAWN=YES in {self.defaults} is neither yes nor no", self.script("start"))
        self.assertIn(f"STOP_TIMEOUT=1min in {self.defaults} is no number of seconds: 60 is taken", self.script("stop"))
        self.script("status", expect=3)
        self.start()
        self.write_defaults(ANSWER_TIMEOUT="soon")
        self.assertIn(f"ANSWER_TIMEOUT=soon in {self.defaults} is no number of seconds: 5 is taken", self.script("status"))

    def test_mistakes_in_the_defaults_are_told(self):
        """A slip of syntax was exit status 2 for every verb, which is that of wrong usage, without a word of why."""
        pid = self.start()
        good = self.defaults.read_text()
        cases = {"STOP_TIMEOUT=(60\n": "has errors", "if true; then\n": "has errors", "exit 0\n": "has ended this script",
                 "set -e\nfalse\n": "has ended this script", ": ${NOTHING:?is not set}\n": "has ended this script"}
        for text, told in cases.items():
            for script in filter(os.path.exists, (SCRIPT, SCRIPT.parent / "camd-mqtt")):
                for verb in ("start", "stop", "status", "restart", "force-reload"):
                    with self.subTest(text=text, script=script.name, verb=verb):
                        self.defaults.write_text(good + text)
                        environment = dict(self.daemon.environment(), CAMD_DEFAULTS=str(self.defaults))
                        done = subprocess.run(["/bin/sh", script, verb], env=environment, capture_output=True, text=True, timeout=60, check=False)
                        self.assertIn(f"{self.defaults} {told}", done.stderr)
                        self.assertEqual(done.returncode, 4 if verb == "status" else 6, done)
        self.assertTrue(is_running(pid))
        self.defaults.unlink()
        os.mkfifo(self.defaults)
        self.assertIn("is no file: move it away", self.script("stop", expect=6))
        self.defaults.unlink()
        self.defaults.write_text(good + "set -eu\n[ -r /nowhere ] && export NOWHERE=1 || :\n")
        self.script("status")

    def test_with_respawn_it_comes_back_and_stop_ends_the_parent(self):
        self.write_defaults(RESPAWN="yes")
        pid = self.start()
        parent_file = self.pid_file.with_name(self.pid_file.name + ".respawn")
        parent = int(parent_file.read_text())
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: int(self.pid_file.read_text() or 0) != pid, "another camd")
        self.script("status")
        # also while there is none: nothing comes back after it
        wait_for(lambda: not is_running(pid), "the first one is gone")
        pid = int(self.pid_file.read_text())
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not is_running(pid), "the second one is gone")
        self.assertIn(f"its parent, process {parent}, starts it again", self.script("status", expect=1))
        self.assertIn(f"process {parent}, starts it again", self.script("start"))
        self.script("stop")
        self.assertFalse(is_running(parent))
        self.assertFalse(self.pid_file.exists())
        self.assertFalse(parent_file.exists())
        self.script("status", expect=3)
        self.start()  # and what the one that was killed left is replaced

    def test_killed_and_started_at_once(self):
        """Its workers may not have ended yet, and what it left in shared memory is there."""
        pid = self.start()
        self.daemon.wait_frames("front", 2)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not is_running(pid), "the daemon is dead")
        self.assertNotEqual(self.start(), pid)
        self.daemon.wait_frames("front", 2)
        self.script("stop")
        self.assertEqual(self.daemon.segments(), [])

    def test_started_twice_at_the_same_time(self):
        environment = dict(self.daemon.environment(), CAMD_DEFAULTS=str(self.defaults))
        both = [subprocess.Popen(["/bin/sh", str(SCRIPT), "start"], env=environment, text=True, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(2)]
        said = [start.communicate(timeout=120 * SLOWNESS)[0] for start in both]
        self.assertEqual([start.returncode for start in both], [0, 0], said)
        self.assertTrue(is_running(int(self.pid_file.read_text())))

        def daemons():
            return [pid for pid, command in descendants(os.getpid()).items() if f"{self.daemon.config}" in command]

        # a worker has its parent's command line until it is executed
        wait_for(lambda: daemons() == [int(self.pid_file.read_text())], f"one daemon: {said}")

    def test_stops_while_workers_do_not(self):
        for name in ("deaf", "hung"):
            self.daemon.cameras[name] = {
                "input": "misbehave://" + {"deaf": "ignore-term", "hung": "hang"}[name], "stop_timeout": 0.5,
                "capture": program("misbehave"), "tracker": program("misbehave")}
        self.daemon.write_config()
        pid = self.start()
        for name in ("deaf", "hung"):
            self.daemon.wait_frames(name, 1)
        workers = wait_for(lambda: len(found := list(descendants(pid))) >= 6 and found, "two workers a camera")
        self.script("stop")
        self.assertEqual([process for process in (pid, *workers) if is_running(process)], [])
        self.script("status", expect=3)

    def test_another_user_may_look_but_not_touch(self):
        if os.getuid() != 0:
            self.skipTest("needs root, to become another user")
        self.directory.chmod(0o755)
        for path in (self.directory, *self.directory.rglob("*")):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)
        nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        self.assertIn("camd.pid cannot be written: be root", self.script("start", expect=4, before=nobody))
        pid = self.start()
        self.assertIn(str(pid), self.script("status", before=nobody))
        self.assertIn("already running", self.script("start", before=nobody))
        for verb in ("stop", "restart", "try-restart", "reload", "force-reload"):
            self.assertRegex(self.script(verb, expect=4, before=nobody), "be root|only root")
        self.daemon.config.chmod(0o600)
        for verb in ("restart", "reload"):
            self.assertIn("camd.ini cannot be read: be root", self.script(verb, expect=4, before=nobody))
        self.daemon.run_dir.chmod(0o700)
        self.assertIn("unknown", self.script("status", expect=4, before=nobody))
        for verb in ("start", "stop", "restart", "try-restart", "reload"):
            self.assertIn("camd.pid cannot be read: be root", self.script(verb, expect=4, before=nobody))
        self.assertTrue(is_running(pid))
        self.assertEqual(int(self.pid_file.read_text()), pid)

    def test_works_without_the_functions_of_the_lsb(self):
        need_private_mounts()
        hidden = (*MOUNT_PRIVATELY, "sh", "-c", '[ ! -d /lib/lsb ] || mount -t tmpfs tmpfs /lib/lsb; exec "$@"', "sh")
        self.assertIn("done.", self.script("start", before=hidden))
        self.script("status", before=hidden)
        self.script("reload", before=hidden)
        self.script("stop", before=hidden)
        self.assertIn("failed.", self.script("reload", expect=7, before=hidden))

    def test_has_the_header_that_insserv_reads(self):
        header = SCRIPT.read_text().split("### BEGIN INIT INFO\n")[1].split("### END INIT INFO\n")[0]
        self.assertEqual([line for line in header.splitlines() if not line.startswith("# ")], [])
        for keyword in ("Provides", "Required-Start", "Required-Stop", "Default-Start", "Default-Stop", "Short-Description"):
            self.assertRegex(header, rf"(?m)^# {keyword}: +\S")
