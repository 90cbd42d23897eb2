"""A /dev/shm that is too small, in a mount namespace of its own; and memory that is, in a control group of its own."""
import os
import signal
import subprocess
import unittest
from pathlib import Path

from harness import Camd, CamdTest, HERE, SLOWNESS, clip, moving_pattern, need_private_mounts, wait_for
from segments import Segments


class Files(CamdTest):
    def test_that_may_not_be_that_large_cost_their_camera_and_not_camd(self):
        """The kernel answers a file beyond RLIMIT_FSIZE with SIGXFSZ, of which camd and all of its cameras died."""
        limit = 1 << 20
        daemon = Camd(self, wrapper=("prlimit", f"--fsize={limit}"), settings={"log_level": "info"}, defaults={"best_pictures": 0}).start()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        refused = daemon.camctl("add", "large", f"input={moving_pattern('1280x720')}", "width=1280", "height=720", expect=1).stderr
        self.assertIn("File too large", refused)
        self.assertIn("ulimit -f", refused)
        daemon.wait_frames("front", 1)
        picture = self.directory / "front.jpg"
        done = subprocess.run(["prlimit", "--fsize=10", *daemon.camctl_command("snapshot", "front", "-o", picture)],
                              capture_output=True, text=True, timeout=60 * SLOWNESS, check=False)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(f"{picture} cannot be written: File too large", done.stderr)
        self.assertEqual(os.listdir(self.directory), [daemon.directory.name])


class SmallSharedMemory(CamdTest):
    def setUp(self):
        need_private_mounts()
        super().setUp()

    def test_of_16_mb_runs_what_fits_and_refuses_the_next_with_the_size_needed(self):
        daemon = Camd(self, shm_mb=16, defaults={"fps": 10}).start()
        running = {}
        for number in range(10):
            name = f"camera{number}"
            done = daemon.camctl("add", name, f"input={moving_pattern('768x576')}", expect=None)
            if done.returncode != 0:
                break
            running[name] = daemon.wait_frames(name, 2)
        # four slots of 768x576 take 2.6 MB: some fit, ten do not
        self.assertGreaterEqual(len(running), 3)
        self.assertLess(len(running), 7)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"\d+(\.\d+)? ?M(i?B)?\b")
        self.assertIn("/dev/shm", done.stderr)
        self.assertIsNone(daemon.camera(name))
        self.assertFalse((daemon.cameras_dir / f"{name}.ini").exists())
        self.assertEqual(daemon.segments(f"{name}."), [])
        for other, before in running.items():
            self.assert_camera_goes_on(daemon, other, before)
            with Segments(other, daemon.prefix, daemon.shm_directory()) as segments:
                self.assertGreaterEqual(segments.slots, 4)
        # what was refused fits once another is gone
        daemon.camctl("remove", "camera0")
        daemon.camctl("add", name, f"input={moving_pattern('768x576')}")
        daemon.wait_frames(name, 2)

    def test_that_somebody_fills_kills_nobody(self):
        daemon = Camd(self, shm_mb=16, defaults={"fps": 10}).start()
        daemon.camctl("add", "front", f"input={moving_pattern('768x576')}")
        before = daemon.wait_frames("front", 2)
        with open(daemon.shm_directory() / "hog", "wb") as hog:
            try:
                while True:
                    hog.write(bytes(65536))
                    hog.flush()
            except OSError:
                pass
        done = daemon.camctl("add", "back", f"input={moving_pattern('768x576')}", expect=1)
        self.assertIn("/dev/shm", done.stderr)
        self.assert_camera_goes_on(daemon, "front", before)
        os.unlink(daemon.shm_directory() / "hog")
        daemon.camctl("add", "back", f"input={moving_pattern('768x576')}")

    def test_that_has_room_again_is_worth_a_restart(self):
        """Cameras that started with 4 slots, since room was short, kept them, and nothing said so."""
        daemon = Camd(self, shm_mb=100, defaults={"fps": 10}).start()
        hog = daemon.shm_directory() / "hog"
        with open(hog, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, 94 << 20)
        daemon.camctl("add", "front", f"input={moving_pattern('768x576')}")
        self.assertEqual(daemon.wait_frames("front", 1)["slots"], 4)
        # one answer: what add refuses, shm has no slots for
        refused = daemon.camctl("add", "back", f"input={moving_pattern('1280x720')}", "width=1280", "height=720", expect=1)
        budget = daemon.camctl_json("shm")
        self.assertEqual(budget["slots"], 0)
        self.assertIn(budget["next"]["problem"], refused.stderr)
        self.assertIn("none for a camera that starts now", daemon.camctl("shm").stdout)
        self.assertEqual(daemon.camera("front")["reason"], "")
        hog.unlink()
        self.assertGreater(daemon.camctl_json("shm")["slots"], 4)
        self.assertIn("camctl restart front", daemon.camctl("shm").stdout)
        front = daemon.camera("front")
        self.assertEqual(front["state"], "up")
        self.assertIn("4 frame slots", front["reason"])
        self.assertIn("camctl restart front", front["hint"])
        daemon.camctl("restart", "front")
        daemon.wait_camera("front", lambda camera: camera["slots"] >= 8, "more slots")
        daemon.wait_camera("front", lambda camera: camera["state"] == "up" and not camera["reason"], "nothing to say")

    def test_that_may_have_few_files_is_told_as_that(self):
        """A /dev/shm that was short of files, and not of bytes, was told to be short of bytes of which hundreds of MB were free."""
        daemon = Camd(self, shm_mb=400, shm_files=20, defaults={"fps": 10, "best_pictures": 0}).start()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        # all but the directory, the lock, info, ctl and result
        self.assertEqual(daemon.wait_frames("front", 1)["slots"], 15)
        refused = daemon.camctl("add", "back", f"input={moving_pattern()}", expect=1).stderr
        self.assertIn("7 files in /dev/shm for 4 slots, and 0 more may be made there (nr_inodes)", refused)
        self.assertIn("remount,nr_inodes=", refused)
        self.assertIn("nr_inodes", daemon.camctl("shm").stdout)
        self.assertEqual(daemon.segments("back."), [])
        # what it has itself makes room for it
        daemon.camctl("restart", "front")
        self.assertEqual(daemon.wait_frames("front", 1)["slots"], 15)
        self.assertEqual(daemon.log_text().count("gets 15 frame slots"), 1, daemon.log_text())
        daemon.camctl("remove", "front")
        daemon.camctl("add", "back", f"input={moving_pattern()}")

    def test_that_is_small_is_told_once(self):
        """Every start of every camera logged that there is no room for further cameras."""
        daemon = Camd(self, shm_mb=16, defaults={"fps": 10}).start()
        for name in ("front", "back"):
            daemon.camctl("add", name, f"input={moving_pattern()}")
        daemon.camctl("restart", "front", "back")
        for name in ("front", "back"):
            daemon.wait_frames(name, 1)
        told = [line for line in daemon.log_text().splitlines() if "camctl shm explains" in line]
        self.assertEqual(len(told), 1, told)

    def test_the_budget_is_explained(self):
        daemon = Camd(self, shm_mb=16).start()
        daemon.camctl("add", "front", f"input={moving_pattern('768x576')}")
        budget = daemon.camctl_json("shm")
        self.assertEqual(budget["total_mb"], 16)
        self.assertEqual(budget["slots"], 4)
        self.assertTrue(budget["spare_given_up"])
        self.assertEqual([camera["name"] for camera in budget["cameras"]], ["front"])
        self.assertIn("front", daemon.camctl("shm").stdout)


