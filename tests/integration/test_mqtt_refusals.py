"""camd-mqtt and brokers that do not take what it has, or are not found: each is told once, and everything else goes on."""
import json
import os
import socketserver
import threading
import unittest
from pathlib import Path

from harness import FULL, program, still_picture, wait_for
from mqtt import Broker, CamdMqtt, StandInBroker
from test_mqtt import MqttTest

RETAINED_SENT_MAX = 16  # bridge_private.h


class MqttRefusals(MqttTest):
    def still(self):
        return self.camd(cameras={"still": {"input": still_picture(), "detector": "none"}})

    def wait_log(self, bridge, text):
        wait_for(lambda: text in bridge.log_text(), f"it is logged: {text}")

    def test_a_name_server_that_does_not_answer_holds_up_nothing(self):
        """The library asks for the broker's name within its call: neither camd nor SIGTERM was heard meanwhile."""
        daemon = self.still()
        bridge = CamdMqtt(self, daemon, Broker(self), queue_events=32)
        bridge.settings["broker"] = "broker.silent"
        bridge.write_config()
        library = next(Path(program("misbehave")).parent.glob("*silent-names.so"))
        bridge.start(LD_PRELOAD=str(library), ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0")
        self.wait_log(bridge, "connected to camd")
        self.make_events(daemon, 40)
        self.wait_log(bridge, "32 events wait for the broker")
        bridge.stop()

    def check_messages_that_are_too_large(self, *limits):
        broker = Broker(self, "allow_anonymous true", *limits).start()
        daemon = self.still()
        listener = self.listen(broker)
        bridge = CamdMqtt(self, daemon, broker).start()
        told = "homeassistant/device/camd_house/still/config: it is larger than the broker takes"
        self.wait_log(bridge, told)
        self.wait_log(bridge, "connected to camd")
        first = max(event["seq"] for event in daemon.events()) + 1
        self.make_events(daemon, 30)
        last = max(event["seq"] for event in daemon.events())
        self.assert_all_in_order(daemon, listener, first, last)
        wait_for(lambda: bridge.acknowledged()["seq"] >= last, "all are acknowledged")
        self.assertNotIn("homeassistant/device/camd_house/still/config", listener.topics())
        self.assertEqual(listener.json("camd/house/node")["lost"], 0)
        bridge.stop()
        return bridge.log_text().count(told), bridge.log_text().count("notice connected to the broker at")

    def test_what_is_larger_than_the_broker_takes_is_told_and_the_rest_goes_on(self):
        """mosquitto drops such a message and acknowledges it: nobody knew."""
        self.assertEqual(self.check_messages_that_are_too_large("message_size_limit 1200", "max_queued_messages 1000"), (1, 1))

    def test_what_ends_the_connection_once_is_not_sent_again(self):
        """Without max_queued_messages, mosquitto 2.0.11 ends the connection for what it refuses."""
        self.check_messages_that_are_too_large("message_size_limit 1200")

    def test_what_is_larger_than_a_packet_may_be_is_told_and_the_rest_goes_on(self):
        """mosquitto ended the connection, at each new try again."""
        self.assertEqual(self.check_messages_that_are_too_large("max_packet_size 1200"), (1, 1))

    def test_what_the_broker_s_access_list_does_not_let_is_told(self):
        """It was acknowledged, and nobody got it."""
        access = self.directory / "access"
        access.write_text("topic read #\ntopic write camd/house/status\n")
        broker = Broker(self, "allow_anonymous true", f"acl_file {access}", "max_queued_messages 1000").start()
        daemon = self.still()
        listener = self.listen(broker)
        bridge = CamdMqtt(self, daemon, broker).start()
        listener.wait_text("camd/house/status", "online")
        told = "it does not let this user write there: its access list needs write"
        self.wait_log(bridge, told)
        self.wait_log(bridge, "connected to camd")
        self.make_events(daemon, 3)
        last = max(event["seq"] for event in daemon.events())
        wait_for(lambda: bridge.acknowledged()["seq"] >= last, "it goes on")
        self.assertEqual(bridge.log_text().count(told), 1, "it is told once")
        bridge.stop()

    def test_only_what_the_broker_has_cleared_counts_as_cleared(self):
        """All that it was asked to clear did."""
        access = self.directory / "access"
        access.write_text("topic readwrite #\nuser house\ntopic read #\n" + "".join(
            f"topic write camd/house/{what}\n" for what in ("status", "node", "camera/still/#", "camera/old/state")))
        broker = Broker(self, "allow_anonymous true", f"acl_file {access}", "max_queued_messages 1000").start()
        listener = self.listen(broker)
        for camera in ("old", "gone", "gone2"):
            listener.publish(f"camd/house/camera/{camera}/state", "{}", retain=True)
        bridge = CamdMqtt(self, self.still(), broker, username="house", discovery_prefix="none").start()
        self.wait_log(bridge, "cleared 1 topic of cameras or labels that are gone")
        self.wait_log(bridge, "2 topics of cameras or labels that are gone cannot be cleared at the broker: it does not let this user write there")
        bridge.stop()

    def test_a_subscription_that_is_refused_is_told(self):
        broker = StandInBroker(self, refuses_subscriptions=True)
        bridge = CamdMqtt(self, self.still(), broker, commands="enable").start()
        self.wait_log(bridge, "commands do not come: the broker does not let this user read camd/house/camera/+/+/set")
        self.wait_log(bridge, "what the broker keeps of cameras that are gone is not cleared")
        self.assertIn("it does not let this user read camd/#", bridge.run("--fleet", expect=1).stderr)
        bridge.stop()

    def test_a_broker_that_speaks_one_version_of_mqtt_is_spoken_to_in_that(self):
        for versions, asked in (((4,), [5, 4]), ((5,), [5])):
            broker = StandInBroker(self, versions=versions)
            bridge = CamdMqtt(self, self.still(), broker, directory=f"camd-mqtt{versions[0]}").start()
            self.wait_log(bridge, "connected to the broker")
            self.assertEqual(broker.asked, asked)
            self.assertIn("no nodes", bridge.run("--fleet").stdout)
            self.assertNotIn("not connected to the broker", bridge.log_text())
            bridge.stop()

    def test_a_connection_that_was_up_is_over_whatever_the_broker_says_then(self):
        """With that word, it went on in MQTT 3.1.1, and what was on its way counted as on its way for ever."""
        broker = StandInBroker(self, last_word=0x84)
        bridge = CamdMqtt(self, self.still(), broker).start()
        self.wait_log(bridge, "not connected to the broker")
        bridge.stop()

    def test_a_connection_that_is_closed_while_we_write_is_told_in_words_of_the_field(self):
        """It was a broken pipe, and nobody was told who had closed it."""
        bridge = CamdMqtt(self, self.still(), StandInBroker(self, ends_at_subscriptions=True)).start()
        self.wait_log(bridge, "the broker closes the connection again and again")
        for errno in ("Broken pipe", "reset by peer"):
            self.assertNotIn(errno, bridge.log_text())
        bridge.stop()

    def test_a_file_of_certificates_that_holds_none_is_named(self):
        broker = StandInBroker(self)
        bridge = CamdMqtt(self, None, broker, tls="yes", ca_file=self.directory / "ca.pem")
        (self.directory / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        bridge.start()
        wait_for(lambda: "TLS: ca_file cannot be used" in bridge.log_text(), "it is told")
        bridge.stop()

    def test_what_speaks_another_protocol_is_told(self):
        class Http(socketserver.BaseRequestHandler):
            def handle(self):
                self.request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                self.request.recv(4096)

        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Http) as other:
            other.port = other.server_address[1]
            threading.Thread(target=other.serve_forever, daemon=True).start()
            bridge = CamdMqtt(self, None, other).start()
            self.wait_log(bridge, "is the port the right one")
            bridge.stop()
            other.shutdown()

    def test_that_it_has_stopped_does_not_wait_for_what_is_not_acknowledged(self):
        """Its last report waited behind all that was still to be kept, and it counted as lost."""
        broker = StandInBroker(self, acknowledges=False)
        still = {"input": still_picture(), "detector": "none"}
        bridge = CamdMqtt(self, self.camd(cameras={"one": still, "two": still, "three": still}), broker).start()
        wait_for(lambda: len(broker.published) > RETAINED_SENT_MAX, "as much is on its way as may be")
        bridge.stop()
        wait_for(lambda: broker.last["camd/house/status"] == b"offline", "it has said the last word")
        self.assertTrue(json.loads(broker.last["camd/house/node"])["stopped"])

    def test_a_broker_that_closes_the_connection_is_told_once(self):
        broker = StandInBroker(self, versions=())
        bridge = CamdMqtt(self, self.still(), broker).start()
        wait_for(lambda: len(broker.asked) >= 4, "it is tried again, in both versions")
        self.assertEqual(set(broker.asked), {4, 5})
        self.assertEqual(bridge.log_text().count("the broker closes the connection without an answer"), 1)
        bridge.stop()

    @unittest.skipUnless(FULL, "takes longer: tests/run.sh --full")
    def test_a_broker_that_has_no_word_for_too_large_is_believed_in_the_end(self):
        """It ends the connection, at each new try again."""
        broker = StandInBroker(self, versions=(4,), most_bytes=1200)
        daemon = self.still()
        bridge = CamdMqtt(self, daemon, broker).start()
        self.wait_log(bridge, "the broker ends each connection when a message of")
        self.wait_log(bridge, "homeassistant/device/camd_house/still/config: it is larger than the broker takes")
        wait_for(lambda: "camd/house/node" in broker.published, "the rest goes on")
        bridge.stop()

    def test_a_broker_that_lacks_what_is_needed_is_told_with_its_key(self):
        """It was the library's word for it, again and again."""
        for line, told in (("retain_available false", "mosquitto.conf: retain_available"), ("max_qos 0", "mosquitto.conf: max_qos")):
            bridge = CamdMqtt(self, None, Broker(self, "allow_anonymous true", line).start(), directory=line.split()[0]).start()
            self.wait_log(bridge, told)
            bridge.stop()

    def test_two_with_one_node_are_told_of_each_other(self):
        broker = Broker(self).start()
        daemon = self.still()
        first = CamdMqtt(self, daemon, broker).start()
        self.wait_log(first, "connected to the broker")
        second = CamdMqtt(self, daemon, broker, directory="another").start()
        wait_for(lambda: "does another camd-mqtt have the same `node`?" in first.log_text() + second.log_text(), "one of them says it")
        first.stop()
        second.stop()

    def test_a_broker_that_is_restarted_twice_is_no_other_node(self):
        broker = Broker(self).start()
        bridge = CamdMqtt(self, self.still(), broker).start()
        for round_number in (1, 2):
            wait_for(lambda: bridge.log_text().count("notice connected to the broker") == round_number, "it is connected")
            broker.stop()
            wait_for(lambda: bridge.log_text().count("the broker has closed the connection") == round_number, "the end and its reason")
            if round_number == 1:
                self.wait_log(bridge, "Connection refused")
                broker.start()
        bridge.stop()


if __name__ == "__main__":
    unittest.main()
