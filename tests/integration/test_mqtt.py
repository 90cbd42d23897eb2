"""camd-mqtt and a real broker: what is published, what Home Assistant is told, commands, and that nothing is lost."""
import os
import pwd
import re
import signal
import socket
import subprocess
import unittest

from harness import FULL, PYTHON, SANDBOX, CamdTest, need_localhost, still_picture, wait_for
from home_assistant import faults_of_discovery, is_discovery_topic
from mqtt import Broker, CamdMqtt, Listener, StandInCamd, need_camd_mqtt

WALKER = ("lavfi:smptebars=size=320x240:rate=10[street];testsrc2=size=40x80:rate=10[walker];"
          "[street][walker]overlay=x='mod(t*120\\,400)-20':y=80:shortest=0")
IN_FLIGHT = 20


class MqttTest(CamdTest):
    def setUp(self):
        need_camd_mqtt()
        self.listeners = []

    def tearDown(self):
        for listener in self.listeners:
            listener.close()
        super().tearDown()

    def listen(self, broker, *filters, **how):
        self.listeners.append(Listener(broker, *filters, **how))
        return self.listeners[-1]

    def make_events(self, daemon, count, camera="still"):
        """Each ptz is an event `asked`; both kinds in turn."""
        with daemon.control() as control:
            for number in range(count):
                control.ask("ptz", name=camera, moving=number % 2 == 0)

    def assert_all_in_order(self, daemon, listener, first, last, repeats=IN_FLIGHT):
        """Every event from first to last came, in this order, and few of them twice."""
        wait_for(lambda: any(event["seq"] >= last for event in listener.events()), f"event {last} comes", 60)
        numbers = [event["seq"] for event in listener.events() if first <= event["seq"] <= last]
        seen, newest = set(), 0
        for number in numbers:
            if number not in seen:
                self.assertEqual(number, (newest or first - 1) + 1, "in order and without a gap")
                newest = number
            seen.add(number)
        self.assertEqual(newest, last)
        self.assertLessEqual(len(numbers) - len(seen) - listener.redelivered, repeats, "what came twice was on its way")


