"""A broker (Debian's mosquitto), who listens at it, and camd-mqtt between it and a camd of a test."""
import json
import os
import signal
import socket
import socketserver
import subprocess
import threading
import unittest

from harness import SANDBOX, SANITIZER_REPORT, SLOWNESS, free_port, program, wait_for

try:
    import paho.mqtt.client as paho
except ImportError:
    paho = None


def need_camd_mqtt():
    """Skips where camd-mqtt was not built, or there is no broker to try it with."""
    try:
        program("camd-mqtt")
    except FileNotFoundError as error:
        raise unittest.SkipTest("camd-mqtt was not built: libmosquitto is not there") from error
    if paho is None:
        raise unittest.SkipTest("python3-paho-mqtt is not there")
    if not os.access("/usr/sbin/mosquitto", os.X_OK):
        raise unittest.SkipTest("mosquitto is not there")


class Broker:
    """mosquitto, which keeps what it has over a restart in good order."""

    def __init__(self, test, *lines, tls=()):
        self.test = test
        self.port = free_port()
        self.directory = test.directory / f"broker{self.port}"
        self.directory.mkdir()
        self.config = self.directory / "mosquitto.conf"
        self.config.write_text("\n".join([
            f"listener {self.port} 127.0.0.1", "persistence true", f"persistence_location {self.directory}/", "max_queued_messages 0",
            "user root", "log_type all", *(lines or ["allow_anonymous true"]), *tls]) + "\n")
        self.process = None

    def start(self):
        self.process = self.test.start_helper("/usr/sbin/mosquitto", "-c", self.config)

        def answers():
            if self.process.poll() is not None:
                raise AssertionError(f"mosquitto ended with {self.process.returncode}")
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        wait_for(answers, "the broker listens")
        return self

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30 * SLOWNESS)


class Listener:
    """A client that remembers all it gets: messages in their order, and the last of each topic."""

    def __init__(self, broker, *filters, name="listener", user=None, password=None):
        self.messages, self.last = [], {}
        self.redelivered = 0  # events that the broker sends again since it did not see that they had come
        self.lock = threading.Lock()
        self.filters = filters or ("#",)
        self.subscribed = threading.Event()
        self.client = paho.Client(client_id=name, clean_session=False)
        if user:
            self.client.username_pw_set(user, password)
        self.client.on_connect = lambda client, *_: client.subscribe([(topic, 1) for topic in self.filters])
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.client.on_message = self.take
        self.client.reconnect_delay_set(1, 1)
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()
        if not self.subscribed.wait(30 * SLOWNESS):
            raise AssertionError("the listener is not subscribed")

    def take(self, _client, _data, message):
        with self.lock:
            self.messages.append((message.topic, message.payload, message.retain))
            self.redelivered += message.dup and message.topic.endswith("/event")
            if message.payload:
                self.last[message.topic] = message.payload
            else:
                self.last.pop(message.topic, None)

    def publish(self, topic, payload, retain=False):
        self.client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(30 * SLOWNESS)

    def text(self, topic):
        with self.lock:
            payload = self.last.get(topic)
        return None if payload is None else payload.decode()

    def json(self, topic):
        text = self.text(topic)
        return None if text is None else json.loads(text)

    def topics(self):
        with self.lock:
            return sorted(self.last)

    def events(self):
        """All events in the order in which they came."""
        with self.lock:
            return [json.loads(payload) for topic, payload, _ in self.messages if topic.endswith("/event")]

    def answers(self):
        """All answers to commands."""
        with self.lock:
            return [json.loads(payload) for topic, payload, _ in self.messages if topic.endswith("/answer")]

    def wait_answer(self, topic):
        """To a command of that topic: answers come in the order in which they are found, which is not that of the commands."""
        return wait_for(lambda: next((said for said in self.answers() if said["topic"] == topic), None), f"an answer to {topic}")

    def wait_text(self, topic, expected):
        return wait_for(lambda: self.text(topic) == expected, f"{topic} is {expected!r}")

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


class StandInBroker:
    """Says what mosquitto cannot be made to say. versions: of MQTT that it knows, 4 is 3.1.1; none: it closes each connection.
    most_bytes: it ends the connection for what is larger. last_word: what it says to a subscription of MQTT 5: why the connection ends.
    ends_at_subscriptions: it ends the connection then, without a word. acknowledges: what is published."""

    def __init__(self, test, versions=(4, 5), refuses_subscriptions=False, most_bytes=None, last_word=None, ends_at_subscriptions=False,
                 acknowledges=True):
        self.asked, self.published = [], []  # versions that were asked for; topics
        self.last = {}  # what was published last, by topics
        broker = self

        class Connection(socketserver.StreamRequestHandler):
            version = 0

            def packet(self):
                head = self.rfile.read(1)
                size, shift = 0, 0
                while head:
                    byte = self.rfile.read(1)[0]
                    size |= (byte & 127) << shift
                    shift += 7
                    if byte < 128:
                        return head[0] >> 4, head[0] & 15, self.rfile.read(size)
                return None, 0, b""

            def say(self, kind, *body):
                self.wfile.write(bytes([kind << 4, len(body), *body]))

            def connect(self, body):
                self.version = body[6]  # behind "MQTT" and its length
                broker.asked.append(self.version)
                if self.version in versions:
                    self.say(2, 0, 0, *([0] if self.version == 5 else []))
                elif versions:
                    self.say(2, 0, 1)
                return self.version in versions

            def handle(self):
                try:
                    self.serve()
                except (ConnectionError, IndexError):
                    pass  # the client has ended it

            def serve(self):
                kind, flags, body = self.packet()
                goes_on = kind == 1 and self.connect(body)
                while goes_on:
                    kind, flags, body = self.packet()
                    if (most_bytes and len(body) > most_bytes) or (kind == 8 and ends_at_subscriptions):
                        break
                    properties = [0] if self.version == 5 else []
                    if kind == 8 and properties and last_word:
                        self.say(14, last_word)
                    elif kind == 8:
                        self.say(9, *body[:2], *properties, 0x80 if refuses_subscriptions else 0)
                    elif kind == 10:
                        self.say(11, *body[:2], *properties, *([0] if properties else []))
                    elif kind == 3 and flags & 6:
                        length = int.from_bytes(body[:2], "big")
                        topic = body[2:2 + length].decode()
                        broker.published.append(topic)
                        broker.last[topic] = body[4 + length + len(properties):]
                        if acknowledges:
                            self.say(4, *body[2 + length:4 + length])
                    goes_on = kind is not None

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection)
        self.port = self.server.server_address[1]
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        test.addCleanup(self.server.server_close)
        test.addCleanup(self.server.shutdown)


