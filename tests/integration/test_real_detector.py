"""Real footage, and a real model where there is one: what an administrator sees of a detector, its model and its labels."""
import os
import unittest
from pathlib import Path

from harness import BUILD, REPOSITORY, CamdTest, find_clip, wait_for

DATA = Path(os.environ.get("CAMD_DATA", REPOSITORY.parent / "shared" / "data"))
MODEL, LABELS = DATA / "models" / "nanodet_g.onnx", DATA / "models" / "labels.txt"


@unittest.skipUnless((BUILD / "src" / "detector" / "camd-detector").exists(), "camd-detector is built with OpenCV only")
@unittest.skipUnless(find_clip() and MODEL.exists() and LABELS.exists(), "the clip, the model or its labels are not there")
class RealDetector(CamdTest):
    def setUp(self):
        self.model, self.labels = self.directory / "model.onnx", self.directory / "labels.txt"
        self.model.write_bytes(MODEL.read_bytes())
        self.labels.write_bytes(LABELS.read_bytes())
        self.daemon = self.camd(defaults={"restart_delay": 0.1})
        with open(self.daemon.config, "a", encoding="utf-8") as config:
            config.write(f"[detector people]\nbackend = opencv-dnn\nmodel = {self.model}\nlabels = {self.labels}\n")
        self.daemon.ask("reload")
        self.daemon.camctl("add", "yard", f"input={find_clip()}", "loop=yes", "detector=people", "zone.all=0,0 1,0 1,1 0,1")

    def detector(self, state, text=""):
        def found():
            one = self.daemon.status()["detectors"][0]
            return one if one["state"] == state and text in one["reason"] else None

        return wait_for(found, f"{state}, {text}")

    def test_people_are_seen_and_shown(self):
        def begun():
            return next((event for event in self.daemon.events(camera="yard")
                         if event["event"] == "object" and event["phase"] == "start"), None)

        start = wait_for(begun, "somebody is seen", 60)
        self.assertEqual(start["label"], "person")
        before = wait_for(lambda: next((camera for camera in [self.daemon.camera("yard")] if camera["objects"] > 0), None),
                          "status counts them", 60)
        wait_for(lambda: self.daemon.camctl_json("snapshot", "yard", "--boxes", "-o", self.directory / "p.png")["boxes"] > 0,
                 "they are in the picture", 60)
        # what counts at once: the tracker goes on
        file = self.daemon.cameras_dir / "yard.ini"
        written = file.read_text()
        file.write_text(written + "mask.everything = object:person 0,0 1,0 1,1 0,1\n")
        self.daemon.camctl("reload")
        wait_for(lambda: self.daemon.camera("yard")["objects"] == 0, "nobody is believed under the mask", 60)
        self.assertEqual(self.daemon.camera("yard")["tracker"]["pid"], before["tracker"]["pid"])
        file.write_text(written + "objects_track = persn\n")
        self.assertIn("did you mean person?", self.daemon.camctl("reload", expect=None).stderr)

    def test_a_model_or_labels_that_do_not_fit_are_named_and_the_camera_goes_on(self):
        self.detector("up")
        before = self.daemon.camera("yard")
        self.model.write_bytes(MODEL.read_bytes()[:1000000])
        self.daemon.camctl("restart", "detector:people")
        self.assertIn("camctl kick detector:", self.detector("backoff", "is damaged or cut short")["hint"])
        self.model.unlink()
        self.daemon.camctl("kick", "detector:people")
        self.detector("backoff", "No such file")
        self.assert_camera_goes_on(self.daemon, "yard", before)
        self.model.write_bytes(MODEL.read_bytes())
        self.labels.write_text("\n".join(LABELS.read_text().splitlines()[:-1]) + "\n")
        self.daemon.camctl("reload")
        self.daemon.camctl("kick", "detector:people", expect=None)
        self.detector("backoff", "the model has 80 classes, but there are 79 labels")
        self.labels.write_bytes(LABELS.read_bytes())
        self.daemon.camctl("reload")
        self.detector("up")
        # other labels are in new segments: a new capture, the same tracker
        after = self.daemon.wait_frames("yard", before["frames"] + 3)
        self.assertEqual(after["tracker"]["pid"], before["tracker"]["pid"])