class Mqtt(MqttTest):
    def test_what_is_published_and_what_home_assistant_is_told(self):
        broker = Broker(self).start()
        daemon = self.camd(defaults={"detector": "motion", "max_disappeared": 3, "min_initialized": 2},
                           cameras={"front": {"input": WALKER, "fps": 10, "zone.gate": "0,0 1,0 1,1 0,1", "objects_track": "motion"},
                                    "away": {"input": "rtsp://127.0.0.1:1/x"}})
        listener = self.listen(broker)
        listener.publish("camd/house/camera/removed/state", "{}", retain=True)
        listener.publish("homeassistant/device/camd_house/removed/config", "{}", retain=True)
        listener.publish("camd/other/camera/removed/state", "{}", retain=True)
        daemon.wait_state("front", "up")
        bridge = CamdMqtt(self, daemon, broker, commands="enable,motion,ptz").start()
        base = "camd/house/camera"
        listener.wait_text("camd/house/status", "online")
        listener.wait_text(f"{base}/front/availability", "online")
        listener.wait_text(f"{base}/away/problem", "ON")
        self.assertEqual(listener.text(f"{base}/away/availability"), "offline")
        state = listener.json(f"{base}/away/state")
        self.assertTrue(state["dark"] and state["reason"] and state["since"], state)
        for number in ("1", "0"):
            listener.wait_text(f"{base}/front/zone/gate/motion", number)
        wait_for(lambda: listener.text(f"{base}/front/objects/motion") == listener.text(f"{base}/front/zone/gate/motion"),
                 "the zone is the whole picture")
        wait_for(lambda: f"{base}/front/picture/motion" in listener.topics(), "a picture of an object")
        self.assertEqual(listener.last[f"{base}/front/picture"][:2], b"\xff\xd8", "a JPEG")
        event = listener.events()[-1]
        self.assertEqual(event["epoch"], daemon.status()["daemon"]["epoch"])
        self.assertGreater(event["seq"], 0)
        wait_for(lambda: not any("removed" in topic for topic in listener.topics() if "house" in topic), "what is gone is cleared")
        self.assertIn("camd/other/camera/removed/state", listener.topics(), "another node's topics are left alone")
        self.check_discovery(listener)
        self.check_fleet(daemon, broker)
        self.check_commands(daemon, listener, base)
        self.check_a_label_that_goes(daemon, listener)
        self.check_a_camera_that_goes(daemon, listener)
        bridge.stop()
        listener.wait_text("camd/house/status", "offline")
        self.assertTrue(listener.json("camd/house/node")["stopped"])
        self.assertEqual(bridge.acknowledged()["epoch"], event["epoch"])

    def check_discovery(self, listener):
        found = [topic for topic in listener.topics() if topic.startswith("homeassistant/")]
        self.assertEqual(found, ["homeassistant/device/camd_house/away/config", "homeassistant/device/camd_house/config",
                                 "homeassistant/device/camd_house/front/config"])
        kept = set(listener.topics())
        for topic in found:
            message = listener.json(topic)
            self.assertTrue(is_discovery_topic(topic, "homeassistant"))
            self.assertEqual(faults_of_discovery(message), [], topic)
            for key, component in message["components"].items():
                self.assertIn("unique_id", component, f"{key} is there")
                named = [component.get(name) for name in ("state_topic", "topic", "image_topic", "json_attributes_topic")]
                named += [item["topic"] for item in component["availability"]]
                missing = [name for name in named if name and name not in kept and "/away/" not in name]
                self.assertEqual(missing, [], f"{key} names topics that the broker has")
        ids = [component["unique_id"] for topic in found for component in listener.json(topic)["components"].values()]
        self.assertEqual(len(ids), len(set(ids)), "unique_id is unique")
        front = listener.json("homeassistant/device/camd_house/front/config")["components"]
        self.assertEqual({"motion", "problem", "state", "enabled", "motion_detection", "occupancy/motion", "count/motion",
                          "occupancy/gate/motion", "count/gate/motion"} - set(front), set())

    def check_fleet(self, daemon, broker):
        def fleet():
            return daemon.camctl("fleet", "--host", f"127.0.0.1:{broker.port}").stdout

        # the node tells of itself once a second
        shown = wait_for(lambda: re.search(r"(?m)^house: online, camd is up for .*, 2 cameras, 1 dark$", said := fleet()) and said, "the fleet")
        self.assertRegex(shown, r"(?m)^    away +(backoff|starting), dark for .*$")
        self.assertRegex(shown, r"(?m)^    front +up")
        house = daemon.camctl_json("fleet", "-H", f"127.0.0.1:{broker.port}")["nodes"]["house"]
        self.assertEqual(sorted(house["cameras"]), ["away", "front"])
        self.assertEqual((house["status"], house["cameras"]["away"]["dark"]), ("online", True))
        self.assertIn("Connection refused\n  hint: mqtt.ini", daemon.camctl("fleet", "-H", "127.0.0.1:1", expect=1).stderr)
        for host, code, status in (("127.0.0.1:1", "failed", 1), ("a:b", "usage", 2)):
            self.assertEqual(daemon.camctl_json("fleet", "-H", host, expect=status)["error"]["code"], code)

    def check_commands(self, daemon, listener, base):
        listener.publish(f"{base}/away/enabled/set", "OFF")
        listener.wait_text(f"{base}/away/enabled", "OFF")
        self.assertFalse(daemon.camera("away")["enabled"])
        listener.wait_text(f"{base}/away/problem", "OFF")
        listener.publish(f"{base}/front/motion_detection/set", "OFF")
        listener.wait_text(f"{base}/front/motion_detection", "OFF")
        listener.publish(f"{base}/front/ptz/set", "moving")
        wait_for(lambda: daemon.camera("front")["ptz_moving"], "its mount moves")
        for topic, payload, code in ((f"{base}/front/enabled/set", "maybe", "usage"), (f"{base}/front/input/set", "x", "usage"),
                                     (f"{base}/nobody/enabled/set", "ON", "no_camera")):
            listener.publish(topic, payload)
            answer = listener.wait_answer(topic)
            self.assertEqual((answer["ok"], answer["code"]), (False, code), answer)

    def check_a_label_that_goes(self, daemon, listener):
        """Home Assistant went on with what a later message left out."""
        config = "homeassistant/device/camd_house/front/config"
        daemon.camctl("set", "front", "objects_track=person", "--runtime")
        wait_for(lambda: listener.json(config)["components"].get("occupancy/gate/motion") == {"platform": "binary_sensor"}, "its sensors are taken away")
        self.assertEqual(listener.json(config)["components"]["count/gate/motion"], {"platform": "sensor"})
        self.assertEqual(faults_of_discovery(listener.json(config)), [])

    def check_a_camera_that_goes(self, daemon, listener):
        """Home Assistant complained in its log of a state that was cleared while it still had the device."""
        del daemon.cameras["away"]
        daemon.write_config()
        daemon.camctl("reload")
        gone = ["homeassistant/device/camd_house/away/config", "camd/house/camera/away/state"]
        wait_for(lambda: not any(topic in listener.topics() for topic in gone), "what was kept of it is cleared")
        cleared = [topic for topic, payload, _ in listener.messages if topic in gone and not payload]
        self.assertEqual(cleared, gone, "the device goes first")

    def test_a_broker_s_restart_in_the_middle_of_a_thousand_events_loses_none(self):
        broker = Broker(self).start()
        daemon = self.camd(cameras={"still": {"input": still_picture(), "detector": "none"}})
        listener = self.listen(broker)
        bridge = CamdMqtt(self, daemon, broker, queue_events=64).start()
        listener.wait_text("camd/house/status", "online")
        wait_for(lambda: "connected to camd" in bridge.log_text(), "camd is there")
        first = max(event["seq"] for event in daemon.events()) + 1
        self.make_events(daemon, 500)
        broker.stop()
        self.make_events(daemon, 500)
        last = max(event["seq"] for event in daemon.events())
        wait_for(lambda: "wait for the broker" in bridge.log_text(), "the queue is full, and camd is not read")
        broker.start()
        self.assert_all_in_order(daemon, listener, first, last)
        wait_for(lambda: bridge.acknowledged()["seq"] >= last, "the last acknowledged one is on disk")
        self.assertEqual(listener.json("camd/house/node")["lost"], 0)
        wait_for(lambda: "has taken all events" in bridge.log_text(), "it says that it is over")
        bridge.stop()

    def test_a_status_from_before_an_event_does_not_undo_it(self):
        """A camera that went dark while status was being answered was published as up, until the next event."""
        broker, camd = Broker(self).start(), StandInCamd(self)
        listener = self.listen(broker)
        bridge = CamdMqtt(self, camd, broker).start()
        listener.wait_text("camd/house/camera/front/availability", "online")
        wait_for(lambda: camd.subscriber, "it is subscribed")

        def lose_front():
            camd.state = "backoff"
            camd.tell("camera_state", camera="front", state="backoff", reason="lost")
            listener.wait_text("camd/house/camera/front/availability", "offline")

        camd.before_status = lose_front
        camd.tell("reloaded")
        wait_for(lambda: camd.asked == 3, "it is asked once more")
        listener.wait_text("camd/house/camera/front/availability", "offline")
        bridge.stop()

    def test_a_camd_that_does_not_say_how_everything_is_is_told(self):
        """Only a debug line told it, and an administrator did not learn why there were no cameras."""
        broker, camd = Broker(self).start(), StandInCamd(self)
        camd.refusal = "memory is short"
        bridge = CamdMqtt(self, camd, broker).start()
        told = f"warning camd at {camd.socket} does not say how everything is: memory is short"
        wait_for(lambda: told in bridge.log_text(), "it is told")
        camd.refusal = None
        wait_for(lambda: "connected to camd" in bridge.log_text(), "it is asked again")
        bridge.stop()

    def test_a_subscription_that_camd_refuses_is_told_and_asked_for_again(self):
        """It ended camd-mqtt: nobody told Home Assistant anything any more, for a camd that was short of memory for a moment."""
        broker, camd = Broker(self).start(), StandInCamd(self)
        listener = self.listen(broker)
        camd.no_subscriptions = {"code": "denied", "text": "only root may", "hint": "try again with sudo"}
        bridge = CamdMqtt(self, camd, broker).start()
        told = f"error camd at {camd.socket} refuses to tell what happens: only root may: put the user that this program runs as into camd's group"
        wait_for(lambda: told in bridge.log_text(), "it is told what to do")
        node = wait_for(lambda: (lambda node: node if node and node["reason"] else None)(listener.json("camd/house/node")), "the broker knows")
        self.assertEqual(node["camd"], "down")
        self.assertIn("into camd's group", node["reason"])
        listener.wait_text("camd/house/camera/front/availability", "offline")
        camd.no_subscriptions = None
        listener.wait_text("camd/house/camera/front/availability", "online")
        wait_for(lambda: listener.json("camd/house/node")["reason"] == "", "all is well")
        self.assertEqual(bridge.log_text().count("refuses to tell"), 1)
        bridge.stop()

    @unittest.skipUnless(FULL, "camd has to be silent for half a minute; for tests/run.sh --full")
    def test_a_camd_that_hangs_is_told(self):
        broker = Broker(self).start()
        listener = self.listen(broker)
        daemon = self.camd(cameras={"still": {"input": still_picture(), "detector": "none"}})
        bridge = CamdMqtt(self, daemon, broker).start()
        listener.wait_text("camd/house/camera/still/availability", "online")
        daemon.process.send_signal(signal.SIGSTOP)
        try:
            wait_for(lambda: "is there, but answers nothing" in bridge.log_text(), "it is logged", timeout=60)
            listener.wait_text("camd/house/camera/still/availability", "offline")
            wait_for(lambda: listener.json("camd/house/node")["reason"] == "answers nothing", "the broker knows")
            self.assertRegex(bridge.run("--fleet").stdout, r"house: online, camd is down for .* \(answers nothing\), 1 camera, 0 dark\n    still +was up")
        finally:
            daemon.process.send_signal(signal.SIGCONT)
        wait_for(lambda: "camd answers again" in bridge.log_text(), "it is back", timeout=60)
        listener.wait_text("camd/house/camera/still/availability", "online")
        wait_for(lambda: listener.json("camd/house/node")["reason"] == "", "all is well")
        bridge.stop()

    def test_what_is_kept_of_commands_is_left_alone_while_camd_is_awaited(self):
        """Cameras of an earlier run are told to be offline then; so was each command that the broker kept."""
        broker = Broker(self).start()
        listener = self.listen(broker)
        for topic, text in (("enabled/set", "OFF"), ("availability", "online")):
            listener.publish(f"camd/house/camera/front/{topic}", text, retain=True)
        bridge = CamdMqtt(self, None, broker, commands="enable").start()
        listener.wait_text("camd/house/camera/front/availability", "offline")
        self.assertEqual(listener.text("camd/house/camera/front/enabled/set"), "OFF")
        bridge.stop()

    def test_files_that_the_configuration_names_are_looked_at_with_n_and_at_a_start(self):
        """With -n nobody looked at them: the start failed, or the connection did."""
        here, broker = self.directory, Broker(self)

        def file(name, text, mode=0o600):
            (here / name).write_text(text)
            (here / name).chmod(mode)
            return here / name

        certificate, key = "-----BEGIN CERTIFICATE-----\n", "-----BEGIN PRIVATE KEY-----\nhush\n"
        good = {"certificate_file": file("cert.pem", certificate), "key_file": file("key.pem", key, 0o640), "ca_file": file("ca.pem", certificate)}
        empty = file("empty", "")
        for settings, expected in (
                ({"password_file": here / "none"}, "password_file: {here}/none: No such file or directory"),
                ({"password_file": file("open", "hush\n", 0o644)}, "password_file: {here}/open: others than its owner may use it (mode 0644): chmod 600 it"),
                ({"password_file": empty}, "password_file: {here}/empty: it is empty: write the password into its first line"),
                ({"password_file": here}, "password_file: {here}: it is no regular file"),
                ({"ca_file": "/nonexistent/ca.pem"}, "ca_file: /nonexistent/ca.pem: No such file or directory"),
                ({"ca_file": empty}, "ca_file: {here}/empty: it is empty"), ({"ca_file": here}, "ca_file: {here}: Is a directory"),
                ({"certificate_file": file("wrong", key)}, "certificate_file: {here}/wrong: there is no certificate in it"),
                ({"key_file": good["ca_file"]}, "key_file: {here}/ca.pem: there is no key in it"),
                ({"key_file": file("locked", key.replace("PRIVATE", "ENCRYPTED PRIVATE"))}, "key_file: {here}/locked: it has a passphrase"),
                ({"key_file": file("public", key, 0o644)}, "key_file: {here}/public: everybody may use it (mode 0644)"),
                ({"state_dir": here / "gone"}, "state_dir: there is no directory {here}/gone: expected one that"),
                ({"state_dir": empty}, "state_dir: {here}/empty is no directory"),
                ({"log": here / "gone" / "log"}, "log: there is no directory {here}/gone: expected one that"),
                *([({"user": "no-such-user"}, "user: there is no user no-such-user: create it")] if os.geteuid() == 0 else [])):
            bridge = CamdMqtt(self, None, broker, **{"tls": "yes", "username": "house", **good, **settings})
            line = 2 + list(bridge.settings).index(next(iter(settings)))
            for arguments in (("-n",), (), *([("--fleet",)] if next(iter(settings)) not in ("state_dir", "log", "user") else [])):
                said = bridge.run(*arguments, expect=78).stderr
                self.assertTrue(said.startswith(f"{bridge.config}:{line}: " + expected.format(here=here)), said)
                self.assertEqual(said.count("\n"), 1, said)
                self.assertNotIn("hush", said)
        bridge = CamdMqtt(self, None, broker, tls="yes", **good)
        self.assertEqual(bridge.run("-n").stderr, "")
        for option in (("-H", "x"), ("--json",), ("--timeout", "3")):  # -n said nothing to what has no effect
            self.assertIn("go with --fleet", bridge.run("-n", *option, expect=2).stderr)
        self.assertIn("--timeout: expected seconds", bridge.run("-n", "--fleet", "--timeout", "0", expect=2).stderr)

    def test_a_password_on_the_command_line_or_for_a_host_is_not_repeated(self):
        """A URL was taken for a host, which messages name."""
        bridge = CamdMqtt(self, None, Broker(self))
        for host in ("mqtt://u:hush@h:1883", "u:hush@h", "u:hush@h:1883", "u:hush:1883", "[u:hush@h"):
            for form in ([], ["--json"]):
                done = bridge.run("--fleet", *form, "-H", host, expect=2)
                self.assertIn("expected HOST or HOST:PORT", done.stdout + done.stderr)
                self.assertNotIn("hush", done.stdout + done.stderr)
        for words in (["mqtt://u:hush@h"], ["--hots=mqtt://u:hush@h"], ["--fleet", "--timeout", "u:hush@h"]):
            self.assertNotIn("hush", bridge.run(*words, expect=2).stderr)
        for words, said in ((["--hots=x"], "--hots: there is no such option"), (["-x"], "-x: there is no such"), (["--fleet", "--host"], "--host: ")):
            self.assertIn(said, bridge.run(*words, expect=2).stderr)
        bridge.settings["broker"] = "u:hush@h"
        bridge.write_config()
        said = bridge.run("-n", expect=78).stderr
        self.assertIn("broker: is no host: expected a name or an address alone", said)
        self.assertNotIn("hush", said)

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to become somebody else")
    def test_files_are_asked_for_as_the_user_that_it_becomes(self):
        """Root may read a key that its user may not."""
        self.directory.chmod(0o755)
        for name in ("cert.pem", "key.pem"):
            (self.directory / name).write_text("-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n")
            (self.directory / name).chmod(0o600)
        bridge = CamdMqtt(self, None, Broker(self), tls="yes", user="nobody", **{
            f"{kind}_file": self.directory / f"{name}.pem" for kind, name in (("certificate", "cert"), ("key", "key"))})
        said = bridge.run("-n", expect=78).stderr
        for words in ("certificate_file: ", "key_file: "):
            self.assertIn(words + str(self.directory), said)
        self.assertIn("key.pem cannot be read by nobody: Permission denied", said)
        self.assertIn(f"state_dir: {bridge.state} cannot be written by nobody", said)

    def test_the_fleet_shows_nothing_that_a_terminal_would_act_on(self):
        """Whoever may write at the broker could take over the terminal of who looked."""
        broker = Broker(self).start()
        listener = self.listen(broker)
        listener.publish("camd/cellar/status", "online", retain=True)
        listener.publish("camd/cellar/camera/door/state", '{"state":"up","reason":"\\u001b]0;x\\u0007\\n"}', retain=True)
        shown = CamdMqtt(self, None, broker).run("--fleet").stdout
        self.assertIn("door", shown)
        self.assertRegex(shown, r"\A[ -~\n]*\Z")
        self.assertIn(r"\x1b]0;x\x07", shown)

    def test_settings_are_checked_and_read_back(self):
        broker = Broker(self)
        bridge = CamdMqtt(self, None, broker, tls="yes", commands="enable,ptz", username="x y")
        printed = bridge.run("-n", "-v").stdout
        bridge.config.write_text(printed)
        self.assertEqual(bridge.run("-n", "-v").stdout, printed, "what is printed reads back to itself")
        for line, expected in (("brokr = x", "brokr: is no key: did you mean broker?"), ("port = 0", "port: '0' is too small"),
                               ("prefix = a/#", "prefix: is no beginning of a topic"), ("commands = reboot", "commands: has another word"),
                               ("password_file = /x", "password_file: is a password without a user"),
                               ("key_file = /x", "key_file: stands alone"), ("[camd]", "'camd' is no section: expected [mqtt]")):
            bridge.config.write_text(f"[mqtt]\n{line}\n")
            self.assertIn(f"{bridge.config}:2: {expected}", bridge.run("-n", expect=78).stderr)

    def test_in_the_background_it_lets_go_of_who_started_it(self):
        """The sandbox let it not open /dev/null any more: init scripts waited for the end of its output."""
        bridge = CamdMqtt(self, None, Broker(self), log=self.directory / "background.log")
        pid_file = bridge.state / "pid"
        bridge.run("-d", "-p", pid_file)
        pid = int(pid_file.read_text())
        self.assertEqual({os.readlink(f"/proc/{pid}/fd/{fd}") for fd in range(3)}, {"/dev/null"})
        # these ended it without a word
        os.kill(pid, signal.SIGUSR2)
        told = f"from process {os.getpid()} of user {os.getuid()}: camd-mqtt does nothing at it"
        wait_for(lambda: told in (self.directory / "background.log").read_text(), "a signal that means nothing to it is told")
        os.kill(pid, signal.SIGQUIT)
        wait_for(lambda: not pid_file.exists(), "it ends, and its pid file is gone")

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to become somebody else")
    def test_what_camd_does_not_allow_its_user_is_refused(self):
        broker = Broker(self).start()
        nobody = pwd.getpwnam("nobody")
        daemon = self.camd(settings={"group": "nogroup", "allow.nobody": "ptz"},
                           cameras={"still": {"input": still_picture(), "detector": "none"}})
        for path in (self.directory, daemon.directory, daemon.run_dir):
            path.chmod(0o755)
        bridge = CamdMqtt(self, daemon, broker, user="nobody", commands="enable,ptz")
        os.chown(bridge.state, nobody.pw_uid, nobody.pw_gid)
        listener = self.listen(broker)
        bridge.start()
        listener.wait_text("camd/house/camera/still/enabled", "ON")
        status = open(f"/proc/{bridge.process.pid}/status", encoding="ascii").read()
        self.assertIn(f"Uid:\t{nobody.pw_uid}\t{nobody.pw_uid}\t{nobody.pw_uid}\t{nobody.pw_uid}\n", status, "root is given up")
        self.assertIn(f"NoNewPrivs:\t{int(SANDBOX == 'yes')}\n", status)
        listener.publish("camd/house/camera/still/enabled/set", "OFF")
        answer = wait_for(lambda: listener.json("camd/house/answer"), "an answer")
        self.assertEqual(answer["code"], "denied", answer)
        self.assertTrue(answer["hint"])
        self.assertIn("enabled by MQTT is refused", bridge.log_text())
        self.assertTrue(daemon.camera("still")["enabled"])
        listener.publish("camd/house/camera/still/ptz/set", "moving")
        wait_for(lambda: daemon.camera("still")["ptz_moving"], "what is allowed is done")
        bridge.stop()

    def test_refused_commands_do_not_flood_the_log_and_a_byte_0_ends_none(self):
        broker, camd = Broker(self).start(), StandInCamd(self)
        bridge = CamdMqtt(self, camd, broker, commands="enable")
        listener = self.listen(broker)
        bridge.start()
        listener.wait_text("camd/house/camera/front/enabled", "ON")
        for _ in range(300):
            listener.client.publish("camd/house/camera/front/enabled/set", b"ON\0x", qos=1)
        answers = wait_for(lambda: len(found := listener.answers()) >= 300 and found, "each is answered")  # at least once
        self.assertEqual({(said["ok"], said["payload"], said["hint"]) for said in answers}, {(False, "ON?x", "expected ON or OFF")})
        self.assertLess(bridge.log_text().count("enabled by MQTT is refused"), 300)
        for name in ("x" * 50, "\xe9" * 200, ""):
            listener.publish(f"camd/house/camera/{name}/enabled/set", "ON")
        wait_for(lambda: sum(said["payload"] == "ON" for said in listener.answers()) >= 3,
                 "what is too long, is cut within a letter or is not there is answered, too")
        answers = len(listener.answers())
        for payload in (bytes(3 << 20), "ON?"):
            listener.publish("camd/house/camera/front/enabled/set", payload)
        wait_for(lambda: listener.answers()[-1]["payload"] == "ON?", "what comes then is answered")
        self.assertEqual(len(listener.answers()), answers + 1, "what is too large was kept in memory: the broker is to keep it back")
        bridge.stop()