class MemoryGroup:
    """A control group of one test, below the one that the test is in; of either version."""

    def __init__(self, limit_mb):
        places = {}
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, group = line.split(":", 2)
            if "memory" in controllers.split(","):
                places["memory.limit_in_bytes"] = Path("/sys/fs/cgroup/memory") / group.lstrip("/")
            elif not controllers:
                places.setdefault("memory.max", Path("/sys/fs/cgroup") / group.lstrip("/"))
        for limit, place in places.items():
            self.path = place / f"camdtest-{os.getpid()}"
            try:
                self.path.mkdir()
            except OSError:
                continue
            try:
                (self.path / limit).write_text(str(limit_mb << 20))
                return
            except OSError:
                self.path.rmdir()
        raise unittest.SkipTest("no control group with a limit of memory can be made here")

    def wrapper(self):
        """What starts a program in the group."""
        return ["sh", "-c", f'echo $$ >{self.path}/cgroup.procs && exec "$@"', "sh"]

    def kills(self):
        """Processes that were killed since the group had no memory left."""
        for name in ("memory.events", "memory.oom_control"):
            if (self.path / name).exists():
                words = (self.path / name).read_text().split()
                return int(words[words.index("oom_kill") + 1])
        raise AssertionError(f"{self.path} does not count kills")

    def remove(self):
        wait_for(lambda: not (self.path / "cgroup.procs").read_text(), "the group is empty")
        self.path.rmdir()


