"""allow.USER: single verbs for users who may else only look; and who asked for what."""
import grp
import json
import os
import subprocess
import unittest

from harness import Camd, CamdTest, still_picture

USER, OTHER = "games", "nobody"


@unittest.skipUnless(os.geteuid() == 0, "needs root, to ask as somebody else")
class Allow(CamdTest):
    def with_allowed(self, **allowed):
        # who asks has to come to the socket
        os.chmod(self.directory, 0o755)
        daemon = Camd(self, settings={"group": grp.getgrgid(60).gr_name, **allowed})
        daemon.write_camera("front", input=still_picture(), autostart="no")
        for path in (daemon.directory, daemon.run_dir):
            os.chmod(path, 0o755)
        return daemon.start()

    def ask(self, daemon, user, *words, expect=0):
        done = subprocess.run(["setpriv", f"--reuid={user}", "--regid=60", "--clear-groups", *daemon.camctl_command(*words)],
                              text=True, capture_output=True, check=False, cwd="/")
        self.assertEqual(done.returncode, expect, done.stderr + done.stdout)
        return done

    def test_gives_single_verbs_and_settings(self):
        daemon = self.with_allowed(**{f"allow.{USER}": "enable, disable set:fps set:zone"})
        self.ask(daemon, USER, "status")
        self.ask(daemon, USER, "disable", "front")
        self.ask(daemon, USER, "enable", "--all")
        self.ask(daemon, USER, "set", "front", "fps=3", "zone.a=0,0 1,0 1,1")
        for words in (["stop", "front"], ["remove", "front"], ["set", "front", "fps=4", "capture=/bin/sh"], ["shutdown"],
                      ["set", "front", "loop=yes"], ["reload"], ["rename", "front", "x"], ["export", "--show-secrets"],
                      ["add", "x", "input=/x"]):
            self.ask(daemon, USER, *words, expect=4)
            self.ask(daemon, OTHER, *words, expect=4)
        self.ask(daemon, OTHER, "disable", "front", expect=4)
        self.assertIn("may not use \"set\" for all of these settings\n  hint: what allow of camd.ini gives: enable disable set:fps set:zone;",
                      self.ask(daemon, USER, "set", "front", "loop=yes", expect=4).stderr)
        self.assertEqual((daemon.cameras_dir / "front.ini").read_text().count("fps = 3"), 1)

    def test_changes_with_a_reload(self):
        daemon = self.with_allowed()
        self.ask(daemon, USER, "disable", "front", expect=4)
        daemon.settings[f"allow.{USER}"] = "disable"
        daemon.settings["allow.no-such-user"] = "disable"
        daemon.write_config()
        daemon.camctl("reload")
        self.assertIn("allow.no-such-user counts for nobody: there is no such user", daemon.log_text())
        self.ask(daemon, USER, "disable", "front")
        del daemon.settings[f"allow.{USER}"]
        daemon.write_config()
        daemon.camctl("reload")
        self.ask(daemon, USER, "disable", "front", expect=4)

    def test_lasts_over_an_upgrade(self):
        daemon = self.with_allowed(**{f"allow.{USER}": "disable"})
        daemon.camctl("upgrade")
        self.ask(daemon, USER, "disable", "front")
        self.ask(daemon, USER, "enable", "front", expect=4)
        self.ask(daemon, OTHER, "disable", "front", expect=4)

    def test_who_asked_for_what_is_told(self):
        daemon = self.with_allowed(**{f"allow.{USER}": "enable"})
        self.ask(daemon, USER, "enable", "front")
        daemon.camctl("add", "gate", "input=rtsp://admin:hush@127.0.0.1:1/x", "autostart=no")
        daemon.camctl("set", "front", "fps=4", "loop=", "--runtime")
        daemon.camctl("ptz", "f*", "moving")
        daemon.camctl("status")
        log = daemon.log_text()
        uid = subprocess.run(["id", "-u", USER], text=True, capture_output=True, check=True).stdout.strip()
        for line in (f"user {uid} asked for: enable front", "user 0 asked for: set front fps=4 loop= --runtime",
                     "user 0 asked for: ptz f* moving",
                     "user 0 asked for: add gate input=rtsp://admin:***@127.0.0.1:1/x autostart=no"):
            self.assertIn(line, log)
        self.assertNotIn("hush", log + json.dumps(daemon.events()))
        asked = [event for event in daemon.events() if event["event"] == "asked"]
        self.assertEqual([event["verb"] for event in asked], ["enable", "add", "set", "ptz"])
        self.assertIn("asked by root (uid 0): ptz f* moving\n", daemon.camctl("events").stdout)
        # what was asked of one camera was not among its events
        self.assertEqual([event.get("camera") for event in asked], ["front", "gate", "front", None])
        self.assertIn("asked by root (uid 0): set front", daemon.camctl("events", "front").stdout)
        daemon.camctl("set", "frnot", "fps=4", expect=5)
        daemon.camctl("events", "frnot", expect=5)
        self.assertEqual(asked[0]["uid"], int(uid))
