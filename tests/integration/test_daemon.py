"""The daemon as a process: options, signals, its log, its needs while idle."""
import contextlib
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import unittest
from pathlib import Path

from harness import (FULL, MOUNT_PRIVATELY, SLOWNESS, Camd, CamdTest, descendants, ffmpeg, is_running, limit_open_files, moving_pattern, need_private_mounts,
                     program, wait_for, wait_for_window)


class Check(CamdTest):
    """camd -n"""

    def test_a_good_file_is_accepted(self):
        done = Camd(self, cameras={"front": {"input": "/dev/null"}}).run("-n")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_every_problem_is_told_with_file_and_line(self):
        daemon = Camd(self)
        daemon.config.write_text(
            "[camd]\nshm_prefix = camd.\nwrong_key = 1\n[camera front]\nfps = lots\nwidht = 3\n[camera a/b]\ninput = x\n"
            "[camera back]\ninput = x\ninput = y\n")
        done = daemon.run("-n")
        self.assertNotEqual(done.returncode, 0)
        for line, word in ((3, "wrong_key"), (5, "fps"), (6, "widht"), (7, "a/b"), (11, "input")):
            self.assertRegex(done.stderr, rf"camd\.ini:{line}: .*{re.escape(word)}")
        self.assertRegex(done.stderr, r"camd\.ini:6: .*\bwidth\b")
        self.assertFalse(daemon.socket.exists())

    def test_that_cannot_print_the_configuration_says_so(self):
        """camd -n -v onto a full disk left half a file and exit status 0."""
        with open("/dev/full", "wb") as full:
            done = subprocess.run(Camd(self).command("-n", "-v"), stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("the output cannot be written: ", done.stderr)

    def test_no_program_takes_what_it_could_not_print_for_printed(self):
        """camd --version onto a full disk was nothing, and exit status 0; so were --help, and those of all other programs."""
        for name in ("camd", "camctl", "camd-replay", "camd-mqtt", "camd-web"):
            try:
                path = program(name)
            except FileNotFoundError:
                continue  # an option of the build
            calls = [["--version"], ["--help"]] + ([["--complete", ""]] if name == "camctl" else [])
            for words in calls:
                for shown, redirection in (("full", ">/dev/full"), ("closed", ">&-")):
                    with self.subTest(name=name, words=words, output=shown):
                        done = subprocess.run(["sh", "-c", f'exec "$0" "$@" {redirection}', path, *words], capture_output=True, text=True,
                                              timeout=60 * SLOWNESS, check=False)
                        self.assertEqual(done.returncode, 1, done)
                        self.assertIn(f"{name}: the output cannot be written: ", done.stderr)

    def usual_file(self, name):
        """The program that is called so, and the file that it reads without -c; (None, None): it was not built."""
        try:
            path = program(name)
        except FileNotFoundError:
            return None, None
        usage = subprocess.run([path, "--help"], capture_output=True, text=True, timeout=60, check=True).stdout
        return path, re.search(r"configuration \((/.*/camd/.*\.ini)\)", usage)[1]

    def test_the_usual_file_that_cannot_be_read_is_told(self):
        """One that led nowhere, or that this user may not read, was taken for none: camd ran without cameras, camd-web without its users."""
        need_private_mounts()
        script = 'mount -t tmpfs tmpfs "$0" && mkdir "$0/camd" && if [ "$3" ]; then ln -s "$3" "$1"; fi && exec "$2" -n'
        for name in ("camd", "camd-mqtt", "camd-web"):
            path, usual = self.usual_file(name)
            if not path:
                continue
            root = Path(usual).parents[1]
            if not root.is_dir():
                self.skipTest(f"there is no {root} to mount something on")
            for target in ("", usual, "/nowhere/camd.ini"):
                with self.subTest(name, target=target):
                    done = subprocess.run(MOUNT_PRIVATELY + ["sh", "-c", script, root, usual, path, target],
                                          capture_output=True, text=True, timeout=60, check=False)
                    if name == "camd" and not target:  # the others may lack their user
                        self.assertEqual(done.returncode, 0, done.stderr)
                    if target:
                        self.assertEqual(done.returncode, 78, done.stderr)
                    self.assertEqual(f"{usual}: cannot be opened" in done.stderr, target != "", done.stderr)

    def test_a_missing_file_is_told(self):
        daemon = Camd(self)
        daemon.config.unlink()
        done = daemon.run("-n")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("camd.ini", done.stderr)

    def test_the_effective_configuration_parses_back_to_itself(self):
        cameras = {"front": {"input": "rtsp://admin:verysecret@127.0.0.1/live", "fps": 7, "mask.tree": "motion 0,0 0.5,0 0,0.5"},
                   "back": {"input": moving_pattern(), "loop": "yes", "enabled": "no"}}
        first = Camd(self, cameras=cameras)
        printed = first.run("-n", "-v")
        self.assertEqual(printed.returncode, 0, printed.stderr)
        self.assertNotIn("verysecret", printed.stdout)
        self.assertIn("[camera front]", printed.stdout)
        again = Camd(self)
        again.config.write_text(printed.stdout)
        reprinted = again.run("-n", "-v")
        self.assertEqual(reprinted.returncode, 0, reprinted.stderr)
        # comments tell where each camera was written
        def bare(text):
            return [line for line in text.splitlines() if not line.startswith("#")]

        self.assertEqual(bare(reprinted.stdout), bare(printed.stdout))

    def test_camctl_check_says_the_same(self):
        daemon = Camd(self)
        daemon.camctl("check", daemon.config)
        daemon.config.write_text("[camd]\nwrong_key = 1\n")
        done = daemon.camctl("check", daemon.config, expect=None)
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stdout + done.stderr, r"camd\.ini:2: .*wrong_key")


