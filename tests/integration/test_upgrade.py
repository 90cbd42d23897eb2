"""camctl upgrade: another program goes on in place of the one that runs, and nobody notices; or it cannot, and nothing happens."""
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

from harness import FULL, HERE, SLOWNESS, CamdTest, descendants, is_running, limit_open_files, moving_pattern, program, still_picture, wait_for
from test_detector import WALKER
from test_durable import sync_that_waits
from test_on_event import OBJECT
from upgradable import Subscriber, UpgradableCamd

HANDING_A_SPARE_EVENT = """
import json, os, sys
handed, camd, *arguments = sys.argv[1:]
number = int(arguments[1])
record = json.loads(os.pread(number, os.fstat(number).st_size, 0))
for camera in record["fleet"]["cameras"]:
    assert camera["space_event"] is None, camera["space_event"]
    camera.update(space_event={"fd": os.eventfd(0, os.EFD_NONBLOCK)}, space_event_is_spare=True)
changed = os.memfd_create("camd-handoff", 0)
os.write(changed, json.dumps(record).encode())
os.dup2(changed, number)
os.close(changed)
open(handed, "w").close()
os.execv(camd, [camd, *arguments])
"""


class Upgrade(CamdTest):
    def daemon_with(self, *arguments, **options):
        return UpgradableCamd(self, **options).start(*arguments)

    def upgrade(self, daemon, **options):
        answer = json.loads(daemon.camctl("--json", "upgrade", **options).stdout)
        self.assertTrue(daemon.runs_installed(), "the old program runs")
        return answer

    def assert_goes_on(self, daemon, name, before):
        self.assert_camera_goes_on(daemon, name, before)
        after = daemon.camera(name)
        for counter in ("lost", "gaps", "damaged"):
            self.assertEqual(after[counter], before[counter], f"{name}: {counter}")
        # what a slow machine skips is not the upgrade's
        self.assertIn(after["skipped"] - before["skipped"], range(after["frames"] - before["frames"] + 1), f"{name}: skipped")
        self.assertGreaterEqual(after["uptime_s"], before["uptime_s"])
        return after

    def test_many_in_a_row_lose_no_frame_and_no_event_and_leak_nothing(self):
        """Ten; a hundred in a full run, with more cameras."""
        turns, cameras = (100, 12) if FULL else (10, 1)
        tracker = self.directory / "tracker"
        tracker.symlink_to(HERE / "sampling_tracker.py")
        os.mkfifo(self.directory / "saying.fifo")
        daemon = self.daemon_with(cameras={"saying": {"input": still_picture(), "tracker": tracker},
                                           **{f"front{n}": {"input": moving_pattern(), "fps": 10} for n in range(cameras)}})
        daemon.camctl("add", "passing", f"input={moving_pattern()}", "--runtime")
        before = {name: daemon.wait_frames(name, 2) for name in ("front0", "passing", f"front{cameras - 1}")}
        daemon.wait_camera("saying", lambda camera: camera["tracker"]["state"] == "up", "tracker up")
        subscriber = Subscriber(daemon)
        wait_for(lambda: subscriber.last, "it is subscribed")
        said, pid, epoch = 0, daemon.pid, daemon.status()["daemon"]["epoch"]
        descriptors = resident = 0
        for turn in range(turns):
            with open(self.directory / "saying.fifo", "w", encoding="utf-8") as fifo:
                for _ in range(20):
                    said += 1
                    fifo.write(json.dumps({**OBJECT, "id": said}) + "\n")
            daemon.install(program("camd"))
            self.upgrade(daemon)
            self.assertEqual(daemon.pid, pid)
            if turn == 1:
                wait_for(lambda: daemon.has_settled() and subscriber.connections >= 3, "the third program goes on")
                descriptors, resident = daemon.descriptors(), daemon.resident_kb()
        wait_for(lambda: daemon.descriptors() <= descriptors, "no descriptor was left, when the helper has started")
        if "ASAN_OPTIONS" not in os.environ:  # what was freed stays with it for a while
            self.assertLess(daemon.resident_kb(), resident + 2048)
        for name, camera in before.items():
            self.assert_goes_on(daemon, name, camera)
        self.assertEqual(daemon.status()["daemon"]["epoch"], epoch)
        wait_for(lambda: sum(event["event"] == "object" for event in subscriber.events) >= said, "all events came")
        subscriber.ends = True
        objects = [event["id"] for event in subscriber.events if event["event"] == "object"]
        self.assertEqual(objects, list(range(1, said + 1)))
        numbers = subscriber.numbers()
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))), "a gap in the events")
        self.assertEqual((subscriber.missed, subscriber.refused), ([], 0))
        self.assertEqual(sum(event["event"] == "daemon_upgraded" for event in subscriber.events), turns)
        # one that was added at run time is so still: in no file, and gone with the next start
        self.assertIsNone(daemon.camera("passing")["file"])
        self.assertEqual(daemon.camera("front0")["file"], str(daemon.config))
        daemon.camctl("reload")
        self.assertIsNotNone(daemon.camera("passing"))

    def test_a_follower_goes_on(self):
        """camctl events --follow: every event once, and nobody sees that the connection was another one."""
        daemon = self.daemon_with(cameras={"front": {"input": moving_pattern()}})
        daemon.wait_frames("front", 1)
        follower = self.start_helper(*daemon.camctl_command("--json", "events", "--follow"), stdout=subprocess.PIPE, text=True)
        snapshot = json.loads(follower.stdout.readline())
        self.assertEqual(snapshot["event"], "snapshot")
        for _ in range(3):
            self.upgrade(daemon)
        daemon.camctl("disable", "front")
        seen = []
        while not seen or seen[-1]["event"] != "camera_disabled":
            seen.append(json.loads(follower.stdout.readline()))
        self.assertNotIn("snapshot", [event["event"] for event in seen])
        self.assertEqual([event["seq"] for event in seen], list(range(snapshot["seq"] + 1, snapshot["seq"] + 1 + len(seen))))
        self.assertEqual(sum(event["event"] == "daemon_upgraded" for event in seen), 3)

    def test_who_follows_the_logs_goes_on(self):
        """camctl logs --follow ended with exit status 3, as if camd had stopped; now each line comes, once."""
        daemon = self.daemon_with(cameras={"front": {"input": moving_pattern()}})
        daemon.wait_frames("front", 1)
        follower = self.start_helper(*daemon.camctl_command("--json", "logs", "-f"), stdout=subprocess.PIPE, text=True)
        first = json.loads(follower.stdout.readline())
        self.upgrade(daemon)
        daemon.camctl("restart", "front")
        self.upgrade(daemon)
        daemon.camctl("add", "late", f"input={moving_pattern()}")
        seen = [first]
        while seen[-1]["camera"] != "late":
            seen.append(json.loads(follower.stdout.readline()))
        kept = daemon.camctl_json("logs")["lines"]
        self.assertEqual(seen, kept[:len(seen)])
        self.assertIsNone(follower.poll())

    def test_says_which_program_goes_on(self):
        daemon = self.daemon_with()
        self.assertFalse(self.upgrade(daemon)["restarts_cameras"])
        daemon.install(program("camd"))
        self.assertFalse(daemon.runs_installed())
        said = daemon.camctl("upgrade").stdout
        self.assertRegex(said, r"camd \S+ goes on in place of \S+, with 0 cameras")
        self.assertTrue(daemon.runs_installed())
        self.assertIn("notice upgraded: camd", daemon.log_text())

    def test_keeps_the_lock_that_was_made_again(self):
        """It was let go of: a camd that started at that moment took the prefix, and removed segments of the one that ran."""
        daemon = self.daemon_with()
        lock = Path("/dev/shm") / f"{daemon.prefix}lock"
        lock.unlink()
        wait_for(lock.exists, "the lock is made again")
        self.upgrade(daemon)
        daemon.status()  # it looks after its names before it answers
        self.assertEqual(daemon.log_text().count("lock was removed by somebody: made again"), 1)

    def test_keeps_what_cannot_be_read_anywhere(self):
        """What enable and disable, stop and ptz said, why a camera fails and when it tries again, its last lines."""
        daemon = self.daemon_with(cameras={
            "off": {"input": moving_pattern()}, "stopped": {"input": moving_pattern()}, "moved": {"input": moving_pattern()},
            "dark": {"input": "/nonexistent.avi", "restart_delay": 100, "restart_max_delay": 100}})
        daemon.wait_frames("moved", 1)
        daemon.camctl("disable", "off")
        daemon.camctl("stop", "stopped")
        daemon.camctl("ptz", "moved", "moving")
        daemon.camctl("set", "moved", "fps=3", "motion_threshold=44", "--runtime")
        daemon.camctl("add", "passing", f"input={moving_pattern()}", "--runtime")
        daemon.camctl("set", "passing", "fps=2", "--runtime")
        shown = [daemon.camctl_json("show", name) for name in ("moved", "passing", "dark")]
        dark = daemon.wait_back_off("dark")
        lines = daemon.ask("logs", name="dark", lines=100)[0]
        self.assertTrue(lines)
        self.upgrade(daemon)
        self.assertFalse(daemon.camera("off")["enabled"])
        self.assertEqual(daemon.camera("stopped")["state"], "down")
        self.assertTrue(daemon.camera("moved")["ptz_moving"])
        after = daemon.camera("dark")
        for member in ("state", "reason", "hint"):
            self.assertEqual(after[member], dark[member])
        self.assertGreater(dark["hour"]["reconnects"], 0)
        for member in ("outages", "reconnects", "stalls"):
            self.assertEqual(after["hour"][member], dark["hour"][member])
        self.assertEqual(after["capture"]["last_exit"], dark["capture"]["last_exit"])
        self.assertEqual(after["capture"]["failures"], dark["capture"]["failures"])
        self.assertGreater(after["next_start_ms"], 0)
        self.assertLessEqual(after["next_start_ms"], dark["next_start_ms"])
        self.assertEqual(daemon.ask("logs", name="dark", lines=100)[0], lines)
        self.assertEqual([daemon.camctl_json("show", name) for name in ("moved", "passing", "dark")], shown)
        daemon.camctl("enable", "off")
        daemon.camctl("start", "stopped")
        for name in ("off", "stopped"):
            daemon.wait_state(name, "up")

    def test_a_detector_goes_on(self):
        detector = self.directory / "fake_detector.py"
        shutil.copy(HERE / "fake_detector.py", detector)
        (self.directory / "fake.behaviour").write_text("answer")
        (self.directory / "labels.txt").write_text("person\n")
        daemon = UpgradableCamd(self, cameras={"front": {"input": WALKER, "fps": 20, "detector": "fake"}})
        with open(daemon.config, "a", encoding="utf-8") as config:
            config.write(f"[detector fake]\nbackend = {detector}\nlabels = {self.directory}/labels.txt\n"
                         "input_width = 64\ninput_height = 64\n")
        daemon.start()
        before = daemon.wait_camera("front", lambda camera: camera.get("regions", 0) > 2, "regions are looked into")
        process = daemon.status()["detectors"][0]
        self.upgrade(daemon)
        self.assertEqual(daemon.status()["detectors"][0]["pid"], process["pid"])
        daemon.wait_camera("front", lambda camera: camera["regions"] > before["regions"] + 2, "and go on being so")
        # and is started and stopped as it would have been
        os.kill(process["pid"], signal.SIGKILL)
        wait_for(lambda: daemon.status()["detectors"][0]["state"] == "up"
                 and daemon.status()["detectors"][0]["pid"] != process["pid"], "another detector")
        daemon.camctl("disable", "front")
        wait_for(lambda: daemon.status()["detectors"][0]["state"] == "down", "it is stopped")

    def test_a_detector_that_was_set_at_run_time_is_not_started_again(self):
        detector = self.directory / "fake_detector.py"
        shutil.copy(HERE / "fake_detector.py", detector)
        (self.directory / "fake.behaviour").write_text("answer")
        (self.directory / "labels.txt").write_text("person\n")
        daemon = UpgradableCamd(self, cameras={"front": {"input": WALKER, "fps": 20}})
        with open(daemon.config, "a", encoding="utf-8") as config:
            config.write(f"[detector fake]\nbackend = {detector}\nlabels = {self.directory}/labels.txt\n"
                         "input_width = 64\ninput_height = 64\n")
        daemon.start()
        daemon.camctl("set", "front", "detector=fake", "--runtime")
        daemon.wait_camera("front", lambda camera: camera.get("regions", 0) > 2, "regions are looked into")
        process = daemon.status()["detectors"][0]
        self.upgrade(daemon)
        after = daemon.status()["detectors"][0]
        self.assertEqual((after["pid"], after["restarts"]), (process["pid"], process["restarts"]))
        self.assertEqual(daemon.log_text().count(f"started {detector}"), 1)

    def test_workers_are_watched_over_as_before(self):
        """Ends are seen, stalls, and commands obeyed by those that another program has started."""
        daemon = self.daemon_with(cameras={"front": {"input": moving_pattern(), "stall_timeout": 2, "restart_delay": 0.1}})
        before = daemon.wait_frames("front", 1)
        self.upgrade(daemon)
        os.kill(before["tracker"]["pid"], signal.SIGKILL)
        tracker = daemon.wait_camera("front", lambda camera: camera["tracker"]["state"] == "up"
                                     and camera["tracker"]["pid"] != before["tracker"]["pid"], "another tracker")["tracker"]
        self.assertEqual(tracker["last_exit"]["signal"], signal.SIGKILL)
        os.kill(before["capture"]["pid"], signal.SIGSTOP)
        daemon.wait_camera("front", lambda camera: camera["capture"]["state"] == "up"
                           and camera["capture"]["pid"] != before["capture"]["pid"], "another capture")
        daemon.camctl("stop", "front")
        self.assertEqual(daemon.camera("front")["state"], "down")
        wait_for(lambda: daemon.segments("front") == [], "its segments go, piece by piece")

    def test_workers_still_end_with_camd(self):
        """The process that the kernel was told of is the same one."""
        daemon = self.daemon_with(cameras={"front": {"input": moving_pattern()}})
        daemon.wait_frames("front", 1)
        self.upgrade(daemon)
        workers = list(daemon.workers())
        self.assertGreaterEqual(len(workers), 2)
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        daemon.kill()
        wait_for(lambda: not any(map(is_running, workers)), f"the workers end: {workers}", 10)
        daemon.start()
        daemon.wait_frames("front", 1)

    def test_in_the_middle_of_failures(self):
        """Workers that die all the time, and others that hang while they stop."""
        daemon = self.daemon_with(
            defaults={"restart_delay": 0, "stop_timeout": 1},
            cameras={"dying": {"input": "misbehave://capture.after-3.exit=7", "capture": program("misbehave"),
                               "tracker": program("misbehave")},
                     "deaf": {"input": "misbehave://ignore-term,stop.hang", "capture": program("misbehave"),
                              "tracker": program("misbehave")}})
        daemon.wait_state("deaf", "up")
        daemon.wait_camera("dying", lambda camera: camera["capture"]["restarts"] > 2, "restarts")
        restart = threading.Thread(target=daemon.camctl, args=("restart", "deaf"))
        restart.start()
        for _ in range(5):
            self.upgrade(daemon)
        restart.join()
        restarts = daemon.camera("dying")["capture"]["restarts"]
        daemon.wait_camera("dying", lambda camera: camera["capture"]["restarts"] > restarts + 2, "it goes on dying")
        daemon.wait_state("deaf", "up")

    def test_waits_for_what_is_being_done(self):
        daemon = self.daemon_with()
        done = []
        adding = threading.Thread(target=lambda: done.append(daemon.camctl("add", "front", f"input={moving_pattern()}")))
        adding.start()
        wait_for(lambda: daemon.camera("front"), "it is being added")
        self.upgrade(daemon)
        adding.join()
        self.assertEqual(done[0].returncode, 0)
        self.assertTrue((daemon.cameras_dir / "front.ini").exists())
        daemon.wait_frames("front", 1)

    def test_uses_the_configuration_as_it_runs(self):
        """Files that were edited and not loaded yet are nobody's business now; but a broken one is told."""
        daemon = self.daemon_with(cameras={"front": {"input": "rtsp://admin:geheim@127.0.0.1:1/x", "restart_delay": 9}})
        daemon.wait_state("front", "backoff")
        daemon.cameras["front"]["input"] = moving_pattern()
        daemon.write_config()
        self.upgrade(daemon)
        self.assertIn("127.0.0.1:1", daemon.camera("front")["input"])
        self.assertNotIn("geheim", daemon.log_text())
        daemon.camctl("reload")
        daemon.wait_frames("front", 1)
        with open(daemon.config, "a", encoding="utf-8") as config:
            config.write("wrong_key = 1\n")
        said = daemon.camctl("upgrade", expect=1).stderr
        self.assertIn("camd -n shows them", said)

    def assert_refused(self, daemon, text):
        before = daemon.wait_frames("front", 1)
        descriptors, epoch = daemon.descriptors(), daemon.status()["daemon"]["epoch"]
        said = daemon.camctl("upgrade", expect=1).stderr
        self.assertRegex(said, text)
        self.assertIn("camd goes on as it", said)
        self.assertFalse(daemon.runs_installed())
        self.assert_goes_on(daemon, "front", before)
        # a subscriber may just be coming back
        wait_for(lambda: daemon.descriptors() <= descriptors + 1, "descriptors are given back")
        self.assertEqual(daemon.status()["daemon"]["epoch"], epoch)

    def test_a_broken_program_leaves_the_old_one_running(self):
        daemon = self.daemon_with(cameras={"front": {"input": moving_pattern()}})
        daemon.install_script("echo it is not what it was >&2; exit 1\n")
        self.assert_refused(daemon, "cannot take over: it is not what it was")
        daemon.install_script("kill -SEGV $$\n")
        self.assert_refused(daemon, "killed by signal 11")
        daemon.install_script("\n")  # cut off: it took it for content, executed it, and all cameras ended
        self.assert_refused(daemon, "does not say that it can take over: is it camd")
        (daemon.bin / "camd.new").write_bytes(b"\x7fELF" + bytes(100))
        (daemon.bin / "camd.new").chmod(0o755)
        (daemon.bin / "camd.new").rename(daemon.bin / "camd")
        self.assert_refused(daemon, "Exec format error")
        (daemon.bin / "camd").rename(daemon.bin / "camd.gone")
        said = daemon.camctl("upgrade", expect=1).stderr
        self.assertIn("No such file", said)
        daemon.install(program("camd"))
        self.upgrade(daemon)

    def cut_off(self, daemon, *words):
        """camctl whose connection ends with its question, as at an upgrade; whoever connects then gets to camd."""
        with daemon.control() as control:
            greeting = json.dumps(control.greeting).encode() + b"\n"
        path = self.directory / "between.sock"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(path))
            listener.listen()
            camctl = subprocess.Popen([program("camctl"), "-s", path, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            with listener.accept()[0] as client:
                client.sendall(greeting)
                self.assertIn(words[0].encode(), client.recv(65536))
                path.unlink()
                path.symlink_to(daemon.socket)
        said, problem = camctl.communicate(timeout=60 * SLOWNESS)
        return camctl.returncode, said + problem

    def test_a_question_that_it_has_cut_off_is_asked_again(self):
        """status --check said that camd does not answer, now and then. What changes something is not asked for twice."""
        daemon = self.daemon_with(cameras={"front": {"input": moving_pattern(), "fps": 10}})
        daemon.wait_frames("front", 1)
        status, said = self.cut_off(daemon, "status", "--check")
        self.assertEqual(status, 0, said)
        status, said = self.cut_off(daemon, "stop", "front")
        self.assertEqual(status, 3, said)
        self.assertIn("closed the connection", said)
        self.assertEqual(daemon.camera("front")["state"], "up")

    def test_a_camera_that_goes_while_the_new_program_checks_is_no_mistake_of_it(self):
        """Its segments are gone then, which made one upgrade of 25 fail while cameras were added and removed all the time."""
        daemon = self.daemon_with(cameras={"front": {"input": moving_pattern(), "fps": 10}})
        daemon.camctl("add", "passing", f"input={moving_pattern()}", "--runtime")
        before = daemon.wait_frames("front", 2)
        remove = shlex.join(daemon.camctl_command("remove", "passing"))
        daemon.install_script(f'[ "$1" = --check-handoff ] && {remove} >&2\nexec {program("camd")} "$@"\n')
        daemon.camctl("upgrade")
        self.assertIsNone(daemon.camera("passing"))
        self.assert_goes_on(daemon, "front", before)

    def helper(self, daemon, words):
        return wait_for(lambda: next((pid for pid, line in descendants(daemon.pid).items() if words in line), None), f"{words} runs")

    def test_a_writer_of_events_that_somebody_has_stopped_goes_on_for_it(self):
        """It was refused after 30 seconds, without a word of who had not ended."""
        daemon = self.daemon_with()
        os.kill(self.helper(daemon, "camd-events write"), signal.SIGSTOP)
        self.upgrade(daemon)

    def test_a_helper_that_does_not_end_is_named(self):
        daemon = UpgradableCamd(self, cameras={"front": {"input": "/nowhere", "enabled": "no"}})
        daemon.install(program("camd-at-fault"))  # which has little patience
        daemon.start()
        go, held = sync_that_waits(daemon, self.directory)
        with daemon.control() as control:
            control.send("enable", name="front")
            wait_for(held.exists, "it is being written")
            pid = self.helper(daemon, "camd-sync")
            said = daemon.camctl("upgrade", expect=1).stderr
            self.assertIn(f"by camd-sync, process {pid}", said)
            self.assertIn(f"kill -KILL {pid}", said)
            os.kill(pid, signal.SIGSTOP)
            said = daemon.camctl("upgrade", expect=1).stderr
            self.assertIn(f"process {pid}, which a signal has stopped", said)
            self.assertIn(f"kill -CONT {pid}", said)
            os.kill(pid, signal.SIGCONT)
            go.touch()
        daemon.camctl("upgrade")

    def test_one_that_is_older_than_upgrades_is_named_so(self):
        """The last line of its usage was given as the reason."""
        daemon = self.daemon_with()
        daemon.install_script("echo 'usage: camd [-d]' >&2; echo '  --version' >&2; exit 2\n")
        said = daemon.camctl("upgrade", expect=1).stderr
        self.assertIn("knows nothing of upgrades", said)
        self.assertIn("start it again", said)

    def test_one_for_which_descriptors_are_short_says_what_to_raise(self):
        """It was asked whether camd was installed as a whole."""
        daemon = self.daemon_with()
        wait_for(daemon.has_settled, "it goes on")
        with daemon.control() as control:
            limit_open_files(daemon.pid, daemon.descriptors())
            error = control.ask("upgrade")[1]["error"]
        self.assertIn("Too many open files", error["text"])
        self.assertRegex(error["hint"], "LimitNOFILE|ulimit")

    def test_all_that_a_check_says_is_in_the_log(self):
        """The line with the key that an older program does not know came before the one that was told."""
        daemon = self.daemon_with()
        daemon.install_script("echo '<3>/etc/camd.ini:7: colour: unknown key' >&2; echo '<3>it cannot be used' >&2; exit 1\n")
        self.assertIn("cannot take over: it cannot be used", daemon.camctl("upgrade", expect=1).stderr)
        self.assertIn("the new program says: /etc/camd.ini:7: colour: unknown key", daemon.log_text())

    def test_segments_that_go_while_it_is_executed_cost_their_camera_a_restart(self):
        """Neither the new program nor the old one could take over then, and camd ended."""
        daemon = self.daemon_with(cameras={name: {"input": moving_pattern()} for name in ("front", "back")})
        before = {name: daemon.wait_frames(name, 2) for name in ("front", "back")}
        daemon.install_script(f'[ "$1" = --take-over ] && rm -f /dev/shm/{daemon.prefix}front.info\n'
                              f'exec {program("camd")} "$@"\n')
        self.assertIn("restart, one after the other", daemon.camctl("upgrade").stdout)
        after = daemon.wait_camera("front", lambda camera: camera["state"] == "up" and camera["frames"] > before["front"]["frames"]
                                   and camera["capture"]["pid"] != before["front"]["capture"]["pid"], "up with new segments")
        self.assertEqual(after["capture"]["failures"], 0)
        self.assertIn(f"{daemon.prefix}front.info", daemon.segments("front"))
        self.assert_goes_on(daemon, "back", before["back"])

    def test_a_stop_while_cameras_are_restarted_starts_none_of_them(self):
        """The next one was started after all had been told to stop, and left behind in the end."""
        os.environ["CAMD_TEST_UPGRADE_FAULT"] = "layout"
        self.addCleanup(os.environ.pop, "CAMD_TEST_UPGRADE_FAULT", None)
        # their workers end when they are killed, so that a turn takes a while
        camera = {"input": "misbehave://ignore-term", "capture": program("misbehave"), "tracker": program("misbehave"), "stop_timeout": 3}
        daemon = self.daemon_with(cameras={"a": camera, "b": camera})
        for name in ("a", "b"):
            daemon.wait_frames(name, 1)
        daemon.install(program("camd-at-fault"))
        daemon.camctl("upgrade")
        daemon.wait_camera("a", lambda status: status["capture"]["state"] == "stopping", "its turn has begun")
        daemon.stop()

    def test_what_the_program_before_had_for_older_ones_is_closed(self):
        """A space_event for a camera that needs none, as camd handed over while an older program could be the next."""
        daemon = self.daemon_with(cameras={"front": {"input": moving_pattern()}})
        before = daemon.wait_frames("front", 1)
        self.upgrade(daemon)
        wait_for(daemon.has_settled, "it goes on")
        descriptors, handing, handed = daemon.descriptors(), self.directory / "handing.py", self.directory / "handed"
        handing.write_text(HANDING_A_SPARE_EVENT)
        daemon.install_script(f"""[ "$1" = --take-over ] && exec {sys.executable} {handing} {handed} {program("camd")} "$@"
            exec {program("camd")} "$@"
            """)
        daemon.camctl("upgrade")
        self.assertTrue(handed.exists())
        self.assert_goes_on(daemon, "front", before)
        wait_for(lambda: daemon.has_settled() and daemon.descriptors() <= descriptors, "it is closed")

    def test_one_that_fails_half_way_is_gone_back_from(self):
        for fault, text in (("error", "could not take over"), ("crash", r"crashed \(signal 06\)"), ("hang", "took too long")):
            with self.subTest(fault):
                os.environ["CAMD_TEST_UPGRADE_FAULT"] = fault
                self.addCleanup(os.environ.pop, "CAMD_TEST_UPGRADE_FAULT", None)
                daemon = self.daemon_with(cameras={"front": {"input": moving_pattern()}})
                daemon.wait_frames("front", 1)
                subscriber = Subscriber(daemon)
                wait_for(lambda: subscriber.last, "it is subscribed")
                daemon.install(program("camd-at-fault"))
                self.assert_refused(daemon, text)
                self.assertIn("upgrade_failed", [event["event"] for event in daemon.events()])
                daemon.install(program("camd"))
                self.upgrade(daemon)
                wait_for(lambda: any(event["event"] == "daemon_upgraded" for event in subscriber.events), "it is told")
                subscriber.ends = True
                numbers = subscriber.numbers()
                self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))
                daemon.stop()

    def test_another_layout_of_segments_restarts_the_cameras_one_by_one(self):
        """They run on with their old ones until it is their turn; frame ids and the count of frames go on."""
        os.environ["CAMD_TEST_UPGRADE_FAULT"] = "layout"
        self.addCleanup(os.environ.pop, "CAMD_TEST_UPGRADE_FAULT", None)
        daemon = self.daemon_with(cameras={name: {"input": moving_pattern()} for name in ("a", "b")})
        before = {name: daemon.wait_frames(name, 5) for name in ("a", "b")}
        daemon.install(program("camd-at-fault"))
        said = daemon.camctl("upgrade").stdout
        self.assertIn("restart, one after the other", said)
        for name, camera in before.items():
            after = daemon.wait_camera(name, lambda status, old=camera: status["state"] == "up"
                                       and status["capture"]["pid"] != old["capture"]["pid"]
                                       and status["tracker"]["pid"] != old["tracker"]["pid"]
                                       and status["frames"] > old["frames"], "up with new segments")
            self.assertEqual(after["capture"]["failures"], 0)
            daemon.wait_camera(name, lambda status: status["processed"] > 2, "its tracker gets frames")
            self.assertTrue(daemon.segments(name))
        wait_for(lambda: not daemon.removed_segments(), "the old segments are let go")
        log = daemon.log_text()
        self.assertLess(log.index("a: its workers are restarted"), log.index("b: its workers are restarted"))
        daemon.camctl("snapshot", "a", "-o", self.directory / "a.png")

    def test_signals_that_come_meanwhile_are_obeyed_after(self):
        daemon = self.daemon_with(cameras={"front": {"input": moving_pattern()}})
        daemon.wait_frames("front", 1)
        with daemon.control() as control:
            control.send("upgrade")
            os.kill(daemon.pid, signal.SIGTERM)
            daemon.wait_end()

    def test_the_parent_that_starts_it_again_goes_on_too(self):
        daemon = UpgradableCamd(self, settings={"log": str(self.directory / "daemon.log")})
        self.assertEqual(daemon.run("-d", "--respawn").returncode, 0)
        daemon.pid = int((daemon.run_dir / "camd.pid").read_text())
        parent = int((daemon.run_dir / "camd.pid.respawn").read_text())
        daemon.install(program("camd"))
        self.upgrade(daemon)
        self.assertEqual(int((daemon.run_dir / "camd.pid").read_text()), daemon.pid)
        daemon.camctl("shutdown")
        wait_for(lambda: not is_running(parent), "the parent ends")
        self.assertNotIn("started again", (self.directory / "daemon.log").read_text())
