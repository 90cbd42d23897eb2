"""Changes of the configuration while cameras run: only those that changed are touched."""
import hashlib
import os
import signal

from harness import Camd, CamdTest, clip, is_running, moving_pattern, program, wait_for
from segments import Segments


class Reload(CamdTest):
    def start_three(self):
        daemon = Camd(self)
        for name in ("front", "back", "gate"):
            daemon.write_camera(name, input=moving_pattern(), fps=10)
        daemon.start()
        return daemon, {name: daemon.wait_frames(name, 2) for name in ("front", "back", "gate")}

    def test_touches_only_the_cameras_that_changed(self):
        daemon, before = self.start_three()
        daemon.write_camera("back", input=moving_pattern(), fps=10, width=160, height=120)
        os.unlink(daemon.cameras_dir / "gate.ini")
        daemon.write_camera("yard", input=moving_pattern(), fps=10)
        reply = daemon.camctl_json("reload")
        self.assertEqual((reply["added"], reply["removed"], reply["changed"], reply["unchanged"]), (["yard"], ["gate"], ["back"], 1))
        self.assertIsNone(reply["restart_needed"])
        daemon.wait_camera("back", lambda camera: camera["state"] == "up" and camera["width"] == 160, "the new size")
        daemon.wait_frames("yard", 1)
        wait_for(lambda: daemon.camera("gate") is None and not daemon.segments("gate."), "gate is gone")
        self.assertFalse(is_running(before["gate"]["capture"]["pid"]))
        self.assert_camera_goes_on(daemon, "front", before["front"])
        with Segments("back", daemon.prefix) as segments:
            self.assertEqual((segments.width, segments.height), (160, 120))

    def test_of_a_bad_file_changes_nothing_and_names_every_problem(self):
        daemon, before = self.start_three()
        names = daemon.segments()
        daemon.write_camera("back", input=moving_pattern(), fps="lots")
        daemon.write_camera("yard", inputt=moving_pattern())
        os.unlink(daemon.cameras_dir / "gate.ini")
        done = daemon.camctl("reload", expect=1)
        self.assertRegex(done.stderr, r"back\.ini:3: .*fps")
        self.assertRegex(done.stderr, r"yard\.ini:2: .*inputt")
        for name, camera in before.items():
            self.assert_camera_goes_on(daemon, name, camera)
        self.assertEqual(daemon.segments(), names)
        # by signal, too; and a later good file is taken
        daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "back.ini:3" in daemon.log_text(), "the log names the problem")
        for name, camera in before.items():
            self.assert_camera_goes_on(daemon, name, camera)
        daemon.write_camera("back", input=moving_pattern(), fps=10)
        os.unlink(daemon.cameras_dir / "yard.ini")
        reply = daemon.camctl_json("reload")
        self.assertEqual((reply["removed"], reply["changed"], reply["unchanged"]), (["gate"], [], 2))

    def test_with_nothing_changed_changes_nothing(self):
        daemon, before = self.start_three()
        reply = daemon.camctl_json("reload")
        self.assertEqual((reply["added"], reply["removed"], reply["changed"], reply["unchanged"]), ([], [], [], 3))
        for name, camera in before.items():
            self.assert_camera_goes_on(daemon, name, camera)

    def test_that_takes_a_camera_out_and_in_again_before_it_has_left_starts_it_again(self):
        daemon = Camd(self)
        worker = program("misbehave")
        settings = {"input": "misbehave://ignore-term", "capture": worker, "tracker": worker, "stop_timeout": 300}
        daemon.write_camera("deaf", **settings)
        daemon.start()
        before = daemon.wait_frames("deaf", 1)
        os.unlink(daemon.cameras_dir / "deaf.ini")
        with daemon.control() as control:
            control.send("reload")
            wait_for(lambda: daemon.camera("deaf") is None, "the reload has begun")
            self.assertTrue(is_running(before["capture"]["pid"]), "it is still leaving, or this tests nothing")
            daemon.write_camera("deaf", **{**settings, "input": "misbehave://well"})
            with daemon.control() as other:
                other.send("reload")
                wait_for(lambda: "deaf: added by the reload: it starts when its old workers are gone" in daemon.log_text(),
                         "the second reload has begun")
                for role in ("capture", "tracker"):  # one after the other, as they are stopped
                    wait_for(lambda role=role: f"deaf {role}: stopping" in daemon.log_text(), f"the {role} is being stopped")
                    os.kill(before[role]["pid"], signal.SIGKILL)
                reply = other.receive()["ok"]
            self.assertEqual((reply["added"], reply["unfinished"]), (["deaf"], []))
            self.assertEqual(control.receive()["ok"]["removed"], ["deaf"])
        after = daemon.wait_frames("deaf", 1)
        self.assertNotEqual(after["capture"]["pid"], before["capture"]["pid"])

    def hold_up_files(self, daemon):
        """From now on the helper that writes and removes files waits until the returned file is there."""
        go, held = self.directory / "go", self.directory / "held"
        daemon.replace_program("camd-sync", f'echo "$@" >>"{held}"\nwhile [ ! -e "{go}" ]; do sleep 0.02; done\nexec "$REAL" "$@"')
        return go, held

    def test_keeps_a_camera_whose_file_is_still_being_written(self):
        daemon = self.camd()
        go, held = self.hold_up_files(daemon)
        with daemon.control() as control:
            control.send("add", name="front", settings={"input": moving_pattern()})
            wait_for(held.exists, "the file is being written")
            self.assertEqual(daemon.camctl_json("reload")["removed"], [])
            go.touch()
            self.assertIn("ok", control.receive())
        daemon.wait_frames("front", 1)

    def test_does_not_bring_back_a_camera_whose_file_is_still_being_removed(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        go, held = self.hold_up_files(daemon)
        with daemon.control() as control:
            control.send("remove", name="front")
            wait_for(held.exists, "the file is being removed")
            wait_for(lambda: not daemon.segments("front."), "its workers are gone")
            self.assertEqual(daemon.camctl_json("reload")["added"], [])
            go.touch()
            self.assertIn("ok", control.receive())
        self.assertIsNone(daemon.camera("front"))
        self.assertEqual(list(daemon.cameras_dir.iterdir()), [])

    def test_without_the_directory_of_cameras_ends_none(self):
        """A cameras_dir whose file system was not mounted removed all of its cameras, exit status 0."""
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        before = daemon.wait_frames("front", 1)
        away = daemon.cameras_dir.rename(daemon.cameras_dir.with_name("away"))
        refused = daemon.camctl("reload", expect=1).stderr
        self.assertIn(f"{daemon.cameras_dir}: the directory of cameras that run is not there", refused)
        self.assert_camera_goes_on(daemon, "front", before)
        daemon.cameras_dir.mkdir()  # meant so
        self.assertEqual(daemon.camctl_json("reload")["removed"], ["front"])
        # with none of its cameras there is nothing to lose
        daemon.cameras_dir.rmdir()
        daemon.camctl("reload")
        away.rename(daemon.cameras_dir)
        self.assertEqual(daemon.camctl_json("reload")["added"], ["front"])

    def test_of_a_file_that_was_cut_off_ends_no_camera(self):
        """A camd.ini that an editor, or a full disk, had left empty removed all cameras of it, exit status 0."""
        daemon = Camd(self)
        daemon.write_config()
        main = daemon.config
        text = main.read_text() + f"[camera gate]\ninput = {moving_pattern()}\n"
        daemon.write_camera("front", input=moving_pattern())
        side = daemon.cameras_dir / "side.ini"
        side.write_text("# none yet\n")
        daemon.start()
        main.write_text(text)
        self.assertEqual(daemon.camctl_json("reload")["added"], ["gate"])
        before = {name: daemon.wait_frames(name, 1) for name in ("front", "gate")}
        own = next(path for path in daemon.cameras_dir.iterdir() if path != side)
        for path in (main, own):
            whole = path.read_text()
            for nothing in ("", "\n \n"):
                path.write_text(nothing)
                refused = daemon.camctl("reload", expect=1).stderr
                self.assertIn(f"{path}: the file is empty: is it being written", refused)
            path.write_text(whole)
        self.assertEqual(daemon.camctl_json("reload")["unchanged"], 2)
        for name in before:
            self.assert_camera_goes_on(daemon, name, before[name])
        own.write_text("# gone\n")  # meant so
        self.assertEqual(daemon.camctl_json("reload")["removed"], ["front"])

    def test_keeps_runtime_cameras(self):
        daemon, _ = self.start_three()
        daemon.camctl("add", "visitor", f"input={moving_pattern()}", "--runtime")
        before = daemon.wait_frames("visitor", 1)
        daemon.camctl("reload")
        self.assert_camera_goes_on(daemon, "visitor", before)

    def test_tells_which_changes_need_a_new_start(self):
        daemon = self.camd()
        daemon.settings["shm_reserve_mb"] = 10
        daemon.settings["run_dir"] = self.directory / "elsewhere"
        daemon.settings["pass_environment"] = "http_proxy"
        daemon.write_config()
        for _ in range(2):  # camd still runs with the old ones
            self.assertEqual(daemon.camctl_json("reload")["restart_needed"], "run_dir, pass_environment")
        self.assertTrue(daemon.status())

    def test_of_motion_settings_keeps_the_workers(self):
        daemon, before = self.start_three()
        daemon.write_camera("front", input=moving_pattern(), fps=10, motion_threshold=60)
        self.assertEqual(daemon.camctl_json("reload")["changed"], ["front"])
        self.assertEqual(daemon.wait_frames("front", before["front"]["frames"] + 3)["capture"]["pid"],
                         before["front"]["capture"]["pid"])


    # ---- each key touches what it must, and no more ----

    def change(self, daemon, name, **settings):
        """Reloads with that camera changed: what the report says about it."""
        daemon.write_camera(name, **settings)
        reply = daemon.camctl_json("reload")
        self.assertEqual((reply["added"], reply["removed"], reply["changed"], reply["unfinished"]), ([], [], [name], []))
        self.assertEqual([(camera["name"], camera["change"]) for camera in reply["cameras"]], [(name, "changed")])
        return reply["cameras"][0]["text"]

    def test_applies_what_a_running_worker_can_take_over_without_restarts(self):
        daemon, before = self.start_three()
        text = self.change(daemon, "front", input=moving_pattern(), fps=5, motion_threshold=60, motion_frame_height=50,
                           **{"mask.tree": "motion 0,0 0.5,0 0.5,1 0,1"})
        self.assertEqual(text, "fps, motion_threshold, motion_frame_height, mask: applied while it runs")
        for name, camera in before.items():
            self.assert_camera_goes_on(daemon, name, camera)
        self.assertIn("changed by the reload: fps, motion_threshold", daemon.log_text())

    def test_of_a_mask_over_everything_ends_motion_in_the_running_tracker(self):
        daemon = Camd(self)
        settings = {"input": clip(), "loop": "yes", "fps": 10, "motion_off_delay": 0.1}
        daemon.write_camera("front", **settings)
        daemon.start()
        before = daemon.wait_camera("front", lambda camera: camera["motion"], "motion", 90)
        self.change(daemon, "front", **settings, **{"mask.all": "motion 0,0 1,0 1,1 0,1"})
        after = daemon.wait_camera("front", lambda camera: not camera["motion"] and not camera["calibrating"], "no motion")
        self.assertEqual(after["tracker"]["pid"], before["tracker"]["pid"])

    # sizes and rates of any camera change while it runs
    def test_of_a_size_makes_new_segments_of_that_camera_and_its_frames_go_on(self):
        daemon, before = self.start_three()
        generations = {name: daemon.ask("snapshot", name=name)[1]["generation"] for name in before}
        text = self.change(daemon, "front", input=moving_pattern(), fps=10, width=160, height=120)
        self.assertEqual(text, "width, height: new segments, and capture restarts")
        after = daemon.wait_camera("front", lambda camera: camera["state"] == "up" and camera["width"] == 160, "the new size")
        self.assertEqual(after["tracker"]["pid"], before["front"]["tracker"]["pid"])
        self.assertEqual(after["capture"]["restarts"], before["front"]["capture"]["restarts"])
        daemon.wait_frames("front", before["front"]["frames"] + 3)
        self.assertNotEqual(daemon.ask("snapshot", name="front")[1]["generation"], generations["front"])
        for name in ("back", "gate"):
            self.assert_camera_goes_on(daemon, name, before[name])
            self.assertEqual(daemon.ask("snapshot", name=name)[1]["generation"], generations[name])

    def test_of_policy_counts_from_the_next_occasion(self):
        daemon, before = self.start_three()
        text = self.change(daemon, "front", input=moving_pattern(), fps=10, restart_delay=40, restart_max_delay=50)
        self.assertEqual(text, "restart_delay, restart_max_delay: from the next occasion")
        self.assert_camera_goes_on(daemon, "front", before["front"])
        os.kill(before["front"]["capture"]["pid"], signal.SIGKILL)
        again = daemon.wait_camera("front", lambda camera: camera["capture"]["restarts"] == 1 and camera["state"] == "up", "again")
        os.kill(again["capture"]["pid"], signal.SIGKILL)
        waiting = daemon.wait_state("front", "backoff")
        self.assertGreater(waiting["capture"]["next_start_ms"], 5000)

    def test_of_a_shorter_stall_timeout_does_not_wait_for_the_old_one(self):
        daemon = Camd(self)
        worker = program("misbehave")
        settings = {"input": "misbehave://capture.after-3.stall", "capture": worker, "tracker": worker, "fps": 10}
        daemon.write_camera("front", stall_timeout=3600, **settings)
        daemon.start()
        daemon.wait_frames("front", 3)
        self.assertEqual(self.change(daemon, "front", stall_timeout=1, **settings), "stall_timeout: from the next occasion")
        daemon.wait_camera("front", lambda camera: camera["capture"]["restarts"] > 0, "the stall is seen")

    def test_of_a_program_starts_that_worker_only(self):
        daemon, before = self.start_three()
        own = daemon.libexec / "own-tracker"
        own.symlink_to(program("camd-tracker"))
        text = self.change(daemon, "front", input=moving_pattern(), fps=10, tracker=own)
        self.assertEqual(text, "tracker: the tracker restarts")
        after = daemon.wait_state("front", "up")
        self.assertEqual(after["capture"]["pid"], before["front"]["capture"]["pid"])
        self.assertNotEqual(after["tracker"]["pid"], before["front"]["tracker"]["pid"])
        for name in ("back", "gate"):
            self.assert_camera_goes_on(daemon, name, before[name])

    def test_of_a_detectors_section_touches_the_cameras_that_use_it(self):
        daemon = Camd(self)
        program_text = "#!/bin/sh\necho loading the model\nexec sleep 600\n"
        detector = daemon.libexec / "detector.sh"
        detector.write_text(program_text)
        detector.chmod(0o755)
        labels = self.directory / "labels.txt"
        labels.write_text("person\n")

        def write(width):
            daemon.write_config()
            with open(daemon.config, "a", encoding="utf-8") as config:
                config.write(f"[detector own]\nbackend = {detector}\nmodel = {labels}\nlabels = {labels}\n"
                             f"input_width = {width}\ninput_height = 64\n")

        write(64)
        daemon.write_camera("front", input=moving_pattern(), fps=10, detector="own")
        daemon.write_camera("back", input=moving_pattern(), fps=10)
        daemon.start()
        before = {name: daemon.wait_frames(name, 2) for name in ("front", "back")}
        wait_for(lambda: "loading the model" in daemon.camctl("logs", "detector:own").stdout, "the detector's lines")
        write(128)
        reply = daemon.camctl_json("reload")
        self.assertEqual((reply["changed"], reply["unchanged"]), (["front"], 1))
        self.assertEqual(reply["cameras"], [{"name": "front", "change": "changed",
                                             "text": "[detector]: new segments, and capture restarts"}])
        daemon.wait_frames("front", before["front"]["frames"] + 2)
        self.assert_camera_goes_on(daemon, "back", before["back"])

    # ---- in any state ----

    def test_that_mends_a_camera_in_back_off_tries_at_once(self):
        daemon = Camd(self)
        settings = {"restart_delay": 300, "restart_max_delay": 300, "fps": 10}
        daemon.write_camera("front", input="/nowhere/clip.avi", **settings)
        daemon.start()
        daemon.wait_back_off("front")
        self.assertEqual(self.change(daemon, "front", input=moving_pattern(), **settings), "input: capture restarts")
        daemon.wait_frames("front", 1)

    def test_that_mends_a_camera_while_its_failed_worker_is_being_stopped_tries_at_once(self):
        daemon = Camd(self)
        worker = program("misbehave")
        settings = {"capture": worker, "tracker": worker, "stop_timeout": 300, "stall_timeout": 1, "restart_delay": 300,
                    "restart_max_delay": 300}
        daemon.write_camera("front", input="misbehave://capture.ignore-term,capture.after-3.stall", **settings)
        daemon.start()

        def being_stopped_for_stall(number):
            return daemon.wait_camera("front", lambda camera: camera["capture"]["failures"] == number
                                      and camera["capture"]["state"] == "stopping", f"being stopped for stall {number}")["capture"]["pid"]

        # the first stall is answered at once, the second with back-off
        os.kill(being_stopped_for_stall(1), signal.SIGKILL)
        pid = being_stopped_for_stall(2)
        daemon.write_camera("front", input="misbehave://well", **settings)
        with daemon.control() as control:
            control.send("reload")
            wait_for(lambda: "front: changed by the reload: input: capture restarts" in daemon.log_text(), "the reload has begun")
            os.kill(pid, signal.SIGKILL)
            self.assertEqual(control.receive()["ok"]["changed"], ["front"])
        daemon.wait_camera("front", lambda camera: camera["state"] == "up", "up")

    def test_of_a_size_while_segments_of_another_are_being_made_makes_the_right_ones(self):
        daemon = Camd(self)
        settings = {"input": moving_pattern(), "fps": 10, "autostart": "no"}
        daemon.write_camera("front", width=1280, height=720, **settings)
        daemon.start()
        daemon.write_camera("front", width=160, height=120, **settings)
        with daemon.control() as control:
            # in two turns of the loop that follow each other; the segments take at least one a slot
            control.socket.sendall(b'{"id": 1, "verb": "start", "name": "front"}\n{"id": 2, "verb": "reload"}\n')
            self.assertIn("ok", control.receive())
            self.assertEqual(control.receive()["ok"]["changed"], ["front"])
        daemon.wait_camera("front", lambda camera: camera["frames"] > 0 and camera["width"] == 160, "frames of the new size")
        self.assertNotIn("slots of 1280x720", daemon.log_text())
        self.assertIn("slots of 160x120", daemon.log_text())
        with Segments("front", daemon.prefix) as segments:
            self.assertEqual((segments.width, segments.height), (160, 120))

    def test_twice_in_a_row_ends_with_the_last_configuration(self):
        daemon, before = self.start_three()
        with daemon.control() as control, daemon.control() as other:
            daemon.write_camera("front", input=moving_pattern(), fps=10, width=160, height=120)
            control.send("reload")
            wait_for(lambda: daemon.camera("front")["width"] == 160, "the first is at work")
            daemon.write_camera("front", input=moving_pattern(), fps=10, width=200, height=100)
            other.send("reload")
            for client in (control, other):
                reply = client.receive()["ok"]
                self.assertEqual((reply["changed"], reply["unfinished"]), (["front"], []))
        daemon.wait_camera("front", lambda camera: camera["state"] == "up" and camera["width"] == 200, "the last size")
        self.assert_camera_goes_on(daemon, "back", before["back"])

    def test_is_answered_when_what_left_is_gone(self):
        daemon = Camd(self)
        worker = program("misbehave")
        daemon.write_camera("deaf", input="misbehave://ignore-term", capture=worker, tracker=worker, stop_timeout=1)
        daemon.start()
        before = daemon.wait_frames("deaf", 1)
        os.unlink(daemon.cameras_dir / "deaf.ini")
        self.assertEqual(daemon.camctl_json("reload")["unfinished"], [])
        self.assertFalse(is_running(before["capture"]["pid"]))
        self.assertFalse(is_running(before["tracker"]["pid"]))
        self.assertEqual(daemon.segments("deaf."), [])

    # ---- what survives it ----

    def test_that_moves_a_camera_to_a_file_of_its_own_does_not_touch_it(self):
        daemon = Camd(self, cameras={"front": {"input": moving_pattern(), "fps": 10}})
        daemon.start()
        before = daemon.wait_frames("front", 2)
        self.assertEqual(before["file"], str(daemon.config))
        daemon.cameras = {}
        daemon.write_config()
        daemon.write_camera("front", input=moving_pattern(), fps=10)
        reply = daemon.camctl_json("reload")
        self.assertEqual((reply["added"], reply["removed"], reply["changed"], reply["unchanged"]), ([], [], [], 1))
        self.assert_camera_goes_on(daemon, "front", before)
        self.assertEqual(daemon.camera("front")["file"], str(daemon.cameras_dir / "front.ini"))
        daemon.camctl("remove", "front")  # it is camctl's now
        self.assertEqual(list(daemon.cameras_dir.iterdir()), [])

    def test_leaves_what_enable_and_disable_said(self):
        daemon, before = self.start_three()
        daemon.camctl("disable", "front")
        text = self.change(daemon, "front", input=moving_pattern(), fps=10, autostart="no")
        self.assertEqual(text, "autostart: camctl disable was told otherwise, and that lasts")
        text = self.change(daemon, "front", input=moving_pattern(), fps=8, motion_threshold=40)
        self.assertIn("fps, motion_threshold: from its next start", text)
        self.assertEqual(daemon.camera("front")["state"], "disabled")
        text = self.change(daemon, "back", input=moving_pattern(), fps=10, enabled="no")
        self.assertEqual(text, "enabled: it is stopped")
        self.assertEqual(daemon.wait_state("back", "disabled")["capture"]["pid"], None)
        daemon.camctl("enable", "back")
        daemon.wait_state("back", "up")
        daemon.camctl("reload")
        self.assertEqual(daemon.camera("back")["state"], "up")
        self.assert_camera_goes_on(daemon, "gate", before["gate"])

    def test_leaves_a_runtime_camera_alone_that_is_in_the_files_too_and_says_so(self):
        daemon = self.camd()
        daemon.camctl("add", "visitor", f"input={moving_pattern()}", "--runtime")
        before = daemon.wait_frames("visitor", 1)
        daemon.write_camera("visitor", input=moving_pattern(), fps=1)
        reply = daemon.camctl_json("reload")
        self.assertEqual((reply["changed"], reply["unchanged"]), ([], 0))
        self.assertEqual((reply["cameras"][0]["name"], reply["cameras"][0]["change"]), ("visitor", "left alone"))
        self.assert_camera_goes_on(daemon, "visitor", before)

    # ---- a failed one ----

    def settled(self, daemon):
        """What is in effect, without what time changes by itself: measurements, and events, which are stored some seconds later."""
        moving = {"uptime_s", "since", "frames", "frame_age_s", "camera_fps", "process_fps", "detection_fps", "skipped_fps",
                  "processed", "skipped", "motion", "calibrating", "objects", "available_mb", "best_pictures", "bytes",
                  "cpu_s", "memory_mb", "bit_rate_kbps", "brightness", "queued", "lost", "gaps", "unchanged_s", "dark_s"}

        def still(value):
            if isinstance(value, dict):
                return {key: still(member) for key, member in value.items() if key not in moving}
            return [still(member) for member in value] if isinstance(value, list) else value

        files = [path for path in sorted(daemon.state_dir.rglob("*")) + sorted(daemon.run_dir.glob("*.pid"))
                 if path.is_file() and not path.name.startswith("events.mdb")]
        return {"status": still(daemon.status()), "segments": daemon.segments(), "workers": sorted(daemon.workers()),
                "files": {str(path): (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files}}

    def test_of_a_bad_file_leaves_status_processes_segments_and_files_as_they_are(self):
        daemon, _ = self.start_three()
        daemon.camctl("disable", "gate")
        daemon.camctl("add", "visitor", f"input={moving_pattern()}", "--runtime")
        daemon.wait_frames("visitor", 2)
        before, events = self.settled(daemon), daemon.events()
        os.unlink(daemon.cameras_dir / "back.ini")
        daemon.write_camera("gate", input=moving_pattern(), fps=3, enabled="yes", width=64, height=64)
        daemon.write_camera("front", input=moving_pattern(), fps=3, motion_threshold=0)
        daemon.settings["log_level"] = "error"
        daemon.write_config()
        self.assertIn("front.ini:4", daemon.camctl("reload", expect=1).stderr)
        self.assertEqual(self.settled(daemon), before)
        daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: daemon.log_text().count("the configuration was not reloaded, nothing was changed") == 2, "the log says so")
        self.assertEqual(self.settled(daemon), before)
        after = daemon.events()
        self.assertEqual(after[:len(events)], events, "what happened earlier is kept")
        event = [event for event in after if event["event"] == "reload_failed"][-1]
        self.assertIn("front.ini:4", event["problems"][0])
        self.assertIn("reload_failed nothing was changed: ", daemon.camctl("events").stdout)

    def test_by_signal_tells_in_the_log_what_became_of_each_camera(self):
        daemon, before = self.start_three()
        os.unlink(daemon.cameras_dir / "gate.ini")
        daemon.write_camera("front", input=moving_pattern(), fps=10, motion_threshold=60)
        daemon.write_camera("yard", input=moving_pattern(), fps=10)
        daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "cameras: 1 added, 1 removed, 1 changed, 1 unchanged" in daemon.log_text(), "the result is in the log")
        for line in ("front: changed by the reload: motion_threshold: applied while it runs", "yard: added by the reload: it starts",
                     "gate: removed by the reload: it is not in the configuration any more"):
            self.assertIn(line, daemon.log_text())
        self.assert_camera_goes_on(daemon, "front", before["front"])
        self.assertIn("camera_changed motion_threshold: applied while it runs", daemon.camctl("events", "front").stdout)


