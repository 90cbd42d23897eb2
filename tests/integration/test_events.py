"""Events: numbered without gaps, followed live, and what they say about motion."""
import json
import os
import signal
import subprocess

from harness import HERE, WALKER, CamdTest, clip, moving_pattern, still_picture, wait_for


class Events(CamdTest):
    def test_are_numbered_without_gaps_and_the_epoch_is_new_at_each_start(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        daemon.camctl("remove", "front")
        events = daemon.events()
        self.assertEqual([event["seq"] for event in events], list(range(1, len(events) + 1)))
        self.assertEqual(len({event["epoch"] for event in events}), 1)
        words = [event["event"] for event in events]
        self.assertEqual(words[0], "daemon_started")
        order = [word for word in words if word in ("camera_added", "stream", "first_frame", "camera_removed")]
        self.assertEqual(order, ["camera_added", "stream", "first_frame", "camera_removed"])
        daemon.stop()
        daemon.start()
        again = daemon.events()
        self.assertEqual(again[-1]["seq"], 1)
        self.assertGreater(again[-1]["epoch"], events[0]["epoch"])

    def test_of_one_camera_are_only_its_own(self):
        daemon = self.camd()
        for name in ("front", "back"):
            daemon.camctl("add", name, f"input={moving_pattern()}")
        self.assertEqual({event["camera"] for event in daemon.events(name="front")}, {"front"})
        lines = daemon.camctl("--json", "events", "back").stdout.splitlines()
        self.assertTrue(lines)

    def test_are_followed_from_a_snapshot_on(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        with daemon.control() as control:
            control.send("subscribe")
            snapshot = control.receive()["part"]["snapshot"]
            self.assertEqual([(camera["name"], camera["state"]) for camera in snapshot["cameras"]], [("front", "up")])
            daemon.camctl("add", "back", f"input={moving_pattern()}")
            seen = []
            while not seen or seen[-1]["event"] != "first_frame":
                seen.append(control.receive()["part"]["event"])
            first = snapshot["seq"] + 1
            self.assertEqual([event["seq"] for event in seen], list(range(first, first + len(seen))))
            self.assertIn("camera_added", [event["event"] for event in seen])

    def test_can_be_taken_up_where_one_stopped(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        events = daemon.events()
        with daemon.control() as control:
            control.send("subscribe", **{"from": {"epoch": events[0]["epoch"], "seq": 2}})
            self.assertIn("snapshot", control.receive()["part"])
            # 2 was the last one seen
            self.assertEqual(control.receive()["part"]["event"]["seq"], 3)

    def test_follow_prints_them_as_they_come(self):
        daemon = self.camd()
        follower = self.start_helper(*daemon.camctl_command("--json", "events", "--follow"), stdout=subprocess.PIPE, text=True)
        self.assertEqual(json.loads(follower.stdout.readline())["event"], "snapshot")
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        words = set()
        while "first_frame" not in words:
            line = follower.stdout.readline()
            self.assertTrue(line, "camctl events --follow ended")
            words.add(json.loads(line).get("event"))
        self.assertIsNone(follower.poll())

    def test_a_follower_learns_that_the_daemon_ended(self):
        daemon = self.camd()
        follower = self.start_helper(*daemon.camctl_command("events", "--follow"), stdout=subprocess.PIPE, text=True)
        self.assertTrue(follower.stdout.readline())
        daemon.stop()
        self.assertNotEqual(follower.wait(timeout=30), 0)


class Motion(CamdTest):
    def test_is_reported_on_the_clip_with_boxes_inside_the_picture(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={clip()}", "loop=yes", "fps=10")

        def motion_on():
            return [event for event in daemon.events(name="front") if event["event"] == "motion" and event["active"]]

        event = wait_for(motion_on, "motion on the clip", 90)[0]
        self.assertTrue(event["boxes"])
        for x1, y1, x2, y2 in event["boxes"]:
            self.assertTrue(0 <= x1 < x2 <= 768 and 0 <= y1 < y2 <= 576, (x1, y1, x2, y2))
        daemon.wait_camera("front", lambda camera: camera["motion"], "status says motion")

    def test_is_not_reported_on_a_picture_that_stands_still(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={still_picture()}", "fps=10")
        daemon.wait_frames("front", 60)
        self.assertEqual([event for event in daemon.events(name="front") if event["event"] == "motion"], [])
        self.assertFalse(daemon.camera("front")["motion"])

    def test_motion_that_goes_on_is_seen_by_the_tracker_after_one_that_was_killed(self):
        daemon = self.camd()
        daemon.camctl("add", "front", "input=/a/moving/square", f"capture={HERE / 'page_worker.py'}", "fps=20")

        def switches():
            return [event["active"] for event in daemon.events(name="front") if event["event"] == "motion"]

        wait_for(lambda: switches() == [True], "motion on", 60)
        os.kill(daemon.camera("front")["tracker"]["pid"], signal.SIGKILL)
        wait_for(lambda: switches() == [True, False, True], "motion off with the tracker, and on by the next one", 60)
        self.assertTrue(daemon.camera("front")["motion"])

    def test_ends_after_the_delay(self):
        """A moving mount counts as motion; when it stands again, motion goes off."""
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={still_picture()}", "fps=10", "motion_off_delay=1")
        daemon.wait_camera("front", lambda camera: camera["frames"] > 5 and not camera["calibrating"], "calibrated")

        def switches():
            return [event["active"] for event in daemon.events(name="front") if event["event"] == "motion"]

        daemon.camctl("ptz", "front", "moving")
        wait_for(lambda: switches() == [True], "motion on")
        daemon.camctl("ptz", "front", "stopped")
        wait_for(lambda: switches() == [True, False], "motion off", 60)

    def test_can_be_switched_off(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern(rate=20)}", "fps=20", "motion=no")
        daemon.wait_frames("front", 100)
        self.assertEqual([event for event in daemon.events(name="front") if event["event"] == "motion"], [])


class Objects(CamdTest):
    def test_start_and_end_once_each_with_what_is_known_of_them(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={clip()}", "loop=yes", "pace=no", "fps=10", "detector=motion",
                      "zone.all=0,0 1,0 1,1 0,1")

        def objects(phase):
            return [event for event in daemon.events(name="front")
                    if event["event"] == "object" and event["phase"] == phase]

        start = wait_for(lambda: objects("start"), "an object on the clip", 90)[0]
        self.assertEqual((start["label"], start["reason"]), ("motion", ""))
        x1, y1, x2, y2 = start["box"]
        self.assertTrue(0 <= x1 < x2 <= 768 and 0 <= y1 < y2 <= 576, start["box"])
        self.assertGreaterEqual(start["top_score"], 0.7)
        self.assertIn("object motion", daemon.camctl("events", "front").stdout)
        daemon.camctl("stop", "front")
        daemon.wait_camera("front", lambda camera: camera["tracker"]["pid"] in (None, 0), "its tracker is down")
        started, ended = ([event["id"] for event in objects(phase)] for phase in ("start", "end"))
        self.assertEqual(sorted(ended), sorted(started))
        self.assertEqual(len(set(started)), len(started))

    def test_tell_how_fast_they_are_by_distances_that_change_at_once(self):
        """80 pixels a second, of 20 pixels to the metre at first, and then of 40."""
        daemon = self.camd()

        def road(**settings):
            daemon.write_camera("front", input=WALKER, fps=20, pace="no", detector="motion", **{"zone.road": "0,0 1,0 1,1 0,1"},
                                **{f"zone.road.{key}": value for key, value in settings.items()})
            return daemon.camctl("reload", expect=None)

        road(distances="16,12,16,12")

        def speeds():
            return [event["speed"] for event in daemon.events(name="front")
                    if event["event"] == "object" and event.get("speed")]

        def is_about(metres):
            return lambda: [speed for speed in speeds() if abs(speed / metres - 1) < 0.15]

        wait_for(is_about(4), "an object at 4 m/s")
        self.assertRegex(daemon.camctl("events", "front").stdout, r"object motion .*, in road.*, [34]\.[0-9] m/s")
        tracker = daemon.camera("front")["tracker"]["pid"]
        road(distances="8,6,8,6")
        wait_for(is_about(2), "an object at 2 m/s")
        self.assertEqual(daemon.camera("front")["tracker"]["pid"], tracker)
        self.assertIn("zone.road.distances: '8,6,8' has fewer than four numbers", road(distances="8,6,8").stderr)
        road(distances="8,6,8,6", speed_threshold=50)
        self.assertEqual(daemon.camera("front")["tracker"]["pid"], tracker)

        def slow():
            return [event for event in daemon.events(name="front")
                    if event["event"] == "object" and event["phase"] == "end" and event["entered_zones"] == []]

        wait_for(slow, "an object that is not in the zone")