class Start(CamdTest):
    def test_without_cameras_says_so_and_how_to_have_one(self):
        """An empty camd.ini, or the wrong one, was no word worth."""
        daemon = Camd(self).start()
        self.assertIn(f"started without cameras: there is none in {daemon.config} and in {daemon.cameras_dir}; camctl add NAME input=URL",
                      daemon.log_text())

    def test_that_cannot_be_says_what_can_be_done_about_the_reason(self):
        """A full disk, a read-only one and too few open files were all answered by "is its directory there and writable for camd?"."""
        need_private_mounts()
        inside = MOUNT_PRIVATELY + ["sh", "-c"]
        cases = {"full": (inside + ['mount -t tmpfs -o size=16k tmpfs "$0" && { cat /dev/zero >"$0/filler"; exec "$@"; } 2>&1'],
                          "pid file .* cannot be made: No space left on device; make room in "),
                 "read-only": (inside + ['mount -t tmpfs -o ro tmpfs "$0" && exec "$@"'],
                               "camd.sock cannot be made: Read-only file system; .* is read-only: mount it for writing"),
                 "few": (["prlimit", "--nofile=6:6"], "Too many open files; .* LimitNOFILE= of the service .* ulimit -n")}
        for name, (wrapper, told) in cases.items():
            with self.subTest(name):
                run_dir = self.directory / f"{name}-run"
                run_dir.mkdir()
                daemon = Camd(self, settings={"run_dir": run_dir}, wrapper=wrapper + [str(run_dir)] * (name != "few"))
                done = daemon.run()
                self.assertEqual(done.returncode, 1, done)
                self.assertRegex(done.stdout + done.stderr, told)


