"""camctl metrics: the format to the letter, all that status knows, names that the manual page promises, and Prometheus itself."""
import json
import os
import re
import shutil
import signal
import subprocess
import unittest
import urllib.error
import urllib.parse
import urllib.request

import exposition_format
from harness import BUILD, FULL, REPOSITORY, WALKER, CamdTest, free_port, moving_pattern, wait_for

# Numbers of status that are no measure: who and which, and when as a date.
NO_MEASURE = {"pid", "uid", "epoch", "code", "signal"}
# What metrics have in another way: the sum of restarts_by.
ELSEWHERE = {"restarts"}


def sources():
    """{scope: {path of status that a metric is made of}}, from the table."""
    table = (REPOSITORY / "src/metrics/metrics_table.c").read_text()
    found = {}
    for scope, kind, path in re.findall(r'ROW\((?:prefix )?"\w+", \w+, (\w+),\s*(?:\\\s*)?"[^"]+",\s*(?:\\\s*)?(\w+)\("([\w.]+)"', table):
        for path in [f"hour.{path}", f"day.{path}"] if kind == "WINDOWS" else [path]:
            for each in ("WORKER", "DETECTOR") if scope == "scope" else (scope,):
                found.setdefault(each, set()).add(path)
    return found


def measures(value, path=""):
    """Paths of all numbers and booleans in an object of status."""
    for name, member in value.items():
        below = f"{path}.{name}" if path else name
        if isinstance(member, dict) and name not in ("restarts_by", "sandbox", "detector_times"):
            yield from measures(member, below)
        elif isinstance(member, (int, float, dict)) and name not in NO_MEASURE | ELSEWHERE:
            yield below