@unittest.skipIf(SLOWNESS > 1, "with a sanitizer workers take several times the memory that they are counted with")
class ControlGroup(CamdTest):
    def test_slots_leave_memory_for_camd_and_the_workers(self):
        """/dev/shm had room for 50 slots, the group had not: camd itself was killed within a second."""
        group = MemoryGroup(120)
        self.addCleanup(group.remove)
        cameras = {f"camera{number}": {"input": clip(), "loop": "yes"} for number in range(4)}
        daemon = Camd(self, cameras=cameras, wrapper=group.wrapper()).start()
        running = [daemon.wait_frames(name, 5) for name in cameras]
        self.assertTrue(all(4 <= camera["slots"] < 20 for camera in running), running)
        self.assertEqual(group.kills(), 0)
        budget = daemon.camctl_json("shm")
        self.assertTrue(budget["memory"]["is_group"])
        self.assertEqual(budget["memory"]["total_mb"], 120)
        self.assertIn("120 MB of the control group", daemon.camctl("shm").stdout)
        self.assertIn("memory is so short that it gets", daemon.log_text())

    def test_a_camera_for_which_there_is_no_memory_waits_and_says_so(self):
        group = MemoryGroup(50)
        self.addCleanup(group.remove)
        daemon = Camd(self, wrapper=group.wrapper()).start()
        daemon.camctl("add", "front", f"input={clip()}", "loop=yes")
        before = daemon.wait_frames("front", 5)
        refused = daemon.camctl("add", "back", "input=rtsp://127.0.0.1:1/", "width=1920", "height=1080", expect=1)
        self.assertRegex(refused.stderr, r"1920x1080 needs \d+\.\d MB of memory .* of its control group's 50\.0 MB are left")
        self.assertIn("MemoryMax=", refused.stderr)
        self.assert_camera_goes_on(daemon, "front", before)
        self.assertEqual(group.kills(), 0)

    def test_a_worker_that_the_kernel_killed_for_want_of_memory_is_told_from_one_that_somebody_killed(self):
        """Both were "killed by signal 9 (Killed)"; and camd was as likely to be chosen as a worker."""
        group = MemoryGroup(100)
        self.addCleanup(group.remove)
        greedy = self.directory / "greedy.py"
        greedy.write_text("#!/usr/bin/python3 -S\nimport sys\nsys.path.insert(0, %r)\nfrom simple_worker import receive, send\nreceive()\n"
                          "send(type='ready')\nbytearray(500 << 20)\nreceive()\n" % str(HERE))
        greedy.chmod(0o755)
        daemon = Camd(self, wrapper=group.wrapper(), defaults={"restart_delay": 30, "restart_max_delay": 30}).start()
        daemon.camctl("add", "front", f"input={moving_pattern('64x48')}", "--runtime")
        pid = daemon.wait_frames("front", 1)["capture"]["pid"]
        adjustments = {process: int(Path(f"/proc/{process}/oom_score_adj").read_text()) for process in (daemon.pid, pid)}
        self.assertEqual(adjustments[pid], min(adjustments[daemon.pid] + 200, 1000))
        os.kill(pid, signal.SIGKILL)
        camera = daemon.wait_camera("front", lambda camera: camera["capture"]["restarts"] == 1, "was killed")
        self.assertEqual(camera["capture"]["last_exit"]["reason"], "was killed by signal 9 (Killed)")
        daemon.camctl("add", "back", "input=/x", f"capture={greedy}", "--runtime", "--timeout", "0.1", expect=None)
        camera = daemon.wait_camera("back", lambda camera: camera["state"] == "backoff", "is in back-off", timeout=60)
        self.assertIn("was killed by the kernel, since memory was short", camera["reason"])
        self.assertIn("MemoryMax=", camera["hint"])
        self.assertEqual((camera["capture"]["last_exit"]["kind"], camera["capture"]["last_exit"]["signal"]), ("signal", 9))
        self.assertGreater(group.kills(), 0)


class MaxMemory(CamdTest):
    # without how much it had, which is another figure each time: the same fault is to be known as the same
    REASON = "took more than max_memory: {} MB are allowed"

    def test_a_worker_that_takes_too_much_ends_and_says_why(self):
        """A hostile server made capture take 4 GB in ten seconds, until the kernel killed something."""
        daemon = self.camd(defaults={"restart_delay": 30, "restart_max_delay": 30})
        daemon.camctl("add", "front", f"input={moving_pattern('3840x2160')}", "max_memory=16", "--runtime", "--timeout", "0.1", expect=None)
        daemon.camctl("add", "back", f"input={moving_pattern('64x48')}", "max_memory=none", "--runtime")
        camera = daemon.wait_camera("front", lambda camera: camera["capture"]["state"] == "backoff", "has ended")
        self.assertRegex(camera["reason"], "capture: .*" + self.REASON.format(16))
        self.assertIn("raise max_memory", camera["hint"])
        self.assertEqual(camera["capture"]["last_exit"]["kind"], "exit")
        self.assertEqual(daemon.camera("back")["state"], "up")

    def test_a_program_of_others_is_looked_at_with_its_progress(self):
        greedy = self.directory / "greedy.py"
        greedy.write_text("#!/usr/bin/python3 -S\nimport sys\nsys.path.insert(0, %r)\nfrom simple_worker import receive, send\nreceive()\n"
                          "send(type='ready')\nmuch = bytearray(b'x') * (60 << 20)\nwhile True:\n    receive()\n" % str(HERE))
        greedy.chmod(0o755)
        daemon = self.camd(defaults={"stall_timeout": 1, "restart_delay": 30, "restart_max_delay": 30})
        daemon.camctl("add", "front", "input=/x", f"capture={greedy}", "max_memory=50", "--runtime", "--timeout", "0.1", expect=None)
        camera = daemon.wait_camera("front", lambda camera: camera["capture"]["state"] == "backoff", "was stopped")
        self.assertRegex(camera["reason"], self.REASON.format(50))