class Options(CamdTest):
    def test_version_and_help(self):
        for option in ("--version", "--help"):
            done = Camd(self).run(option)
            self.assertEqual(done.returncode, 0)
            self.assertIn("camd", done.stdout)

    def test_unknown_ones_are_a_usage_error(self):
        self.assertEqual(Camd(self).run("--frobnicate").returncode, 2)

    def test_camctl_without_a_daemon_says_so_with_status_3(self):
        done = Camd(self).camctl("status", expect=3)
        self.assertIn("camd.sock", done.stderr)

    def test_a_standard_descriptor_that_is_closed_is_no_other_file(self):
        """With standard output closed the socket took its number: pictures were sent to camd, and the exit status was 0."""
        daemon = self.camd(cameras={"front": {"input": moving_pattern()}})
        daemon.wait_frames("front", 1)
        commands = [daemon.camctl_command(*words) for words in (("stream", "front", "--frames", "1"), ("snapshot", "front", "-o", "-"),
                                                                ("grid", "front", "--export", "-"), ("status",))]
        with contextlib.suppress(FileNotFoundError):  # built with ncurses only
            commands.append([str(program("camd-top")), "-s", str(daemon.socket), "--once"])
        for command in commands:
            with self.subTest(command):
                done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", *command], stderr=subprocess.PIPE, text=True, timeout=60, check=False)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn("cannot be written: Bad file descriptor", done.stderr)

    def test_camctl_json_help_is_json(self):
        """camctl --json --help was text, though help is one document."""
        daemon = Camd(self)
        self.assertEqual(daemon.camctl_json("--help"), daemon.camctl_json("help"))
        self.assertEqual(daemon.camctl_json("add", "--help"), daemon.camctl_json("help", "add"))

    def test_camctl_help_explains_every_verb(self):
        text = Camd(self).camctl("help").stdout
        for verb in ("add", "remove", "enable", "disable", "start", "stop", "restart", "kick", "status", "events",
                     "snapshot", "stream", "grid", "shm", "check", "reload", "ptz", "shutdown", "version", "help"):
            self.assertRegex(text, rf"\b{verb}\b")
            self.assertEqual(Camd(self).camctl("help", verb).returncode, 0)


