"""Detectors: started when they are used, restarted when they die or hang, and cameras go on whatever they do."""
import os
import shutil
import signal

from harness import HERE, WALKER, CamdTest, is_running, still_picture, wait_for


class Detector(CamdTest):
    def detecting(self, name="fake", behaviour="answer", cameras=("front",), **settings):
        """A daemon whose cameras use a fake detector."""
        directory = self.directory / "detectors"
        directory.mkdir(exist_ok=True)
        self.program = directory / "fake_detector.py"
        shutil.copy(HERE / "fake_detector.py", self.program)
        self.labels = directory / "labels.txt"
        self.labels.write_text("person\ncar\n")
        self.behave(behaviour, name)
        self.section = {"backend": self.program, "labels": self.labels, "input_width": 64, "input_height": 64,
                        "answer_timeout": 20, **settings}
        daemon = self.camd(defaults={"restart_delay": 0.1, "detection_budget": 0.2})
        self.write_section(daemon, name)
        daemon.ask("reload")
        for camera in cameras:
            daemon.camctl("add", camera, f"input={WALKER}", "fps=20", f"detector={name}")
        return daemon

    def behave(self, behaviour, name="fake"):
        path = self.program.parent / f"{name}.behaviour"
        path.with_suffix(".new").write_text(behaviour)
        path.with_suffix(".new").rename(path)

    def write_section(self, daemon, name="fake"):
        daemon.write_config()
        with open(daemon.config, "a", encoding="utf-8") as config:
            config.write(f"[detector {name}]\n" + "".join(f"{key} = {value}\n" for key, value in self.section.items()))

    def detector(self, daemon, name="fake"):
        return next((found for found in daemon.status()["detectors"] if found["name"] == name), None)

    def wait_detector(self, daemon, condition, what):
        def holds():
            found = self.detector(daemon)
            return found if found and condition(found) else None

        return wait_for(holds, f"detector: {what}")

    def wait_answers(self, daemon, camera="front"):
        """The tracker asks, and gets answers."""
        before = daemon.camera(camera).get("regions", 0)
        return daemon.wait_camera(camera, lambda status: status["regions"] > before + 2, "regions are looked into")

    def descriptors(self, daemon):
        return len(os.listdir(f"/proc/{daemon.pid}/fd"))

    def test_answers_reach_the_tracker_and_it_ends_with_its_last_camera(self):
        daemon = self.detecting(cameras=("front", "back"))
        up = self.wait_detector(daemon, lambda found: found["state"] == "up", "up")
        self.assertEqual(sorted(up["cameras"]), ["back", "front"])
        self.assertEqual(up["backend"], str(self.program))
        for camera in ("front", "back"):
            self.assertEqual(self.wait_answers(daemon, camera)["detector"], "fake")
        self.assertIn("fake", daemon.camctl("status").stdout)
        daemon.camctl("stop", "front")
        self.assertTrue(is_running(up["pid"]))
        daemon.camctl("stop", "back")
        self.wait_detector(daemon, lambda found: found["state"] == "down", "down")
        self.assertFalse(is_running(up["pid"]))
        daemon.camctl("start", "back")
        self.wait_answers(daemon, "back")

    def test_answers_without_room_for_more_are_told_once_and_counted(self):
        daemon = self.detecting(behaviour="crowd")
        daemon.wait_camera("front", lambda status: status["left_out"] > 20, "answers are full")
        told = [line for line in daemon.log_text().splitlines() if "answers of the detector with all the 64 objects" in line]
        self.assertEqual(len(told), 1, told)
        self.assertRegex(told[0], r"warning front tracker: there are .*: up to \d+ answers about regions of a picture may lack "
                         r"some, the least certain ones; a higher score_threshold of the detector leaves fewer")
        self.assertIn("for which there was no room: see camctl logs front", daemon.camctl("status", "front").stdout)
        # more than a live result shows: status said that there was none
        daemon.wait_camera("front", lambda status: status["objects"] > 64, "all that are followed are counted")

    def test_that_was_killed_is_replaced_and_answers_again(self):
        daemon = self.detecting()
        before = self.wait_answers(daemon)
        pid = self.detector(daemon)["pid"]
        os.kill(pid, signal.SIGKILL)
        after = self.wait_detector(daemon, lambda found: found["state"] == "up" and found["pid"] != pid, "replaced")
        self.assertEqual((after["restarts"], after["last_exit"]["signal"]), (1, 9))
        self.wait_answers(daemon)
        self.assert_camera_goes_on(daemon, "front", before)
        daemon.camctl("restart", "detector:fake")
        self.wait_detector(daemon, lambda found: found["state"] == "up" and found["pid"] not in (pid, after["pid"]),
                           "restarted on request")
        daemon.camctl("kick", "detector:other", expect=5)
        daemon.camctl("add", "mover", f"input={still_picture()}", "detector=motion")
        self.assertIn("detector motion has no process of its own", daemon.camctl("restart", "detector:motion", expect=5).stderr)

    def test_that_hangs_is_an_error_and_is_started_anew(self):
        daemon = self.detecting(answer_timeout=1)
        before = self.wait_answers(daemon)
        pid = self.detector(daemon)["pid"]
        os.kill(pid, signal.SIGSTOP)
        after = self.wait_detector(daemon, lambda found: found["restarts"] >= 1 and found["state"] == "up", "replaced")
        self.assertFalse(is_running(pid))
        self.assertIn("no progress", daemon.log_text())
        self.assertGreater(daemon.camera("front")["detector_timeouts"], before["detector_timeouts"])
        self.wait_answers(daemon)
        self.behave("silent")
        after = self.wait_detector(daemon, lambda found, before=after["restarts"]: found["restarts"] > before, "replaced again")
        self.behave("answer")
        self.wait_detector(daemon, lambda found: found["state"] == "up" and found["restarts"] >= after["restarts"], "up")
        self.wait_answers(daemon)
        self.assert_camera_goes_on(daemon, "front", before)

    def test_whose_model_is_broken_is_named_and_the_camera_goes_on(self):
        daemon = self.detecting(behaviour="broken")
        failed = self.wait_detector(daemon, lambda found: found["restarts"] >= 2 and found["state"] == "backoff", "failed")
        self.assertIn("the model is damaged", failed["reason"])
        self.assertEqual(failed["hint"], "fetch it again")
        self.assertIn("the model is damaged", daemon.camctl("status").stdout)
        before = daemon.wait_frames("front", 5)
        self.behave("answer")
        daemon.camctl("kick", "detector:fake")
        self.wait_detector(daemon, lambda found: found["state"] == "up", "up")
        self.wait_answers(daemon)
        self.assert_camera_goes_on(daemon, "front", before)

    def test_that_is_not_up_is_the_trouble_of_its_cameras(self):
        """They were up without a word, though they saw no objects."""
        daemon = self.detecting(behaviour="broken")
        trouble = daemon.wait_camera("front", lambda camera: camera["state"] == "up" and "the model is damaged" in camera["reason"],
                                     "says why there are no objects")
        self.assertRegex(trouble["reason"], "^only motion is seen, since its detector fake is not up: .*the model is damaged$")
        self.assertEqual(trouble["hint"], "fetch it again")
        text = daemon.camctl("status", "detector:fake").stdout
        self.assertIn("detector fake\n", text)
        self.assertIn("the model is damaged", text)
        self.assertEqual(daemon.camctl("status", "detector:other", expect=5).stdout, "")
        document = daemon.camctl_json("status", "detector:fake")
        self.assertEqual(([found["name"] for found in document["detectors"]], document["cameras"]), (["fake"], []))
        self.behave("answer")
        daemon.camctl("kick", "detector:fake")
        daemon.wait_camera("front", lambda camera: camera["reason"] == "", "no trouble any more")

    def test_that_no_camera_names_any_more_is_not_listed(self):
        daemon = self.detecting()
        daemon.camctl("stop", "front")
        self.assertEqual(self.detector(daemon)["cameras"], ["front"])
        daemon.camctl("remove", "front")
        wait_for(lambda: daemon.status()["detectors"] == [], "nobody uses it")

    def test_that_dies_with_messages_unread_is_heard_nevertheless(self):
        """The kernel tells that before what it said itself: status had "exited with status 1" only."""
        daemon = self.detecting(behaviour="unread")
        failed = self.wait_detector(daemon, lambda found: found["restarts"] >= 2 and found["state"] == "backoff", "failed")
        self.assertIn("the model is damaged", failed["reason"])
        self.assertIn("the model is damaged", failed["last_exit"]["reason"])
        self.assertEqual(failed["hint"], "fetch it again")

    def test_that_is_changed_on_reload_is_another_one_for_the_tracker_that_goes_on(self):
        """It heard of it only when it was restarted: with `motion` in place of a process, nothing was ever found."""
        daemon = self.detecting()
        before = self.wait_answers(daemon)
        file = daemon.cameras_dir / "front.ini"
        file.write_text(file.read_text().replace("detector = fake", "detector = motion"))
        daemon.camctl("reload")
        after = daemon.wait_camera("front", lambda camera: camera["detector"] == "motion" and camera["objects"] > 0,
                                   "what moves is an object")
        self.assertEqual(after["tracker"]["pid"], before["tracker"]["pid"])
        wait_for(lambda: "object motion" in daemon.camctl("events", "front").stdout, "an object of the new detector is told")

    def test_that_misbehaves_harms_no_tracker(self):
        daemon = self.detecting(answer_timeout=1)
        before = self.wait_answers(daemon)
        for behaviour, counter in (("late", "late_answers"), ("fail", "detector_timeouts"),
                                   ("generation", "detector_timeouts")):
            counted = daemon.camera("front")[counter]
            self.behave(behaviour)
            daemon.wait_camera("front", lambda status: status[counter] > counted, f"{behaviour} is counted")
        self.behave("scribble")
        frames = daemon.camera("front")["processed"]
        daemon.wait_camera("front", lambda status: status["processed"] > frames + 10, "frames are processed")
        restarts = self.detector(daemon)["restarts"]
        self.behave("die")
        self.wait_detector(daemon, lambda found: found["restarts"] > restarts, "died and was restarted")
        self.behave("answer")
        daemon.camctl("restart", "detector:fake")
        self.wait_answers(daemon)
        self.assert_camera_goes_on(daemon, "front", before)

    def test_of_another_size_makes_new_segments_of_its_cameras_only(self):
        daemon = self.detecting()
        daemon.camctl("add", "other", f"input={still_picture(rate=20)}", "fps=20")
        other = daemon.wait_frames("other", 3)
        self.wait_answers(daemon)
        self.assertIn(f"{daemon.prefix}front.in", daemon.segments("front"))
        self.assertNotIn(f"{daemon.prefix}other.in", daemon.segments("other"))
        size = (daemon.shm_directory() / f"{daemon.prefix}front.in").stat().st_size
        self.section["input_width"] = 128
        self.write_section(daemon)
        daemon.camctl("reload")

        def has_grown():
            try:
                return (daemon.shm_directory() / f"{daemon.prefix}front.in").stat().st_size > size
            except FileNotFoundError:
                return False

        wait_for(has_grown, "new segments")
        daemon.wait_state("front", "up")
        self.wait_answers(daemon)
        self.assert_camera_goes_on(daemon, "other", other)

    def test_costs_camd_twelve_descriptors_a_camera_at_most(self):
        daemon = self.detecting(cameras=("front",))
        self.wait_answers(daemon)
        self.wait_detector(daemon, lambda found: found["state"] == "up", "up")
        before = self.descriptors(daemon)
        others = ("back", "side", "yard")
        for name in others:
            daemon.camctl("add", name, f"input={WALKER}", "fps=20", "detector=fake")
            daemon.wait_frames(name, 2)
        daemon.wait_camera("yard", lambda camera: camera["state"] == "up", "up")
        self.assertLessEqual(self.descriptors(daemon) - before, 12 * len(others))
        # and for the second worker of a camera it is the same
        for worker in ("capture", "tracker"):
            pid = daemon.camera("yard")[worker]["pid"]
            os.kill(pid, 9)
            daemon.wait_camera("yard", lambda camera: camera[worker]["pid"] not in (None, pid), "replaced")
        daemon.wait_camera("yard", lambda camera: camera["state"] == "up", "up again")
        self.assertLessEqual(self.descriptors(daemon) - before, 12 * len(others))