class Metrics(CamdTest):
    def metrics(self, daemon, *arguments):
        return exposition_format.read(daemon.camctl("metrics", *arguments).stdout)

    def value(self, families, name, **labels):
        return families[name].samples[(name, tuple(sorted(labels.items())))]

    def test_have_everything_that_status_has(self):
        daemon = self.camd(cameras={"front": {"input": moving_pattern(), "best_pictures": 4}})
        daemon.wait_frames("front", 3)
        status, known = daemon.camctl_json("status", "front"), sources()
        camera = status["cameras"][0]
        workers = [camera.pop("capture"), camera.pop("tracker")]
        for scope, objects in (("DAEMON", [status["daemon"]]), ("CAMERA", [camera]), ("WORKER", workers)):
            for value in objects:
                self.assertEqual([path for path in measures(value) if path not in known[scope]], [], scope)

    @unittest.skipUnless((BUILD / "src" / "detector" / "camd-detector").exists(), "camd-detector is built with OpenCV only")
    def test_have_the_times_of_a_detector(self):
        daemon = self.camd()
        with open(daemon.config, "a", encoding="utf-8") as config:
            config.write("[detector people]\nbackend = opencv-hog\ninput_width = 128\ninput_height = 128\n")
        daemon.ask("reload")
        daemon.camctl("add", "front", f"input={WALKER}", "fps=10", "detector=people")
        daemon.wait_camera("front", lambda camera: sum(camera["detector_times"]["counts"]) > 2, "the detector's answers")
        families, status, known = self.metrics(daemon), daemon.camctl_json("status"), sources()
        histogram = families["camd_camera_detector_seconds"].samples
        self.assertGreater(histogram["camd_camera_detector_seconds_sum", (("camera", "front"),)], 0)
        self.assertEqual(len([name for name, _ in histogram if name.endswith("_bucket")]), 12)
        self.assertEqual(self.value(families, "camd_detector_up", detector="people"), 1)
        for scope, (value,) in (("DETECTOR", status["detectors"]), ("CAMERA", status["cameras"])):
            value = {name: member for name, member in value.items() if name not in ("capture", "tracker")}
            self.assertEqual([path for path in measures(value) if path not in known[scope]], [], scope)

    def test_are_right_of_cameras_that_fail_and_over_an_upgrade(self):
        daemon = self.camd(cameras={"front": {"input": moving_pattern(), "restart_delay": 0},
                                    "gone": {"input": "/nonexistent/clip.mp4"}})
        daemon.wait_frames("front", 3)
        os.kill(daemon.camera("front")["capture"]["pid"], signal.SIGKILL)
        daemon.wait_camera("front", lambda camera: camera["capture"]["restarts"] == 1 and camera["state"] == "up", "its return")
        daemon.wait_camera("gone", lambda camera: camera["capture"]["restarts"] >= 1, "a second try")
        before = self.metrics(daemon)
        daemon.camctl("upgrade")
        for families in (before, self.metrics(daemon)):
            restarts = {reason: self.value(families, "camd_worker_restarts_total", camera="front", worker="capture", reason=reason)
                        for reason in ("signal", "exit", "stall", "network")}
            self.assertEqual(restarts, {"signal": 1, "exit": 0, "stall": 0, "network": 0})
            self.assertGreaterEqual(self.value(families, "camd_worker_restarts_total", camera="gone", worker="capture",
                                               reason="not_found"), 1)
            self.assertEqual(self.value(families, "camd_camera_outages_total", camera="front"), 1)
            self.assertEqual(self.value(families, "camd_camera_state", camera="front", state="up"), 1)
            self.assertGreater(self.value(families, "camd_camera_frames_total", camera="front"), 3)
            self.assertEqual(self.value(families, "camd_up"), 1)
        states = [value for (_, labels), value in before["camd_camera_state"].samples.items() if ("camera", "gone") in labels]
        self.assertEqual((sum(states), len(states)), (1, 9))

    def test_go_to_a_file_in_one_step_and_say_when_camd_is_away(self):
        daemon = self.camd(cameras={"front": {"input": moving_pattern()}})
        daemon.wait_frames("front", 1)
        path = self.directory / "camd.prom"
        self.assertEqual(daemon.camctl("metrics", "-o", path).stdout, "")
        held = open(path, encoding="utf-8")  # a reader sees the whole old one
        self.assertIn("front", path.read_text())
        document = daemon.camctl_json("metrics", "-o", path)
        self.assertEqual(document, {"file": str(path), "bytes": path.stat().st_size})
        self.assertEqual(set(exposition_format.read(daemon.camctl_json("metrics")["metrics"])), set(exposition_format.read(path.read_text())))
        daemon.stop()
        self.assertIn("is it running", daemon.camctl("metrics", "-o", path, expect=3).stderr)
        self.assertEqual(self.value(exposition_format.read(path.read_text()), "camd_up"), 0)
        self.assertNotIn("front", path.read_text())
        self.assertIn("front", held.read())
        held.close()
        self.assertEqual([name for name in os.listdir(self.directory) if "prom" in name], ["camd.prom"])
        self.assertEqual(set(exposition_format.read(daemon.camctl("metrics", expect=3).stdout)), {"camd_up"})
        self.assertEqual(set(json.loads(daemon.camctl("--json", "metrics", expect=3).stdout)), {"error"})
        self.assertIn("cannot be written", daemon.camctl("metrics", "-o", "/nonexistent/camd.prom", expect=3).stderr)

    @unittest.skipUnless(FULL, "Prometheus belongs to --full")
    def test_a_real_prometheus_scrapes_them(self):
        for tool in ("promtool", "prometheus", "prometheus-node-exporter"):
            if not shutil.which(tool):
                self.skipTest(f"needs {tool}")
        daemon = self.camd(cameras={"front": {"input": moving_pattern()}, "gone": {"input": "/nonexistent/clip.mp4"}})
        daemon.wait_frames("front", 3)
        text = daemon.camctl("metrics").stdout
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True, check=False)
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))

        # as camd-metrics.service does it, with directories and ports of its own
        collected, exporter, prometheus = self.directory / "collected", free_port(), free_port()
        collected.mkdir()
        daemon.camctl("metrics", "-o", collected / "camd.prom")
        configuration = self.directory / "prometheus.yml"
        configuration.write_text("scrape_configs:\n- job_name: cameras\n  scrape_interval: 1s\n  static_configs:\n"
                                 f"  - targets: ['127.0.0.1:{exporter}']\n")
        self.start_helper("prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{exporter}", "--collector.disable-defaults",
                          "--collector.textfile", f"--collector.textfile.directory={collected}")
        self.start_helper("prometheus", f"--config.file={configuration}", f"--storage.tsdb.path={self.directory / 'data'}",
                          f"--web.listen-address=127.0.0.1:{prometheus}")

        def ask(query):
            """[(labels, value)], or None while Prometheus does not answer."""
            url = f"http://127.0.0.1:{prometheus}/api/v1/query?query={urllib.parse.quote(query)}"
            try:
                with urllib.request.urlopen(url, timeout=30) as answer:
                    found = json.load(answer)["data"]["result"]
            except (urllib.error.URLError, ConnectionError):
                return None
            return [(one["metric"], float(one["value"][1])) for one in found]

        dark = wait_for(lambda: ask("camd_camera_dark_seconds > 0"), "Prometheus to know of the dark camera", timeout=60)
        self.assertEqual([labels["camera"] for labels, _ in dark], ["gone"])
        self.assertEqual([labels["camera"] for labels, _ in ask('camd_camera_state{state="up"} == 1')], ["front"])
        self.assertEqual(ask("node_textfile_scrape_error")[0][1], 0)
        daemon.stop()
        daemon.camctl("metrics", "-o", collected / "camd.prom", expect=3)
        wait_for(lambda: ask("camd_up == 0"), "Prometheus to know that camd is away", timeout=60)


