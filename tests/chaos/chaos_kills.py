"""Processes that are killed and stopped: workers without a pause, anything at random, and camd itself."""
import os
import random
import signal
import time

import harness
from chaos import Camd, Chaos, KILLS, QUICK, SECONDS, children, descriptors, memory_kib, misbehaving, percentile, wait_for

GROWTH_KIB = 64
LINES_KIB = 2048  # of lines that workers wrote: camd keeps so many (log_pool.h)
LEVEL_KIB = 8  # of growth by a thousand kills: nothing
FULL_KILLS = 10000
WARM_UP = 1000  # kills until the events that are kept, so many and no more, are all there


class Kills(Chaos):
    def pids(self, daemon, control):
        parts, _ = control.ask("status")
        cameras = [part["camera"] for part in parts if "camera" in part]
        return {(camera["name"], worker): (camera[worker]["pid"], camera[worker]["state"])
                for camera in cameras for worker in ("capture", "tracker")}

    def kill_all(self, daemon, control):
        """Kills every worker at once; returns how many, and how long it took until all were up again, in ms."""
        before = self.pids(daemon, control)
        begun = time.monotonic()
        for pid, _ in before.values():
            os.kill(pid, signal.SIGKILL)

        def all_are_back():
            now = self.pids(daemon, control)
            return all(state == "up" and pid and pid != before[worker][0] for worker, (pid, state) in now.items())

        wait_for(all_are_back, "every worker that was killed is back", 60)
        return len(before), (time.monotonic() - begun) * 1000

    def test_every_worker_that_is_killed_comes_back_and_nothing_grows(self):
        cameras = {f"camera{number}": misbehaving("well", fps=60, restart_delay=0) for number in range(8)}
        daemon = Camd(self, cameras=cameras, settings={"log_level": "error", "slots_max": 4}).start()
        for name in cameras:
            daemon.wait_state(name, "up")
        kills, took = 0, []
        with daemon.control() as control:
            while kills < min(WARM_UP, KILLS // 2):
                kills += self.kill_all(daemon, control)[0]
            memory, files = memory_kib(daemon.pid), descriptors(daemon.pid)
            while kills < KILLS:
                count, milliseconds = self.kill_all(daemon, control)
                kills += count
                took.append(milliseconds)
            restarts = sum(camera[worker]["restarts"] for camera in daemon.status()["cameras"] for worker in ("capture", "tracker"))
            self.assert_no_zombies(daemon)
            wait_for(lambda: descriptors(daemon.pid) == files, f"as many descriptors as before ({files})")
            growth = memory_kib(daemon.pid) - memory
        self.report(f"{kills} workers killed, {restarts} restarts counted; 16 killed at once were up again in {percentile(took, 0.5):.0f} ms "
                    f"(median), {max(took):.0f} ms (most)")
        self.report(f"camd: memory {memory} KiB, {growth:+d} KiB; {files} descriptors, as before; no zombie")
        self.assertEqual(restarts, kills)
        if harness.SLOWNESS == 1:  # sanitizers need more
            self.assertLess(growth, LINES_KIB + GROWTH_KIB)  # the next test shows that there it ends

    def test_memory_is_level_once_all_that_is_bounded_is_full(self):
        """
        Workers that write lines without end fill the pool of lines and the events that are kept, which takes some thousand
        kills and 3 MB; from there on nothing is to come on top.
        """
        if KILLS < FULL_KILLS:
            self.skipTest(f"takes {FULL_KILLS} kills: --kills {FULL_KILLS}")
        cameras = {f"camera{number}": misbehaving("flood-lines=400", fps=60, restart_delay=0) for number in range(8)}
        daemon = Camd(self, cameras=cameras, settings={"log_level": "error", "slots_max": 4}).start()
        for name in cameras:
            daemon.wait_state(name, "up")
        levels = [memory_kib(daemon.pid)]
        with daemon.control() as control:
            def kill(count):
                done = 0
                while done < count:
                    done += self.kill_all(daemon, control)[0]
                levels.append(memory_kib(daemon.pid))

            while len(levels) < 20 and (len(levels) < 3 or levels[-1] - levels[-2] >= LEVEL_KIB):
                kill(WARM_UP)
            full = levels[-1]
            kill(KILLS)
        self.report(f"camd: memory {' '.join(map(str, levels[:-1]))} KiB, a thousand kills apart; {levels[-1] - full:+d} KiB by {KILLS} more")
        self.assert_no_zombies(daemon)
        if harness.SLOWNESS == 1:
            self.assertLess(levels[-1] - full, GROWTH_KIB)

    def test_any_process_is_killed_or_stopped_at_random(self):
        cameras = {"clip": {"input": harness.clip(), "loop": "yes", **QUICK},
                   "pattern": {"input": harness.moving_pattern(), **QUICK},
                   "bare": misbehaving("well", fps=20, **QUICK)}
        daemon = Camd(self, cameras=cameras, settings={"log_level": "info"}).start()
        for name in cameras:
            daemon.wait_frames(name, 3)
        files = descriptors(daemon.pid)
        chance = random.Random(time.time_ns())
        done = {signal.SIGKILL: 0, signal.SIGSTOP: 0}
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            processes = list(children(daemon.pid))
            what = chance.choice(list(done))
            if processes:
                try:
                    os.kill(chance.choice(processes), what)
                    done[what] += 1
                except ProcessLookupError:
                    pass
            time.sleep(chance.random() * 0.5)  # the pace of what happens
            daemon.status()
        for name in cameras:
            daemon.wait_camera(name, lambda camera: camera["state"] == "up" and camera["frame_age_s"] < 2, "up again")
        self.assert_no_zombies(daemon)
        wait_for(lambda: descriptors(daemon.pid) <= files + 1, "no more descriptors than before")
        lines = len(daemon.log_text().splitlines())
        self.report(f"{done[signal.SIGKILL]} processes killed, {done[signal.SIGSTOP]} stopped in {SECONDS:.0f} s: all cameras are up again; "
                    f"{lines} lines of log, {descriptors(daemon.pid)} descriptors ({files} before)")

    def test_camd_is_killed_while_cameras_start(self):
        """
        The workers end with it, and the next start, which comes at once, is not refused: a child that was half started had the
        lock for some milliseconds more, which refused 100 of 200 starts.
        """
        cameras = {f"camera{number}": misbehaving("well", fps=20) for number in range(6)}
        daemon = Camd(self, cameras=cameras, settings={"slots_max": 4})
        chance, gone = random.Random(7), []
        rounds = 10 if SECONDS < 60 else 100
        daemon.start()
        for _ in range(rounds):
            wait_for(lambda: daemon.workers(), "a worker")
            time.sleep(chance.random() * 0.05)
            workers = daemon.workers()
            daemon.kill()
            begun = time.monotonic()
            daemon.start(wait=False)
            wait_for(lambda: not any(map(harness.is_running, workers)), "its workers end")
            gone.append((time.monotonic() - begun) * 1000)
            daemon.wait_answer()
        for name in cameras:
            daemon.wait_state(name, "up")
        self.report(f"{rounds} times: every start that followed worked; workers were gone after {max(gone):.0f} ms at most")
