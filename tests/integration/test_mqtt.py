"""camd-mqtt and a real broker: what is published, what Home Assistant is told, commands, and that nothing is lost."""
import os
import pwd
import unittest

from harness import SANDBOX, CamdTest, still_picture, wait_for
from home_assistant import faults_of_discovery, is_discovery_topic
from mqtt import Broker, CamdMqtt, Listener, need_camd_mqtt

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
        self.assertLessEqual(len(numbers) - len(seen), repeats, "what came twice was on its way")


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
        self.assertEqual(listener.text(f"{base}/front/objects/motion"), listener.text(f"{base}/front/zone/gate/motion"))
        wait_for(lambda: f"{base}/front/picture/motion" in listener.topics(), "a picture of an object")
        self.assertEqual(listener.last[f"{base}/front/picture"][:2], b"\xff\xd8", "a JPEG")
        event = listener.events()[-1]
        self.assertEqual(event["epoch"], daemon.status()["daemon"]["epoch"])
        self.assertGreater(event["seq"], 0)
        wait_for(lambda: not any("removed" in topic for topic in listener.topics() if "house" in topic), "what is gone is cleared")
        self.assertIn("camd/other/camera/removed/state", listener.topics(), "another node's topics are left alone")
        self.check_discovery(listener)
        self.check_commands(daemon, listener, base)
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
                named = [component.get(name) for name in ("state_topic", "topic", "image_topic", "json_attributes_topic")]
                named += [item["topic"] for item in component["availability"]]
                missing = [name for name in named if name and name not in kept and "/away/" not in name]
                self.assertEqual(missing, [], f"{key} names topics that the broker has")
        ids = [component["unique_id"] for topic in found for component in listener.json(topic)["components"].values()]
        self.assertEqual(len(ids), len(set(ids)), "unique_id is unique")
        front = listener.json("homeassistant/device/camd_house/front/config")["components"]
        self.assertEqual({"motion", "problem", "state", "enabled", "motion_detection", "occupancy_motion", "count_motion",
                          "occupancy_gate_motion", "count_gate_motion"} - set(front), set())

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
            answer = wait_for(lambda: (said := listener.json("camd/house/answer")) and said["topic"] == topic and said,
                              f"an answer to {topic} {payload}")
            self.assertEqual((answer["ok"], answer["code"]), (False, code), answer)

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
        bridge.stop()

    def test_kill_of_camd_mqtt_and_of_camd_lose_nothing(self):
        broker = Broker(self).start()
        daemon = self.camd(cameras={"still": {"input": still_picture(), "detector": "none"}})
        listener = self.listen(broker)
        bridge = CamdMqtt(self, daemon, broker).start()
        wait_for(lambda: "connected to camd" in bridge.log_text(), "camd is there")
        first = max(event["seq"] for event in daemon.events()) + 1
        self.make_events(daemon, 50)
        wait_for(lambda: (bridge.acknowledged() or {"seq": 0})["seq"] >= first, "something is acknowledged on disk")
        bridge.kill()
        listener.wait_text("camd/house/status", "offline")
        self.make_events(daemon, 50)
        last = max(event["seq"] for event in daemon.events())
        bridge.start()
        listener.wait_text("camd/house/status", "online")
        self.assert_all_in_order(daemon, listener, first, last, repeats=IN_FLIGHT + 50)
        daemon.kill()
        wait_for(lambda: listener.json("camd/house/node")["camd"] == "down", "camd is told to be away")
        self.assertEqual(listener.text("camd/house/camera/still/availability"), "offline")
        daemon.start()
        wait_for(lambda: listener.json("camd/house/node")["camd"] == "up", "camd is back")
        listener.wait_text("camd/house/camera/still/availability", "online")
        bridge.stop()

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


if __name__ == "__main__":
    unittest.main()