class Background(CamdTest):
    """camd -d"""

    def test_returns_when_the_socket_answers(self):
        daemon = Camd(self, settings={"log": str(self.directory / "daemon.log")})
        pid_file = daemon.directory / "camd.pid"
        done = daemon.run("-d", "-p", pid_file)
        self.assertEqual(done.returncode, 0, done.stderr)
        with daemon.control() as control:  # at once, no waiting
            self.assertEqual(control.greeting["protocol"], 1)
        daemon.pid = int(pid_file.read_text())
        self.assertEqual(daemon.status()["daemon"]["pid"], daemon.pid)
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        daemon.wait_frames("front", 1)
        os.kill(daemon.pid, signal.SIGTERM)
        wait_for(lambda: not is_running(daemon.pid), "the daemon ends")
        self.assertFalse(pid_file.exists())

    def test_fails_with_the_reason(self):
        first = self.camd()
        second = Camd(self, settings={"shm_prefix": first.prefix})
        done = second.run("-d")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(first.prefix, done.stderr)
        second.write_config()
        second.config.write_text("[camd]\nwrong_key = 1\n")
        done = second.run("-d")
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"camd\.ini:2: .*wrong_key")

    def test_second_one_with_this_state_dir_is_refused(self):
        """It ran, and each wrote over what the other had kept: a camera that was disabled was enabled at the next start."""
        first = self.camd()
        second = Camd(self, settings={"state_dir": first.state_dir})
        for step in ("start", "upgrade"):
            if step == "upgrade":
                first.camctl("upgrade")
            done = second.run()
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(f"uses state_dir = {first.state_dir}", done.stderr)
        first.stop()
        second.start()

    def test_second_one_is_refused_also_after_state_dir_was_removed(self):
        """The lock was on the directory that had gone, and another camd could begin with the one in its place."""
        first = Camd(self)
        left = first.cameras_dir / ".front.ini.camd-new"
        left.write_text("input = rtsp://user:password@192.0.2.1/")
        first.start()
        self.assertFalse(left.exists(), "what a camd that was killed had not finished is removed")
        second = Camd(self, settings={"state_dir": first.state_dir})
        wait_for((first.state_dir / "events.mdb").exists, "something is in it")
        # under another name first, so that nobody can make files in it meanwhile
        shutil.rmtree(first.state_dir.rename(self.directory / "moved"))
        wait_for(lambda: f"state_dir = {first.state_dir} was removed" in first.log_text(), "it is locked again")
        done = second.run()
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(f"uses state_dir = {first.state_dir}", done.stderr)

    def test_leaves_nothing_open_of_its_starter(self):
        daemon = Camd(self, settings={"log": str(self.directory / "daemon.log")})
        pid_file = daemon.directory / "camd.pid"
        # run() reads standard output and error to their end: it would hang if the daemon kept them
        self.assertEqual(daemon.run("-d", "-p", pid_file).returncode, 0)
        daemon.pid = int(pid_file.read_text())
        daemon.camctl("shutdown")
        wait_for(lambda: not is_running(daemon.pid), "the daemon ends")

    def test_leaves_its_directory_and_takes_paths_from_there(self):
        """It kept the directory, so that nobody could unmount it."""
        daemon = Camd(self, settings={"log": str(self.directory / "daemon.log")})
        command = [str(program("camd")), "-d", "-c", daemon.config.name, "-p", "here.pid"]
        done = subprocess.run(command, cwd=daemon.directory, env=dict(daemon.environment(), CAMD_LIBEXECDIR="libexec"),
                              capture_output=True, text=True, timeout=60 * SLOWNESS, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        daemon.pid = int((daemon.directory / "here.pid").read_text())
        self.assertEqual(os.readlink(f"/proc/{daemon.pid}/cwd"), "/")
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        daemon.wait_frames("front", 1)
        for pid in daemon.workers():
            self.assertEqual(os.readlink(f"/proc/{pid}/cwd"), "/")
        daemon.camctl("reload")
        daemon.camctl("shutdown")
        wait_for(lambda: not is_running(daemon.pid), "the daemon ends")


class Signals(CamdTest):
    def test_term_int_and_quit_stop_it_with_status_0(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            daemon = self.camd()
            daemon.camctl("add", "front", f"input={moving_pattern()}")
            workers = daemon.workers()
            daemon.stop(number)
            self.assertFalse(any(map(is_running, workers)))
            self.assertEqual(daemon.segments(), [])
            self.assertFalse(daemon.socket.exists())

    def test_that_mean_nothing_to_it_are_told_and_end_nothing(self):
        """SIGUSR2, which other daemons reload at, ended it and all cameras without a word."""
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        daemon.wait_camera("front", lambda camera: camera["processed"] > 0, "both work")
        workers = set(daemon.workers())
        for number in (signal.SIGUSR2, signal.SIGIO, signal.SIGPWR, signal.SIGRTMIN, signal.SIGRTMAX):
            daemon.process.send_signal(number)
            wait_for(lambda: f"warning signal {number:d} (" in daemon.log_text(), "it is told")
        self.assertIn(f"warning signal {signal.SIGUSR2:d} (User defined signal 2) from process {os.getpid()} of user {os.getuid()}: camd does nothing", daemon.log_text())
        self.assertEqual(set(daemon.workers()), workers)
        # workers begin with none of them blocked
        self.assertRegex(Path(f"/proc/{next(iter(workers))}/status").read_text(), r"SigBlk:\s0{16}\n")

    def test_that_are_meant_for_camd_end_no_worker(self):
        """pkill -HUP camd, which finds camd-capture and the others, too, kept all cameras dark for their back-off."""
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}", "fps=10")
        wait_for((daemon.state_dir / "events.mdb").exists, "events are being kept")
        before = daemon.wait_camera("front", lambda camera: camera["processed"] > 0, "both work")
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
            for pid, command in descendants(daemon.pid).items():
                if any(name in command for name in ("camd-capture", "camd-tracker", "camd-events")):
                    os.kill(pid, number)
        self.assert_camera_goes_on(daemon, "front", before)
        self.assertNotIn("killed by signal", daemon.log_text())

    def test_that_are_meant_for_camd_let_camd_sync_finish(self):
        """pkill -HUP camd, which finds it, too, let set and disable fail: it was killed while it waited for the disk."""
        gate, written, name = (self.directory / part for part in ("gate", "written", "name"))
        os.mkfifo(gate)
        written.write_text("x")
        holder = os.open(gate, os.O_RDWR)
        self.addCleanup(os.close, holder)
        sync = program("camd-sync")
        process = self.start_helper(sync, written, name, env={
            **os.environ, "LD_PRELOAD": str(next(program("misbehave").parent.glob("*slow-fsync.so"))), "CAMD_TEST_FSYNC_GATE": str(gate),
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"})
        wait_for(Path(f"{gate}.entered").exists, "it waits for the disk")
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
            process.send_signal(number)
        os.write(holder, b"x" * 100)
        self.assertEqual(process.wait(60), 0)
        self.assertTrue(name.exists())

    def test_shutdown_by_camctl_does_the_same(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        daemon.camctl("shutdown")
        daemon.wait_end()

    def test_hup_reloads(self):
        daemon = self.camd()
        daemon.write_camera("front", input=moving_pattern())
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_frames("front", 1)

    @unittest.skipUnless(FULL, "waits for longer than any worker may take to stop")
    def test_a_worker_that_nothing_ends_is_left_behind_by_a_stop_and_said(self):
        held, worker = self.directory / "held", program("misbehave")
        for name, value in (("LD_PRELOAD", next(worker.parent.glob("*unkillable.so"))), ("CAMD_TEST_OTHER", held),
                            ("ASAN_OPTIONS", os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0")):
            os.environ[name] = str(value)
            self.addCleanup(os.environ.pop, name)
        daemon = Camd(self)
        daemon.write_camera("deaf", input="misbehave://ignore-term", capture=worker, tracker=worker, stop_timeout=1)
        daemon.start()
        daemon.wait_frames("deaf", 1)
        held.touch()
        daemon.camctl("shutdown")
        daemon.wait_end(expect=3)  # as camd(8) says, and its unit goes by it
        self.assertIn("could not be stopped: leaving its processes behind", daemon.log_text())

    def test_hup_while_it_stops_starts_nothing(self):
        daemon = Camd(self)
        worker = program("misbehave")
        daemon.write_camera("deaf", input="misbehave://ignore-term", capture=worker, tracker=worker, stop_timeout=2)
        daemon.start()
        daemon.wait_frames("deaf", 1)
        daemon.write_camera("late", input=moving_pattern())
        daemon.process.send_signal(signal.SIGTERM)
        wait_for(lambda: "stopping: a signal" in daemon.log_text(), "the shutdown begins")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_end()
        self.assertNotIn("late", daemon.log_text())

    def test_usr1_opens_the_log_anew(self):
        log = self.directory / "daemon.log"
        daemon = self.camd(settings={"log": str(log)})
        moved = self.directory / "daemon.log.1"
        os.rename(log, moved)
        daemon.camctl("add", "front", f"input={moving_pattern()}", "--runtime")
        self.assertFalse(log.exists())
        self.assertIn("front", moved.read_text())
        daemon.process.send_signal(signal.SIGUSR1)
        wait_for(log.exists, "a new log file")
        daemon.camctl("add", "back", f"input={moving_pattern()}", "--runtime")
        wait_for(lambda: "back" in log.read_text(), "lines in the new log file")
        self.assertNotIn("back", moved.read_text())
        os.rename(log, moved)
        log.mkdir()
        daemon.process.send_signal(signal.SIGUSR1)  # the reason was told without the path
        wait_for(lambda: f"error cannot open the log {log} again, going on with the old file: " in moved.read_text(), "it says so")

    def test_ignored_sigchld_of_the_starter_does_no_harm(self):
        daemon = Camd(self, wrapper=["sh", "-c", 'trap "" CHLD; exec "$@"', "sh"]).start()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        before = daemon.wait_frames("front", 1)
        os.kill(before["capture"]["pid"], signal.SIGKILL)
        camera = daemon.wait_camera("front", lambda camera: camera["capture"]["restarts"] == 1, "replaced")
        self.assertEqual(camera["capture"]["last_exit"]["signal"], 9)

    def test_notify_tells_systemd_when_it_is_ready(self):
        path = str(self.directory / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(path)
            notify.settimeout(30 * SLOWNESS)
            daemon = Camd(self)
            daemon.environment = lambda: dict(os.environ, CAMD_LIBEXECDIR=str(daemon.libexec), NOTIFY_SOCKET=path)
            daemon.start()
            self.assertIn(b"READY=1", notify.recv(4096))
            daemon.process.terminate()
            self.assertIn(b"STOPPING=1", notify.recv(4096))
            daemon.wait_end()


class Idle(CamdTest):
    def wakeups(self, pid):
        text = Path(f"/proc/{pid}/status").read_text()
        return int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", text, re.M).group(1))

    def test_without_cameras_it_sleeps(self):
        """libev wakes up by itself about once a minute; nothing else may wake the daemon."""
        daemon = self.camd()
        stored = daemon.state_dir / "events.mdb"
        wait_for(lambda: stored.exists() and b"daemon_started" in stored.read_bytes(), "the event of its start is stored")
        wait_for_window(lambda: self.wakeups(daemon.pid), 125 if FULL else 8, lambda seconds: 1 + seconds // 60, "wake-ups", windows=4)

    def test_with_cameras_deadlines_fall_together(self):
        """Each worker has a deadline that is looked at again and again: six cameras would wake camd six times a second."""
        daemon = Camd(self)
        for i in range(6):
            daemon.write_camera(f"c{i}", input="lavfi:color=c=gray:s=64x48:r=10", width=64, height=48, fps=10, stall_timeout=2)
        daemon.start()
        # with their first look behind them, and what the trackers say at first
        for i in range(6):
            daemon.wait_frames(f"c{i}", 10)
        wait_for_window(lambda: self.wakeups(daemon.pid), 3, lambda seconds: seconds + 2, "wake-ups")


class Descriptors(CamdTest):
    def count(self, daemon):
        return len(os.listdir(f"/proc/{daemon.pid}/fd"))

    def test_one_of_inotify_is_enough(self):
        """Closing a second one made every stop wait in the kernel."""
        daemon = self.camd()
        links = []
        for entry in os.scandir(f"/proc/{daemon.pid}/fd"):
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                links.append(os.readlink(entry.path))
        self.assertEqual([link for link in links if "inotify" in link], ["anon_inode:inotify"])

    def test_running_out_of_them_pauses_accept_and_goes_on_after(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}", "fps=10")
        before = daemon.wait_frames("front", 1)
        with daemon.control() as inside:
            limit_open_files(daemon.pid, self.count(daemon) + 4)
            crowd = []
            for _ in range(20):
                client = socket.socket(socket.AF_UNIX)
                client.connect(str(daemon.socket))
                crowd.append(client)
            wait_for(lambda: self.count(daemon) >= daemon_limit(daemon.pid), "no descriptor is left")
            # those who are in are served, and an add that needs descriptors is told why not
            parts, last = inside.ask("status")
            self.assertIn("ok", last)
            self.assertEqual([part["camera"]["name"] for part in parts if "camera" in part], ["front"])
            _, last = inside.ask("add", name="back", settings={"input": moving_pattern()}, timeout_s=2)
            self.assertIn("error", last)
            self.assertTrue(last["error"]["text"])
            # paused, not spinning
            switches = process_cpu_ticks(daemon.pid)
            wait_for(lambda: daemon_frames(inside, "front") > before["frames"] + 20, "frames go on meanwhile")
            self.assertLess(process_cpu_ticks(daemon.pid) - switches, 100 * os.sysconf("SC_CLK_TCK") / 100)
            for client in crowd:
                client.close()
            limit_open_files(daemon.pid, 1024)
        wait_for(daemon.status, "new clients are served again")
        self.assert_camera_goes_on(daemon, "front", before)

    def test_that_are_too_few_are_named_and_no_camera_starves_in_silence(self):
        """The first cameras took all, and those at the end of the list got nothing, without a word."""
        cameras = {f"camera{number}": {"input": moving_pattern()} for number in range(6)}
        daemon = Camd(self, wrapper=("prlimit", "--nofile=100:100"), defaults={"fps": 5}, cameras=cameras).start()

        def states():
            return {camera["name"]: camera["state"] for camera in daemon.status()["cameras"]}

        def settled():
            return set(states().values()) == {"up", "backoff"} or None

        wait_for(settled, "cameras run or say why not")
        running = [name for name, state in states().items() if state == "up"]
        waiting = daemon.camera("camera5")
        self.assertEqual(running, [f"camera{number}" for number in range(len(running))])
        self.assertRegex(waiting["reason"], r"a camera needs 12 descriptors, of which camd is \d+ short")
        self.assertRegex(waiting["hint"], r"raise the limit of open files to \d+ .*LimitNOFILE=.*ulimit -n")
        done = daemon.camctl("add", "late", f"input={moving_pattern()}", expect=1)
        self.assertIn("12 descriptors", done.stderr)
        self.assertFalse((daemon.cameras_dir / "late.ini").exists())
        # those that run have all that they need, to restart, too; those that wait get what another leaves
        daemon.camctl("restart", *running)
        for name in running:
            daemon.wait_frames(name, 2)
            daemon.wait_state(name, "up")
        daemon.camctl("disable", running[0])
        wait_for(lambda: len([state for state in states().values() if state == "up"]) == len(running),
                 "one of those that wait runs")

    def test_and_memory_stay_constant_over_many_cameras(self):
        rounds = 1000 if FULL else int(100 / SLOWNESS)
        daemon = self.camd()
        small = self.directory / "small.avi"
        ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10:duration=2", "-c:v", "mpeg4", small)

        def cycle(count):
            with daemon.control() as control:
                for number in range(count):
                    name = f"camera{number % 7}"
                    for verb, members in (("add", {"settings": {"input": str(small), "loop": "yes"}, "runtime": True,
                                                   "timeout_s": 30}), ("remove", {})):
                        _, last = control.ask(verb, name=name, **members)
                        self.assertIn("ok", last, f"{verb} in round {number}")

        def measured():
            text = Path(f"/proc/{daemon.pid}/smaps_rollup").read_text()
            return int(re.search(r"^Private_Dirty:\s*(\d+) kB", text, re.M).group(1))

        descriptors = self.count(daemon)
        cycle(rounds // 4)
        memory = measured()
        cycle(rounds)
        wait_for(lambda: self.count(daemon) == descriptors, f"{descriptors} descriptors, as at the start")
        # events that are kept (512 KiB at most) may still be filling up
        if SLOWNESS == 1:  # a sanitizer keeps freed memory for a while
            self.assertLess(measured() - memory, 512 + 256, "KiB more than before")
        self.assertEqual(daemon.segments(), [])
        self.assertEqual(daemon.workers(), {})


def daemon_limit(pid):
    return resource.prlimit(pid, resource.RLIMIT_NOFILE)[0]


def daemon_frames(control, name):
    parts, _ = control.ask("status", name=name)
    return next(part["camera"]["frames"] for part in parts if "camera" in part)


def process_cpu_ticks(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
