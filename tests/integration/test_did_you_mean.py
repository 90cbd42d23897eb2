"""Words that are nearly right: camctl and camd say which one may have been meant, and do nothing."""
import subprocess

from harness import Camd, CamdTest, program, still_picture


class DidYouMean(CamdTest):
    def setUp(self):
        labels = self.directory / "labels.txt"
        labels.write_text("person\ncar\n")
        self.daemon = Camd(self, cameras={"porch": {"input": still_picture(), "autostart": "no", "detector": "animals",
                                                    "zone.yard": "0,0 1,0 1,1"}})
        with open(self.daemon.config, "a") as config:
            config.write(f"[detector animals]\nbackend = /bin/false\nlabels = {labels}\n")
        self.daemon.start()

    def refused(self, *words, status=2):
        done = self.daemon.camctl(*words, expect=status)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def test_camctl(self):
        cases = {("statsu",): "did you mean status?", ("status", "--jsn"): "did you mean --json?",
                 ("help", "zoen"): "did you mean zone?", ("help", "url"): "did you mean input?",
                 ("add", "k", "url=rtsp://u:hush@h/x"): "did you mean input?", ("add", "k", "fps=3", "inptu=/x"): "did you mean input?",
                 ("set", "porch", "rtsp://u:hush@h/x"): "camctl set NAME input=URL"}
        for words, hint in cases.items():
            with self.subTest(words):
                said = self.refused(*words)
                self.assertIn(hint, said)
                self.assertNotIn("hush", said)

    def test_the_daemon(self):
        added = ("add", "k", "input=/x")
        cases = {("status", "prch"): (5, "did you mean porch?"), ("logs", "porhc"): (5, "did you mean porch?"),
                 ("snapshot", "proch", "-o", "x.jpg"): (5, "did you mean porch?"), ("events", "porcj"): (5, "did you mean porch?"),
                 ("wait", "porch", "upp"): (2, "did you mean up?"),
                 (*added, "detector=animal"): (2, "did you mean animals?"), (*added, "fsp=3"): (2, "did you mean fps?"),
                 (*added, "resolution=3"): (2, "did you mean width?"), (*added, "objects_track=persn"): (2, "did you mean person?"),
                 (*added, "zone.gate=0,0 1,0 1,1", "zone.gat.inertia=3"): (2, "no zone gat (did you mean gate?)"),
                 (*added, "filter.cra.min_score=0.3"): (2, "did you mean car?")}
        for words, (status, hint) in cases.items():
            with self.subTest(words):
                self.assertIn(hint, self.refused(*words, status=status))
        self.assertEqual(list(self.daemon.cameras_dir.iterdir()), [])

    def test_probe_takes_a_camera_s_name_and_offers_something_for_a_host(self):
        self.assertEqual(self.daemon.camctl_json("probe", "porch")["width"], 320)
        self.assertIn("did you mean porch?", self.refused("probe", "prch", status=5))
        self.assertIn("try camctl probe rtsp://192.0.2.7/", self.refused("probe", "192.0.2.7"))
        self.assertIn("fps is given twice", self.refused("probe", "porch", "fps=3", "fps=4"))

    def test_a_detector(self):
        self.assertIn("did you mean detector:animals?", self.refused("kick", "detector:animal", status=5))
        self.assertIn("did you mean detector:animals?", self.refused("logs", "animals", status=5))


class BareInput(CamdTest):
    """A URL or a path without its key is input."""

    def test_of_add(self):
        daemon = self.camd()
        clip = self.directory / "clip.mjpeg"
        clip.write_bytes(b"")
        link = self.directory / "directory"
        link.symlink_to(self.directory)
        cases = {"a": ("rtsp://127.0.0.1:1/x?a=b&c=d", "rtsp://127.0.0.1:1/x?a=***&c=***"), "b": (str(clip), str(clip)),
                 "c": ("lavfi:testsrc=size=64x48", "lavfi:testsrc=size=64x48"), "d": ("clip.mjpeg", str(clip)),
                 "e": ("directory/clip.mjpeg", str(clip))}
        for name, (word, shown) in cases.items():
            done = subprocess.run([program("camctl"), "-s", daemon.socket, "add", name, word, "autostart=no"], cwd=self.directory,
                                  text=True, capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            settings = daemon.camctl_json("show", name)["cameras"][0]["settings"]
            self.assertEqual([setting["value"] for setting in settings if setting["key"] == "input"], [shown])
        self.assertIn("given twice", daemon.camctl("add", "f", "input=/x", "/y", expect=2).stderr)
