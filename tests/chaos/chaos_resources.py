"""What a machine runs out of: descriptors, processes, shared memory, disk."""
import os
import re
import resource
import shutil
import signal
import subprocess
import time
import unittest
from pathlib import Path

import harness
from chaos import Camd, Chaos, INTEGRATION, QUICK, cpu_seconds, descriptors, misbehaving, program, wait_for

SOMEBODY = 54399  # a user that nobody has


def limit(pid, what, count):
    resource.prlimit(pid, what, (count, resource.prlimit(pid, what)[1]))


def kill(camera, worker="capture"):
    os.kill(camera[worker]["pid"], signal.SIGKILL)


class Descriptors(Chaos):
    def test_camd_may_open_no_further_file(self):
        """With restart_delay = 0 a start that failed at once was tried without a pause, with a line of log each."""
        daemon = self.daemon_with_witnesses(cameras={"bad": misbehaving("well", fps=20, restart_delay=0)})
        camera = daemon.wait_frames("bad", 3)
        begun, before = len(daemon.log_text()), resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)[0]
        with daemon.control() as control:
            limit(daemon.pid, resource.RLIMIT_NOFILE, descriptors(daemon.pid) - 3)
            kill(camera)

            def bad():
                return next(part["camera"] for part in control.ask("status")[0] if part.get("camera", {}).get("name") == "bad")

            wait_for(lambda: bad()["capture"]["state"] == "backoff" and "Too many open files" in bad()["reason"], "it waits, and says for what")
            self.report(f"status: {bad()['reason']}; {bad()['hint']}")
            self.assertIn("raise the limit", bad()["hint"])
            # somebody else who comes meanwhile
            stranger = subprocess.Popen(daemon.camctl_command("version"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            used, clock = cpu_seconds(daemon.pid), time.monotonic()
            wait_for(lambda: bad()["capture"]["failures"] >= 3, "it is tried again")
            share = (cpu_seconds(daemon.pid) - used) / (time.monotonic() - clock)
            limit(daemon.pid, resource.RLIMIT_NOFILE, before)
        self.assertIn("camd", stranger.communicate(timeout=60)[0])
        daemon.wait_camera("bad", lambda camera: camera["state"] == "up", "up again by itself")
        lines = [line for line in daemon.log_text()[begun:].splitlines() if "bad" in line]
        self.report(f"{len(lines)} lines of log of it, {share * 100:.0f} % of a core meanwhile; a client that came then was answered after it")
        for line in lines:
            self.report("log: " + re.sub(r"^\S+ ", "", line))
        self.assertEqual(sum("Too many open files" in line for line in lines), 1, "\n".join(lines))
        self.assertLess(share, 0.3)
        self.assert_witnesses_go_on(daemon)

    def test_the_first_cameras_get_what_there_is_and_the_others_wait_with_words(self):
        cameras = {f"camera{number}": misbehaving("well", fps=5, **QUICK) for number in range(12)}
        daemon = Camd(self, cameras=cameras, wrapper=("prlimit", "--nofile=120:120"), settings={"slots_max": 4, "log_level": "info"}).start()
        wait_for(lambda: sum(camera["state"] == "up" for camera in daemon.status()["cameras"]) >= 3, "some run")
        waiting = wait_for(lambda: [camera for camera in daemon.status()["cameras"] if camera["state"] == "backoff"], "some wait")
        self.report(f"status: {waiting[0]['reason']}; {waiting[0]['hint']}")
        self.assertIn("descriptors", waiting[0]["reason"])
        up = [camera["name"] for camera in daemon.status()["cameras"] if camera["state"] == "up"]
        # one that goes makes room for one that waits
        daemon.camctl("stop", up[0])
        wait_for(lambda: any(camera["state"] == "up" and camera["name"] not in up for camera in daemon.status()["cameras"]), "the next one runs")
        self.report(f"{len(up)} of {len(cameras)} ran with 120 descriptors, and another one when one was stopped")


class Processes(Chaos):
    def setUp(self):
        if os.geteuid() != 0:
            raise unittest.SkipTest("only root can be somebody else, and others' limits are theirs already")
        super().setUp()

    def daemon_of_somebody(self, cameras):
        """camd as a user of its own, whose processes are counted, with programs that this user can read."""
        place = self.directory / "programs"
        place.mkdir()
        daemon = Camd(self, cameras=cameras, settings={"slots_max": 4, "log_level": "info"},
                      wrapper=("setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups"))
        for name in ("camd", "misbehave", *(path.name for path in daemon.libexec.iterdir())):
            shutil.copy2(program(name), place / name)
        for link in daemon.libexec.iterdir():
            link.unlink()
            link.symlink_to(place / link.name)
        for settings in daemon.cameras.values():
            settings["capture"] = settings["tracker"] = place / "misbehave"
        daemon.write_config()
        command = daemon.command
        daemon.command = lambda *arguments: [str(place / "camd") if word == str(program("camd")) else word for word in command(*arguments)]
        for path in [self.directory, *self.directory.rglob("*")]:
            if not path.is_symlink():
                os.chown(path, SOMEBODY, SOMEBODY)
        return daemon

    def limit_processes(self, daemon, count):
        subprocess.run(["setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups", "prlimit", f"--pid={daemon.pid}", f"--nproc={count}:"], check=True)

    def test_camd_may_start_no_further_process(self):
        daemon = self.daemon_of_somebody({"bad": misbehaving("well", fps=20, restart_delay=0), "witness": misbehaving("well", fps=20)})
        daemon.start()
        self.before = {"witness": daemon.wait_frames("witness", 3)}
        camera = daemon.wait_frames("bad", 3)
        begun = len(daemon.log_text())
        self.limit_processes(daemon, "1")
        kill(camera)
        bad = daemon.wait_camera("bad", lambda camera: camera["capture"]["state"] == "backoff" and "unavailable" in camera["reason"], "waits")
        self.report(f"status: {bad['reason']}; {bad['hint']}")
        self.assertIn("no more processes may be started", bad["hint"])
        daemon.wait_camera("bad", lambda camera: camera["capture"]["failures"] >= 3, "it is tried again")
        self.limit_processes(daemon, "1000")
        daemon.wait_camera("bad", lambda camera: camera["state"] == "up", "up again by itself")
        self.logged(daemon, "bad capture.*backoff.*unavailable", begun)
        self.assert_witnesses_go_on(daemon)


class Disk(Chaos):
    """state_dir is a small file system that only the daemon sees."""

    def setUp(self):
        harness.need_private_mounts()
        super().setUp()

    def daemon_on_small_disk(self, cameras=None):
        state = self.directory / "state"
        state.mkdir()
        mount = f'mount -t tmpfs -o size=256k tmpfs {state} && exec "$@"'
        daemon = self.daemon_with_witnesses(cameras=cameras, settings={"state_dir": state}, wrapper=[*harness.MOUNT_PRIVATELY, "sh", "-c", mount, "sh"])
        self.state = Path(f"/proc/{daemon.pid}/root{state}")
        return daemon

    def fill(self):
        try:
            with open(self.state / "hog", "wb", buffering=0) as hog:
                while True:
                    hog.write(bytes(4096))
        except OSError:
            pass

    def in_its_mounts(self, daemon, *command):
        subprocess.run(["nsenter", f"--mount=/proc/{daemon.pid}/ns/mnt", *command, self.directory / "state"], check=True)

    def make_read_only(self, daemon):
        """By a mount above it: its own cannot become so while a file is open for writing there."""
        self.in_its_mounts(daemon, "mount", "--bind", self.directory / "state")
        self.in_its_mounts(daemon, "mount", "-o", "remount,bind,ro")

    def assert_fault_and_recovery(self, daemon, why, begin, end):
        begun = len(daemon.log_text())
        begin()
        done = daemon.camctl("disable", "witness1", expect=None, timeout=90)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.report(f"disable: {done.stderr.strip()}")
        self.assertIn(why, done.stderr)
        self.before.pop("witness1")
        self.assert_witnesses_go_on(daemon)
        end()
        daemon.camctl("enable", "witness1")
        daemon.wait_state("witness1", "up")
        daemon.camctl("disable", "witness1")
        self.assertIn("witness1", (self.state / "enabled.json").read_text())
        lines = [line for line in daemon.log_text()[begun:].splitlines() if why in line]
        for line in lines:
            self.report("log: " + re.sub(r"^\S+ ", "", line))
        self.assertEqual(len(lines), 1, "\n".join(lines))
        self.assertIn("state_dir", lines[0])
        self.logged(daemon, "is kept in .*enabled.json again", begun)
        self.assert_witnesses_go_on(daemon)

    def test_state_dir_is_full(self):
        daemon = self.daemon_on_small_disk()
        self.assert_fault_and_recovery(daemon, "No space left on device", self.fill, lambda: (self.state / "hog").unlink())

    def test_state_dir_becomes_read_only(self):
        daemon = self.daemon_on_small_disk()
        self.assert_fault_and_recovery(daemon, "Read-only file system", lambda: self.make_read_only(daemon),
                                       lambda: self.in_its_mounts(daemon, "umount", "--lazy"))

    def test_grids_have_no_room_on_the_disk(self):
        """What a camera has learnt cannot be kept: that is told once, cameras go on, and it is kept when there is room."""
        tracker = self.directory / "tracker"
        tracker.symlink_to(INTEGRATION / "sampling_tracker.py")
        os.mkfifo(self.directory / "learning.fifo")
        daemon = self.daemon_on_small_disk({"learning": {"input": harness.moving_pattern(), "tracker": tracker}})
        daemon.wait_state("learning", "up")
        self.fill()
        begun = len(daemon.log_text())
        with open(self.directory / "learning.fifo", "w") as fifo:
            fifo.write('{"type":"grid_sample","box":[10,20,310,220],"label":"person"}\n' * 3)
        daemon.camctl("grid", "learning", "--clear", expect=None)  # which is written at once
        line = self.logged(daemon, r"(error|warning) .*grid.*", begun)
        self.assertRegex(line, "No space left on device|no room|full")
        self.assert_witnesses_go_on(daemon)
        (self.state / "hog").unlink()
        daemon.camctl("grid", "learning", "--clear")
        wait_for(lambda: (self.state / "grids.mdb").is_file(), "grids are on the disk", 120)  # which is tried again by itself
        self.assert_witnesses_go_on(daemon)


class Map(Chaos):
    """LMDB's map is address space of a fixed size, and a file may fill it: MDB_MAP_FULL."""

    LARGER_MIB = 160  # than twice what camd asks for (GRID_DB_MAP_BYTES)

    def learn_in_a_full_map(self, mib):
        tracker = self.directory / "tracker"
        tracker.symlink_to(INTEGRATION / "sampling_tracker.py")
        os.mkfifo(self.directory / "learning.fifo")
        state = self.directory / "state"
        state.mkdir()
        database = state / "grids.mdb"
        subprocess.run([program("fill_map"), database, str(mib)], check=True)
        before = database.stat().st_size
        daemon = self.daemon_with_witnesses(cameras={"learning": {"input": harness.moving_pattern(), "tracker": tracker, "stall_timeout": 600}},
                                            settings={"state_dir": state})
        daemon.wait_state("learning", "up")
        with open(self.directory / "learning.fifo", "w") as fifo:
            fifo.write('{"type":"grid_sample","box":[10,20,310,220],"label":"person"}\n' * 3)
        wait_for(lambda: daemon.ask("grid", name="learning")[1]["samples"] == 3, "it has learnt")
        self.assert_witnesses_go_on(daemon)
        daemon.stop()  # writes what is not written yet
        self.report(f"a map of {mib} MiB that was full: {before >> 10} KiB before, {database.stat().st_size >> 10} KiB now")
        self.assertNotIn("grids.mdb", daemon.log_text(), "nothing went wrong")
        daemon.start()
        wait_for(lambda: daemon.ask("grid", name="learning")[1]["samples"] == 3, "what it had learnt was kept")

    def test_the_map_of_the_grids_is_full(self):
        self.learn_in_a_full_map(64)

    def test_the_map_of_the_grids_is_larger_than_any_that_is_asked_for_and_full(self):
        self.learn_in_a_full_map(self.LARGER_MIB)


class SharedMemory(Chaos):
    def setUp(self):
        harness.need_private_mounts()
        super().setUp()

    def test_dev_shm_becomes_full(self):
        daemon = self.daemon_with_witnesses(shm_mb=24, cameras={"bad": misbehaving("well", fps=20, **QUICK)})
        camera = daemon.wait_frames("bad", 3)
        hog = daemon.shm_directory() / "hog"
        with open(hog, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass
        # what runs has its memory, and who is killed gets it back
        kill(camera)
        kill(camera, "tracker")
        daemon.wait_camera("bad", lambda now: now["state"] == "up" and now["capture"]["restarts"] == 1, "restarts in its segments")
        begun = len(daemon.log_text())
        os.unlink(daemon.shm_directory() / f"{daemon.prefix}bad.frame0")
        bad = daemon.wait_camera("bad", lambda camera: camera["state"] in ("backoff", "up") and camera["frames"] > 0, "goes on, or says why not")
        self.report(f"a segment removed while /dev/shm is full: {bad['state']}; {bad['reason']}")
        hog.unlink()
        daemon.wait_camera("bad", lambda camera: camera["state"] == "up" and camera["frame_age_s"] < 2, "up again")
        self.logged(daemon, "bad: .*frame0.*making new segments", begun)
        self.assert_witnesses_go_on(daemon)