class Enable(CamdTest):
    def test_and_disable_survive_reload_and_restart(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        before = daemon.wait_frames("front", 1)
        daemon.camctl("disable", "front")
        camera = daemon.wait_state("front", "disabled")
        self.assertFalse(camera["enabled"])
        self.assertFalse(is_running(before["capture"]["pid"]))
        self.assertFalse(is_running(before["tracker"]["pid"]))
        daemon.camctl("reload")
        self.assertEqual(daemon.camera("front")["state"], "disabled")
        daemon.stop()
        daemon.start()
        self.assertEqual(daemon.camera("front")["state"], "disabled")
        daemon.camctl("enable", "front")
        daemon.wait_frames("front", 1)
        daemon.stop()
        daemon.start()
        daemon.wait_frames("front", 1)

    def test_survive_kill_9_of_the_daemon(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        daemon.camctl("disable", "front")
        daemon.kill()
        daemon.start()
        self.assertEqual(daemon.camera("front")["state"], "disabled")

    def test_a_camera_with_autostart_no_waits_for_start(self):
        daemon = Camd(self)
        daemon.write_camera("front", input=moving_pattern(), autostart="no")
        daemon.start()
        self.assertEqual(daemon.camera("front")["state"], "down")
        self.assertEqual(daemon.workers(), {})
        daemon.camctl("start", "front")
        daemon.wait_frames("front", 1)

    def test_remove_forgets_that_a_camera_was_disabled(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        daemon.camctl("disable", "front")
        daemon.camctl("remove", "front")
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        daemon.wait_frames("front", 1)
