"""pipeline: cameras of 1080p H.264 at 15 fps, paced, looked at with 5 fps for motion and objects: CPU and memory a camera.

Beside them as many ffmpeg that decode the same, paced, with one thread each, and do nothing with it: what nobody can save. camd is measured once all its slots have been filled, as they are from its first seconds on. How many cameras two cores carry is what the CPU of a few gives; camd is then run with so many, and skipped frames are counted."""
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import clips
import real
import supervised
from report import Row

PEER = Path(__file__).resolve().parent / "peer_reference.py"
CAMERAS, WARM_S, MEASURED_S, IDLE_WITHIN_S = 4, 4, 12, 30
DECODE = "ffmpeg, decoding only"
CLIP, SIZE, RATE, FPS, CORES = "h264-1080p", (1920, 1080), 15, 5, 2


def measure(options):
    clip = clips.of(options, CLIP)
    still = clips.of(options, "still-1080p")
    used = Row("pipeline", "CPU of a camera", "% of a core", {}, "next best", 1 / 1.5)
    memory = Row("pipeline", "private memory of a camera", "MB", {})
    full = Row("pipeline", f"cameras that {CORES} cores carry, by their CPU", "cameras", {})
    if not clip:
        used.notes.append("not measured: ffmpeg, which makes the clip, is not installed")
        return [used]
    for _ in range(options.rounds):
        for name, start in (("camd", camd), ("motion", motion), ("reference's way", reference), (DECODE, decode)):
            with options.place() as place:
                try:
                    pids, stop = start(place, clip)
                except FileNotFoundError as problem:
                    used.notes = [*(note for note in used.notes if str(problem) not in note), f"not installed: {problem}"]
                    continue
                time.sleep(WARM_S)
                before, begun = real.cpu_s(pids()), time.monotonic()
                parts = {pid: real.cpu_s([pid]) for pid in pids()}
                time.sleep(MEASURED_S)
                passed = time.monotonic() - begun
                share = (real.cpu_s(pids()) - before) / passed / CAMERAS
                if name == "camd":
                    by_process = shares({pid: 100 * (real.cpu_s([pid]) - parts[pid]) / passed / CAMERAS for pid in parts})
                memory.subjects.setdefault(name, []).append(supervised.private_mb(pids()) / CAMERAS)
                used.subjects.setdefault(name, []).append(100 * share)
                full.subjects.setdefault(name, []).append(CORES / share)
                stop()
    medians = used.medians()
    others = [medians[name] for name in medians if name not in ("camd", DECODE)]
    used.subjects["next best"] = [min(others)] if others else []
    used.notes.append(f"camd's in the last round: {by_process}; the other two look for motion only, and follow no objects")
    if others and DECODE in medians:
        used.notes.append(f"decoding alone takes {medians[DECODE] / min(others):.2f} times the next best: less is not to be had")
    full.notes.append(skipped_of(options, clip, int(full.medians()["camd"])))
    return [used, memory, full, idle_row(options, still)]


def idle_row(options, clip):
    """A scene in which nothing moves but the sensor's noise, with key pictures every two seconds."""
    row = Row("pipeline", "nothing moves: CPU of a camera with idle_decode = 2", "% of a core", {}, "camd, all decoded")
    for _ in range(options.rounds):
        for name, more in (("camd", "idle_decode = 2\n"), ("camd, all decoded", "")):
            with options.place() as place:
                daemon = real.Daemon(place, "".join(section(f"c{at}", clip) + more + "motion_off_delay = 2\n" for at in range(CAMERAS)))
                time.sleep(WARM_S)
                if more:
                    await_idle(daemon)
                pids = [daemon.process.pid, *daemon.workers()]
                before, begun = real.cpu_s(pids), time.monotonic()
                time.sleep(MEASURED_S)
                row.subjects.setdefault(name, []).append(100 * (real.cpu_s(pids) - before) / (time.monotonic() - begun) / CAMERAS)
                if name == "camd":
                    cameras = daemon.status()["cameras"]
                    row.notes = [f"{sum(camera['idle'] for camera in cameras)} of {CAMERAS} are idle, and {cameras[0]['process_fps']:.1f} fps are looked at; motion is noticed later by up to the two seconds"]
                daemon.stop()
    return row