class Names(unittest.TestCase):
    def test_are_those_of_the_manual_page(self):
        table = (REPOSITORY / "src/metrics/metrics_table.c").read_text()
        page = (REPOSITORY / "man/camd-metrics.7").read_text()
        names = {"camd_up"} | set(re.findall(r'ROW\("(\w+)"', table))
        for prefix in re.findall(r'PROCESS\("(\w+)"', table):
            names |= {prefix + name for name in re.findall(r'ROW\(prefix "(\w+)"', table)}
        self.assertGreater(len(names), 80)
        self.assertEqual(set(re.findall(r"^\.It Li (\w+)$", page, re.M)), names)


class Checker(unittest.TestCase):
    """What it is there for: it refuses what is wrong."""

    GOOD = "# HELP a_total B.\n# TYPE a_total counter\na_total{c=\"d\\\\\\\"\\n\"} 1\n"

    def test_takes_what_is_right(self):
        self.assertEqual(exposition_format.read(self.GOOD)["a_total"].samples, {("a_total", (("c", 'd\\"\n'),)): 1})

    def test_refuses_what_is_not(self):
        gauge = "# HELP a B.\n# TYPE a gauge\n"
        histogram = "# HELP h B.\n# TYPE h histogram\n"
        for text in (self.GOOD[:-1], self.GOOD + self.GOOD, self.GOOD.replace("counter", "gauge"), gauge, "a 1\n",
                     self.GOOD + "a_total{c=\"d\\\\\\\"\\n\"} 1\n", gauge + "b 1\n", gauge + "a 1 \n", gauge + "a one\n", gauge + "\na 1\n",
                     gauge + 'a{c="d"e"} 1\n', gauge + 'a{c="d",} 1\n', gauge + 'a{c="d",c="e"} 1\n', gauge + 'a{c="\\q"} 1\n',
                     self.GOOD.replace("} 1", "} -1"), gauge.replace(" a ", " a_ms ") + "a_ms 1\n",
                     histogram + 'h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n',
                     histogram + 'h_bucket{le="1"} 1\nh_sum 1\nh_count 1\n'):
            with self.subTest(text), self.assertRaises((ValueError, KeyError)):
                families = exposition_format.read(text)
                if not families["a"].samples:
                    raise ValueError("no samples")