class StandInCamd:
    """Says in a test's order what a real camd says in that order by chance: one camera, front, and how it is."""

    def __init__(self, test):
        self.socket = test.directory / "stand-in.sock"
        self.state, self.seq, self.asked = "up", 1, 0
        self.before_status = None  # called once, when status has been asked for and is not answered yet
        self.refusal = None  # why status is not answered
        self.no_subscriptions = None  # the error that subscriptions get
        self.subscriber = None
        camd = self

        class Connection(socketserver.StreamRequestHandler):
            def handle(self):
                self.wfile.write(b'{"camd":"0.1.0","protocol":1}\n')
                for line in self.rfile:
                    camd.take(self.wfile, json.loads(line))

        self.server = socketserver.ThreadingUnixStreamServer(str(self.socket), Connection)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        test.addCleanup(self.server.server_close)
        test.addCleanup(self.server.shutdown)

    def say(self, out, request, **members):
        out.write(json.dumps({"id": request["id"], **members}).encode() + b"\n")

    def take(self, out, request):
        verb = request["verb"]
        if verb == "status" and self.refusal:
            self.say(out, request, error={"code": "no_memory", "text": self.refusal, "hint": ""})
            return
        if verb == "status":
            self.asked += 1
            camera = {"name": "front", "state": self.state, "reason": "", "enabled": True, "motion": False}
            then, self.before_status = self.before_status, None
            if then:
                then()
            self.say(out, request, part={"camera": camera})
        elif verb == "show":
            self.say(out, request, part={"name": "front", "settings": [{"key": "motion", "value": "yes"}]})
        elif verb == "subscribe" and self.no_subscriptions:
            self.say(out, request, error=self.no_subscriptions)
            return
        elif verb == "subscribe":
            self.say(out, request, part={"snapshot": {"epoch": 1, "seq": self.seq, "cameras": []}})
            self.subscriber = (out, request)
            return
        self.say(out, request, ok={})

    def tell(self, event, **members):
        self.seq += 1
        self.say(*self.subscriber, part={"event": {"event": event, "epoch": 1, "seq": self.seq, "time": "2026-01-01T00:00:00.000Z", **members}})


class CamdMqtt:
    """camd-mqtt for a camd and a broker."""

    def __init__(self, test, daemon, broker, directory="camd-mqtt", **settings):
        self.test = test
        self.directory = test.directory / directory
        self.state = self.directory / "state"
        self.state.mkdir(parents=True, exist_ok=True)
        self.config = self.directory / "mqtt.ini"
        self.log = self.directory / "camd-mqtt.log"
        self.settings = {"broker": "127.0.0.1", "port": broker.port, "node": "house", "socket": daemon.socket if daemon else "/nonexistent/camd.sock",
                         "state_dir": self.state, "user": "none", "sandbox": SANDBOX, "log_level": "debug", **settings}
        self.process = None
        self.write_config()

    def write_config(self):
        self.config.write_text("[mqtt]\n" + "".join(f"{key} = {value}\n" for key, value in self.settings.items()))

    def command(self, *arguments):
        return [str(program("camd-mqtt")), "-c", str(self.config), *map(str, arguments)]

    def run(self, *arguments, expect=0):
        done = subprocess.run(self.command(*arguments), text=True, capture_output=True, timeout=60 * SLOWNESS, check=False)
        self.test.assertEqual(done.returncode, expect, f"{arguments}: {done.stdout}{done.stderr}")
        return done

    def start(self, **environment):
        with open(self.log, "ab") as log:
            self.process = self.test.start_helper(*self.command(), stdout=log, stderr=log, env={**os.environ, **environment})
        return self

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.test.assertEqual(self.process.wait(timeout=30 * SLOWNESS), 0, "exit status of camd-mqtt")
        self.test.assertIsNone(SANITIZER_REPORT.search(self.log_text()), "a sanitizer or an assertion complained")

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=30)

    def log_text(self):
        return self.log.read_text(errors="replace")

    def acknowledged(self):
        path = self.state / "acknowledged.json"
        return json.loads(path.read_text()) if path.exists() else {"epoch": 0, "seq": 0}