def await_idle(daemon):
    """The rhythm of key pictures has to be seen first."""
    for _ in range(IDLE_WITHIN_S):
        if all(camera["idle"] for camera in daemon.status()["cameras"]):
            return
        time.sleep(1)


def section(name, clip):
    return f"[camera {name}]\ninput = {clip}\nloop = yes\nfps = {FPS}\ndetector = motion\n"  # objects are what moves


def camd(place, clip):
    daemon = real.Daemon(place, "".join(section(f"c{at}", clip) for at in range(CAMERAS)))
    daemon.await_slots()
    return lambda: [daemon.process.pid, *daemon.workers()], daemon.stop


def motion(place, clip):
    """Debian's motion, which keeps nothing and serves nothing."""
    if not shutil.which("motion"):
        raise FileNotFoundError("motion")
    directory = place.fresh("motion")
    text = ("daemon off\nsetup_mode off\nlog_level 3\nwebcontrol_port 0\nstream_port 0\nmovie_output off\npicture_output off\n"
            f"target_dir {directory}\n")
    for at in range(CAMERAS):
        camera = directory / f"camera{at}.conf"
        camera.write_text(f"camera_id {at + 1}\nnetcam_url file://{clip}\nwidth {SIZE[0]}\nheight {SIZE[1]}\nframerate {FPS}\n"
                          f"netcam_params capture_rate={RATE}\n", encoding="ascii")
        text += f"camera {camera}\n"
    (directory / "motion.conf").write_text(text, encoding="ascii")
    process = subprocess.Popen(["motion", "-n", "-c", directory / "motion.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    place.parents.append(process)

    def stop():
        process.send_signal(signal.SIGTERM)
        process.wait()
    return lambda: [process.pid], stop


def reference(place, clip):
    """ffmpeg, a pipe, and the reference's steps of motion detection in Python; see peer_motion.py."""
    for module in ("cv2", "scipy"):
        if subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, check=False).returncode:
            raise FileNotFoundError(f"{module} for Python")
    processes = [subprocess.Popen([sys.executable, PEER, clip, *map(str, SIZE), str(FPS)], start_new_session=True) for _ in range(CAMERAS)]
    place.parents += processes

    def pids():
        found = [process.pid for process in processes]
        for pid in list(found):
            found += supervised.children(pid)
        return found

    def stop():
        for process in processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    time.sleep(2)
    return pids, stop


def decode(place, clip):
    """Decoding alone: the same clip in its own time, one thread, and nobody looks at the pictures."""
    if not shutil.which("ffmpeg"):
        raise FileNotFoundError("ffmpeg")
    words = ["ffmpeg", "-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-threads", "1", "-i", clip, "-an", "-threads", "1", "-f", "null", "-"]
    processes = [subprocess.Popen(words) for _ in range(CAMERAS)]
    place.parents += processes

    def stop():
        for process in processes:
            process.kill()
            process.wait()
    return lambda: [process.pid for process in processes], stop


def shares(percent):
    """{pid: % of a core} by program, as words."""
    sums = {}
    for pid, share in percent.items():
        program = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
        sums[program] = sums.get(program, 0) + share
    return ", ".join(f"{program} {share:.2f}" for program, share in sorted(sums.items(), key=lambda entry: -entry[1]) if share >= 0.005)


def skipped_of(options, clip, cameras):
    """camd with so many cameras: whether any frame was skipped in a while."""
    with options.place() as place:
        daemon = real.Daemon(place, "".join(section(f"c{at}", clip) for at in range(cameras)))
        time.sleep(WARM_S + cameras / 2)
        before = {camera["name"]: camera["skipped"] for camera in daemon.status()["cameras"]}
        time.sleep(MEASURED_S)
        after = daemon.status()["cameras"]
        skipped = sum(camera["skipped"] - before[camera["name"]] for camera in after)
        rates = [camera["process_fps"] for camera in after]
        daemon.stop()
    return f"with {cameras} cameras {skipped} of {cameras * MEASURED_S * FPS} frames were skipped in {MEASURED_S} s; {min(rates):.1f} to {max(rates):.1f} fps were looked at"
