"""Changes of the configuration while cameras run: only those that changed are touched."""
import os
import signal

from harness import Camd, CamdTest, is_running, moving_pattern, program, wait_for
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
        done = daemon.camctl("reload", expect=2)
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

    def test_that_takes_a_camera_out_and_in_again_before_it_has_left_starts_it_anew(self):
        daemon = Camd(self)
        worker = program("misbehave")
        settings = {"input": "misbehave://ignore-term", "capture": worker, "tracker": worker, "stop_timeout": 2}
        daemon.write_camera("deaf", **settings)
        daemon.start()
        before = daemon.wait_frames("deaf", 1)
        os.unlink(daemon.cameras_dir / "deaf.ini")
        self.assertEqual(daemon.camctl_json("reload")["removed"], ["deaf"])
        self.assertTrue(is_running(before["capture"]["pid"]), "it is still leaving, or this tests nothing")
        daemon.write_camera("deaf", **settings)
        self.assertEqual(daemon.camctl_json("reload")["added"], ["deaf"])
        after = daemon.wait_frames("deaf", 1)
        self.assertNotEqual(after["capture"]["pid"], before["capture"]["pid"])

    def hold_up_files(self, daemon):
        """From now on the helper that writes and removes files waits until the returned file is there."""
        go, held = self.directory / "go", self.directory / "held"
        helper = daemon.libexec / "camd-sync"
        helper.unlink()
        helper.write_text(f'#!/bin/sh\necho "$@" >>{held}\nwhile ! test -e {go}; do sleep 0.02; done\n'
                          f'exec {program("camd-sync")} "$@"\n')
        helper.chmod(0o755)
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
        daemon.write_config()
        self.assertIn("run_dir", daemon.camctl_json("reload")["restart_needed"])
        self.assertTrue(daemon.status())

    def test_of_motion_settings_keeps_the_workers(self):
        daemon, before = self.start_three()
        daemon.write_camera("front", input=moving_pattern(), fps=10, motion_threshold=60)
        self.assertEqual(daemon.camctl_json("reload")["changed"], ["front"])
        self.assertEqual(daemon.wait_frames("front", before["front"]["frames"] + 3)["capture"]["pid"],
                         before["front"]["capture"]["pid"])


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
