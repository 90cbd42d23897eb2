"""wait: for a state of cameras."""
import threading

from harness import Camd, CamdTest, moving_pattern, still_picture


class Wait(CamdTest):
    def test_returns_when_the_state_has_come(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}", "autostart=no")
        self.assertEqual(daemon.camctl("wait", "front", "down").stdout, "front: down\n")
        done = []
        thread = threading.Thread(target=lambda: done.append(daemon.camctl("wait", "--all", "up")))
        thread.start()
        daemon.camctl("start", "front")
        thread.join()
        self.assertEqual(done[0].stdout, "front: up\n")
        daemon.camctl("stop", "front")
        self.assertEqual(daemon.camctl_json("wait", "front", "down")["outcomes"], {"front": "down"})

    def test_says_why_when_it_has_not(self):
        daemon = Camd(self)
        daemon.write_camera("front", input="/none.avi", restart_limit=1)
        daemon.write_camera("back", input=still_picture(), autostart="no")
        daemon.start()
        daemon.camctl("wait", "front", "failed")
        done = daemon.camctl("wait", "front", "up", "--timeout", "0.05", expect=1)
        self.assertRegex(done.stderr, r"front is failed after .*, not up: .*/none.avi")
        document = daemon.camctl_json("wait", "--all", "failed", "--timeout", "0.05", expect=1)
        self.assertEqual(document["outcomes"], {"front": "failed"})
        self.assertEqual(list(document["errors"]), ["back"])
        document = daemon.camctl_json("wait", "--all", "up", "--timeout", "0.05", expect=1)
        self.assertEqual((document["outcomes"], sorted(document["errors"])), ({}, ["back", "front"]))
        self.assertEqual(daemon.camctl("wait", "front", "back", "up", "--timeout", "0.05", expect=1).stdout, "")
        self.assertIn("did you mean failed?", daemon.camctl("wait", "front", "faild", expect=2).stderr)
        daemon.camctl("wait", "nobody", "up", expect=5)
        daemon.camctl("wait", "front", expect=2)

    def test_ends_when_the_camera_is_removed(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={still_picture()}", "autostart=no")
        done = []
        thread = threading.Thread(target=lambda: done.append(daemon.camctl("wait", "front", "up", expect=5)))
        thread.start()
        with daemon.control() as control:
            control.send("wait", name="front", state="up", timeout_s=60)
            daemon.camctl("remove", "front")
            self.assertEqual(control.receive()["error"]["code"], "no_camera")
        thread.join()