SLOW_SUBSCRIBER = """
import sys
import paho.mqtt.client as paho
client = paho.Client(client_id="slow", clean_session=False)
client.on_connect = lambda client, *_: client.subscribe("camd/#", 1)
client.on_message = lambda client, data, message: print(message.topic, flush=True)
client.connect("127.0.0.1", int(sys.argv[1]))
client.loop_forever()
"""


def make_certificates(directory):
    """An authority, and a certificate of localhost that it has signed; the authority's, the server's, its key."""
    authority, key, request, server = (directory / name for name in ("ca.pem", "key.pem", "request.pem", "server.pem"))
    for command in (
            ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=an authority", "-keyout", directory / "ca.key",
             "-out", authority],
            ["req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key,
             "-out", request],
            ["x509", "-req", "-in", request, "-CA", authority, "-CAkey", directory / "ca.key", "-CAcreateserial", "-days", "2",
             "-copy_extensions", "copy", "-out", server]):
        subprocess.run(["openssl", *map(str, command)], check=True, capture_output=True)
    return authority, server, key


@unittest.skipUnless(FULL, "takes longer: tests/run.sh --full")
class MqttInTrouble(MqttTest):
    def test_kill_of_camd_mqtt_and_of_camd_lose_nothing(self):
        broker = Broker(self).start()
        daemon = self.camd(cameras={"still": {"input": still_picture(), "detector": "none"}})
        listener = self.listen(broker)
        bridge = CamdMqtt(self, daemon, broker).start()
        wait_for(lambda: "connected to camd" in bridge.log_text(), "camd is there")
        first = max(event["seq"] for event in daemon.events()) + 1
        self.make_events(daemon, 50)
        wait_for(lambda: bridge.acknowledged()["seq"] >= first, "something is acknowledged on disk")
        bridge.kill()
        listener.wait_text("camd/house/status", "offline")
        self.make_events(daemon, 50)
        last = max(event["seq"] for event in daemon.events())
        bridge.start()
        listener.wait_text("camd/house/status", "online")
        self.assert_all_in_order(daemon, listener, first, last, repeats=IN_FLIGHT + 50)
        before = daemon.status()["daemon"]["epoch"]
        daemon.kill()
        wait_for(lambda: listener.json("camd/house/node")["camd"] == "down", "camd is told to be away")
        self.assertEqual(listener.text("camd/house/camera/still/availability"), "offline")
        daemon.start()
        wait_for(lambda: listener.json("camd/house/node")["camd"] == "up", "camd is back")
        listener.wait_text("camd/house/camera/still/availability", "online")
        self.assert_new_epoch_is_whole(daemon, listener, before)
        bridge.stop()

    def assert_new_epoch_is_whole(self, daemon, listener, before):
        """From its first event on, which was before anybody could have subscribed."""
        epoch = daemon.status()["daemon"]["epoch"]
        self.assertNotEqual(epoch, before)
        last = daemon.events()[-1]["seq"]
        wait_for(lambda: any(event["epoch"] == epoch and event["seq"] >= last for event in listener.events()), f"event {last}")
        numbers = [event["seq"] for event in listener.events() if event["epoch"] == epoch and event["seq"] <= last]
        self.assertEqual(numbers, list(range(1, last + 1)))

    def test_a_subscriber_that_does_not_read_holds_up_nobody(self):
        broker = Broker(self).start()
        daemon = self.camd(cameras={"still": {"input": still_picture(), "detector": "none"}})
        output = self.directory / "slow.log"
        with open(output, "wb") as log:
            slow = self.start_helper(PYTHON, "-c", SLOW_SUBSCRIBER, broker.port, stdout=log)
        listener = self.listen(broker)
        bridge = CamdMqtt(self, daemon, broker).start()
        wait_for(lambda: b"camd/house/status" in output.read_bytes(), "the slow one is subscribed")
        wait_for(lambda: "connected to camd" in bridge.log_text(), "camd is there")
        slow.send_signal(signal.SIGSTOP)
        first = max(event["seq"] for event in daemon.events()) + 1
        self.make_events(daemon, 1000)
        last = max(event["seq"] for event in daemon.events())
        self.assert_all_in_order(daemon, listener, first, last, repeats=0)
        wait_for(lambda: bridge.acknowledged()["seq"] >= last, "all are acknowledged")
        slow.send_signal(signal.SIGCONT)
        wait_for(lambda: output.read_bytes().count(b"/event") >= last - first + 1, "the slow one gets all in the end", 60)
        bridge.stop()

    def test_a_wrong_password_is_told_and_the_right_one_taken(self):
        passwords = self.directory / "passwords"
        subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "camd", "right"], check=True)
        passwords.chmod(0o644)
        broker = Broker(self, "allow_anonymous false", f"password_file {passwords}").start()
        daemon = self.camd()
        secret = self.directory / "secret"
        secret.write_text("wrong-and-long\n")
        secret.chmod(0o600)
        bridge = CamdMqtt(self, daemon, broker, username="camd", password_file=secret).start()
        wait_for(lambda: "the broker refuses user or password: look at username and password_file" in bridge.log_text(), "it is told")
        wait_for(lambda: broker.process.poll() is None, "the broker is there")
        self.assertEqual(bridge.log_text().count("refuses user or password"), 1, "and told once")
        bridge.stop()
        secret.write_text("right\n")
        bridge.start()
        listener = self.listen(broker, user="camd", password="right")
        listener.wait_text("camd/house/status", "online")
        self.assertNotIn("wrong-and-long", bridge.log_text())
        self.assertNotIn("right", bridge.run("-n", "-v", "--show-secrets").stdout.replace(str(secret), ""))
        bridge.stop()
        secret.chmod(0o644)
        done = bridge.run(expect=78)
        self.assertIn("password_file", done.stderr)

    def test_the_broker_s_certificate_and_name_are_checked(self):
        need_localhost()
        authority, server, key = make_certificates(self.directory)
        broker = Broker(self, tls=[f"certfile {server}", f"keyfile {key}"]).start()
        daemon = self.camd()
        bridge = CamdMqtt(self, daemon, broker, tls="yes", ca_file=authority)
        bridge.settings["broker"] = "localhost"
        bridge.write_config()
        bridge.start()
        wait_for(lambda: "connected to the broker" in bridge.log_text(), "it is connected")
        shown = bridge.run("--fleet").stdout
        self.assertIn("house: online", shown)
        bridge.stop()
        for settings, told in (({"broker": "127.0.0.1"}, "the broker's certificate is another host's: `broker` has to be a name that is in it"),
                               ({"ca_file": "none"}, "is not trusted: it has expired or is not valid yet (is the clock right?), or ca_file is not of who signed it")):
            bridge.settings.update({"broker": "localhost", "ca_file": authority, **settings})
            bridge.write_config()
            self.assertIn(told, bridge.run("--fleet", expect=1).stderr)
        plain = Broker(self).start()
        bridge.settings.update({"port": plain.port, "ca_file": authority})
        bridge.write_config()
        self.assertIn("TLS", bridge.run("--fleet", expect=1).stderr)

    def test_a_broker_that_says_nothing_is_given_up_and_holds_up_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            broker = Broker(self)
            broker.port = silent.getsockname()[1]
            daemon = self.camd()
            bridge = CamdMqtt(self, daemon, broker).start()
            wait_for(lambda: "no answer within 15 s" in bridge.log_text(), "it is given up")
            bridge.stop()
            done = bridge.run("--fleet", "--timeout", "0.5", expect=1)
            self.assertIn("no answer in time", done.stderr)

    def test_a_broker_that_hangs_is_told_in_words(self):
        broker = Broker(self).start()
        bridge = CamdMqtt(self, None, broker, keepalive=5).start()
        wait_for(lambda: "connected to the broker" in bridge.log_text(), "it is connected")
        broker.process.send_signal(signal.SIGSTOP)
        wait_for(lambda: "the broker does not answer any more" in bridge.log_text(), "it is told", 60)
        broker.process.send_signal(signal.SIGCONT)
        wait_for(lambda: bridge.log_text().count("notice connected to the broker") == 2, "it is connected again", 60)
        bridge.stop()

    def test_neither_camd_nor_broker_is_there_at_the_start(self):
        broker = Broker(self)
        daemon = self.camd()
        daemon.stop()
        bridge = CamdMqtt(self, daemon, broker).start()
        wait_for(lambda: "not connected to camd" in bridge.log_text() and "not connected to the broker" in bridge.log_text(), "both are told")
        broker.start()
        listener = self.listen(broker)
        listener.publish("camd/house/camera/still/availability", "online", retain=True)
        bridge.stop()
        bridge.start()
        listener.wait_text("camd/house/status", "online")
        listener.wait_text("camd/house/camera/still/availability", "offline")
        daemon.start()
        wait_for(lambda: (listener.json("camd/house/node") or {}).get("camd") == "up", "both are found")
        bridge.stop()

    def test_the_disk_is_full_or_the_directory_gone(self):
        broker = Broker(self).start()
        daemon = self.camd(cameras={"still": {"input": still_picture(), "detector": "none"}})
        bridge = CamdMqtt(self, daemon, broker, sandbox="no").start()
        wait_for(lambda: "connected to camd" in bridge.log_text(), "camd is there")
        for path in bridge.state.iterdir():
            path.unlink()
        bridge.state.rmdir()
        self.make_events(daemon, 3)
        wait_for(lambda: "cannot be written" in bridge.log_text(), "it is told")
        bridge.state.mkdir()
        self.make_events(daemon, 3)
        wait_for(lambda: bridge.acknowledged()["seq"], "it is written again")
        bridge.stop()


if __name__ == "__main__":
    unittest.main()
