"""import: the cameras of a file that export has written, or another program's."""
import os
import subprocess
import unittest

from harness import HERE, Camd, CamdTest, moving_pattern, program, still_picture


class Import(CamdTest):
    def setUp(self):
        self.file = self.directory / "import.ini"

    def test_takes_what_export_wrote(self):
        first = Camd(self)
        first.write_camera("front", input="rtsp://admin:hush@127.0.0.1:1/x", autostart="no", fps="3", **{
            "zone.a": "0,0 1,0 1,1", "zone.a.inertia": "5"})
        first.write_camera("back", input=still_picture(), enabled="no")
        first.start()
        exported = first.camctl("export", "--show-secrets").stdout
        self.file.write_text(exported)
        first.stop()
        second = self.camd()
        document = second.camctl_json("import", self.file, "-n")
        self.assertEqual(document["outcomes"], {"back": "would be added", "front": "would be added"})
        self.assertNotIn("asked", [event["event"] for event in second.events()])
        self.assertEqual(list(second.cameras_dir.iterdir()), [])
        done = second.camctl("import", self.file)
        self.assertEqual(done.stdout.splitlines()[:3], ["back: added", "front: added",
                         "these sections are not imported; they belong in camd.ini:"])
        self.assertIn("[camd]\n", done.stdout)
        again = second.camctl("export", "--show-secrets").stdout
        self.assertEqual(again[again.index("[camera"):], exported[exported.index("[camera"):])
        self.assertNotIn("hush", done.stdout + second.log_text())

    def test_overwrites_nothing_unless_told_to(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={still_picture()}", "autostart=no", "fps=2", "loop=yes")
        self.file.write_text(f"[camera front]\ninput = {still_picture()}\nautostart = no\nfps = 4\n")
        before = (daemon.cameras_dir / "front.ini").read_text()
        done = daemon.camctl("import", self.file, expect=1)
        self.assertIn("front: left out: there is such a camera already", done.stdout)
        self.assertEqual((daemon.cameras_dir / "front.ini").read_text(), before)
        self.assertEqual(daemon.camctl("import", self.file, "--replace", "-n").stdout, "front: would be changed\n")
        self.assertEqual((daemon.cameras_dir / "front.ini").read_text(), before)
        # that it would be refused was seen when others had been imported, and never with -n
        good = self.file.read_text()
        self.file.write_text(f"[camera back]\ninput = {still_picture()}\nautostart = no\n{good.replace('fps = 4', 'fps = 900')}")
        done = daemon.camctl("import", self.file, "--replace", "-n", expect=1)
        self.assertIn("back: would be added\nfront: left out: fps: '900' is too large", done.stdout)
        self.assertEqual((daemon.cameras_dir / "front.ini").read_text(), before)
        self.assertNotIn("set front", daemon.log_text())
        self.file.write_text(good)
        self.assertIn("fps", daemon.camctl("import", self.file, "--replace").stdout)
        self.assertEqual((daemon.cameras_dir / "front.ini").read_text(), self.file.read_text())

    def test_says_what_was_left_out_and_why(self):
        daemon = self.camd()
        self.file.write_text("[camera a]\ninput = rtsp://u:***@h/\n[camera b]\ninput = /x\nfps = 900\n"
                             f"[camera c]\ninput = {still_picture()}\nautostart = no\n[detector d]\nbackend = motion\n")
        document = daemon.camctl_json("import", self.file, expect=1)
        self.assertEqual(document["outcomes"], {"c": "added"})
        self.assertIn("masked", document["left_out"]["a"])
        self.assertIn("fps: ", document["left_out"]["b"])
        self.assertEqual(document["sections"], "[detector d]\nbackend = motion\n")
        self.file.write_text("[camera a]\nnonsense\n")
        self.assertIn(f"{self.file}:2", daemon.camctl("import", self.file, expect=1).stderr)
        self.file.write_text("[defaults]\n")
        daemon.camctl("import", self.file, expect=1)
        daemon.camctl("import", self.directory / "none", expect=1)


def reads_yaml():
    linked = subprocess.run(["ldd", program("camd-import")], capture_output=True, text=True, check=False).stdout
    return "libyaml" in linked


class Foreign(CamdTest):
    def setUp(self):
        self.daemon = self.camd(defaults={"restart_delay": 30, "restart_max_delay": 30})
        os.environ["FRIGATE_RTSP_PASSWORD"] = "hush-878"
        self.addCleanup(os.environ.pop, "FRIGATE_RTSP_PASSWORD")

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return path

    def refused(self, name, text):
        done = self.daemon.camctl("import", self.write(name, text), expect=1, timeout=20)
        self.assertEqual(list(self.daemon.cameras_dir.iterdir()), [])
        return done.stderr

    @unittest.skipUnless(reads_yaml(), "built without libyaml")
    def test_frigate(self):
        """A whole configuration, as its documentation writes one; the cameras run."""
        text = (HERE / "frigate.yml").read_text().replace("CLIP", moving_pattern("768x576"))
        done = self.daemon.camctl("import", self.write("frigate.yml", text), expect=1)
        self.assertEqual(done.stderr, "camctl: 2 cameras were left out\n")  # broken and recorder
        self.assertNotIn("hush-878", done.stdout + self.daemon.log_text())
        said = done.stdout.splitlines()
        for line in ("front: added", "gate: added", "clip: added", "side_door: added", "[detector coral]",
                     "front.detector: left out: there is no detector coral: expected a [detector coral] in the main file",
                     "line 53: record: left out: camd does not record: another program beside it does, from the camera itself"):
            self.assertIn(line, said)
        lines = [int(line.split(":")[0].split()[1]) for line in said if line.startswith("line ")]
        self.assertEqual(lines, sorted(lines))
        front = (self.daemon.cameras_dir / "front.ini").read_text().splitlines()
        for line in ("input = rtsp://viewer:hush-878@127.0.0.1:1/front", "fps = 10", "stationary_max_frames.car = 9000",
                     "filter.person.min_score = 0.6", "filter.person.min_area = 1500", "mask.motion1 = motion 0,0 0.4,0 0.4,0.05 0,0.05",
                     "mask.motion2 = motion 0.75,0 1,0 1,0.08680555 0.75,0.08680555", "mask.person1 = object:person 0,0.427 0.002,0 0.999,0",
                     "zone.yard.loitering_time = 2", "zone.street.distances = 10,15,12,11", "zone.street.speed_threshold = 5"):
            self.assertIn(line, front)
        gate = (self.daemon.cameras_dir / "gate.ini").read_text()
        self.assertIn("rtsp_transport = udp", gate)
        self.assertIn("objects_track = person,car,dog", gate)
        self.daemon.wait_frames("clip", 2)
        self.assertEqual(self.daemon.camera("side_door")["state"], "disabled")
        document = self.daemon.camctl_json("import", self.directory / "frigate.yml", "--replace", expect=1)
        self.assertEqual(set(document["outcomes"]), {"front", "gate", "clip", "side_door"})
        self.assertEqual(set(document["notes"][0]), {"line", "of", "text"})
        self.assertEqual((self.daemon.cameras_dir / "front.ini").read_text().splitlines(), front)

    @unittest.skipUnless(reads_yaml(), "built without libyaml")
    def test_nothing_of_frigate_is_left_out_without_a_word(self):
        """What was below ffmpeg, filters and the like, or switched off, was."""
        text = """
            environment_vars: {FRIGATE_A: b, OTHER: c}
            ui: {unit_system: metric, time_format: 24hour}
            go2rtc: {streams: {front: rtsp://127.0.0.1/1}, webrtc: {candidates: []}}
            model: {path: /m.onnx, model_type: yolox}
            detectors: {ov: {type: openvino}}
            ffmpeg: {output_args: {record: preset-record-generic}, retry_interval: 10}
            objects: {filters: {person: {min_score: 0.5, new: 1}}}
            detect: {stationary: {new: 1, max_frames: {new: 1}}}
            cameras:
              front:
                ffmpeg: {inputs: [{path: rtsp://127.0.0.1/1, roles: [detect], global_args: -x}], new: 1}
                motion: {mask: {sky: {coordinates: '0,0,1,0,1,1', friendly_name: The sky}, tree: {enabled: no, coordinates: '0,0,1,0,1,1'}}}
                objects: {filters: {car: {mask: {roof: {coordinates: '0,0,1,0,1,1', new: 1}}}}}
                zones: {yard: {coordinates: '0,0,1,0,1,1', new: 1, filters: {car: {new: 1}}}, street: {enabled: false, coordinates: '0,0,1,0,1,1'}}
                new: {enabled: true}
        """
        notes = self.daemon.camctl_json("import", self.write("all.yml", text), "-n")["notes"]
        front = "cameras.front."
        self.assertEqual({note["of"] for note in notes if note["line"]}, {
            "environment_vars.OTHER", "ui.time_format", "go2rtc.streams", "go2rtc.webrtc", "model.model_type", "detectors.ov",
            "ffmpeg.output_args", "ffmpeg.retry_interval", "objects.filters.person.new", "detect.stationary.new",
            "detect.stationary.max_frames.new", f"{front}ffmpeg.inputs.global_args", f"{front}ffmpeg.new",
            f"{front}motion.mask.sky.friendly_name", f"{front}motion.mask", f"{front}objects.filters.car.mask.roof.new",
            f"{front}zones.yard.new", f"{front}zones.yard.filters.car.new", f"{front}zones.street", f"{front}new"})

    def notes_of(self, text):
        """What camctl import says, by what it is about."""
        said = {}
        for note in self.daemon.camctl_json("import", self.write("said.yml", text), "-n", expect=None)["notes"]:
            said.setdefault(note["of"], []).append(note["text"])
        return said

    @unittest.skipUnless(reads_yaml(), "built without libyaml")
    def test_each_detector_of_frigate_has_a_word(self):
        """The first was taken without a word about the others; a file without any was told that they had no ONNX model."""
        cameras = "cameras: {a: {ffmpeg: {inputs: [{path: rtsp://127.0.0.1:1/1, roles: [detect]}]}}}\n"
        said = self.notes_of(cameras + "detectors: {one: {type: onnx, model: {path: /1.onnx}}, two: {type: onnx, model: {path: /2.onnx}}, usb: {type: edgetpu}}\n"
                             "model: {path: /of/all.tflite}\n")
        self.assertIn("a [detector] is printed", said["detectors.one"][0])
        self.assertIn("the cameras get one, since each has one detector; a [detector] of its own can run this model", said["detectors.two"][0])
        self.assertTrue(said["detectors.usb"][0].endswith("since each has one detector"), said)
        for text, of, words in (("", "detectors", "the file names none"), ("detectors: null\n", "detectors", "the file names none"),
                                ("detectors: {cpu: {type: cpu}}\n", "detectors", "none has an ONNX model"),
                                ("model: {path: /m.onnx}\n", "model", "the file names no detector that runs it"),
                                ("model: {width: 320}\n", "model", "it names no file of a model"),
                                ("model: {path: 'plus://x'}\n", "model", "it is no ONNX model")):
            self.assertIn(words, self.notes_of(cameras + text)[of][0])

    @unittest.skipUnless(reads_yaml(), "built without libyaml")
    def test_what_a_camera_of_frigate_does_not_say_it_has_from_all(self):
        """One value of a map within a section, or a merge key in a map of names, took away all others."""
        path = self.write("deep.yml", """
            detect: {stationary: {interval: 50, threshold: 40, max_frames: {default: 3000, objects: {car: 1000, person: 500}}}}
            x: {zones: &zones {yard: {coordinates: '0,0,1,0,1,1'}}, frames: &frames {dog: 9}}
            cameras:
              a:
                ffmpeg: {inputs: [{path: rtsp://127.0.0.1:1/1, roles: [detect]}]}
                detect: {stationary: {threshold: 60, max_frames: {objects: {car: 7, <<: *frames}}}}
                zones: {<<: *zones, street: {coordinates: '0,0,1,0,1,1'}}
                objects: {track: dog}
        """)
        self.daemon.camctl("import", path)
        front = (self.daemon.cameras_dir / "a.ini").read_text().splitlines()
        for line in ("stationary_interval = 50", "stationary_threshold = 60", "stationary_max_frames = 3000", "stationary_max_frames.car = 7",
                     "stationary_max_frames.person = 500", "stationary_max_frames.dog = 9", "zone.yard = 0,0 1,0 1,1", "zone.street = 0,0 1,0 1,1", "objects_track = dog"):
            self.assertIn(line, front)

    @unittest.skipUnless(reads_yaml(), "built without libyaml")
    def test_what_go2rtc_does_to_a_stream_has_a_word(self):
        said = self.notes_of("""
            go2rtc:
              streams:
                two: ["rtsp://u:hush@127.0.0.1:1/main#backchannel=0", "ffmpeg:two#audio=opus"]
                turned: "ffmpeg:http://127.0.0.1:1/flv?password=hush#video=h264#rotate=90#header=hush"
            cameras:
              a: {ffmpeg: {inputs: [{path: 'rtsp://127.0.0.1:8554/two', roles: [detect]}]}}
              b: {ffmpeg: {inputs: [{path: 'rtsp://127.0.0.1:8554/turned', roles: [detect]}]}}
              c: {ffmpeg: {inputs: [{path: 'rtsp://127.0.0.1:8554/none', roles: [detect]}]}}
        """)
        self.assertTrue(any("1 other is left out" in text for text in said["cameras.a.ffmpeg.inputs"]), said)
        self.assertTrue(said["cameras.b.ffmpeg.inputs"][0].endswith("without what go2rtc does to it: video, rotate, header"), said)
        self.assertIn("the file has no stream none", said["cameras.c.ffmpeg.inputs"][0])
        self.assertNotIn("hush", str(said))

    @unittest.skipUnless(reads_yaml(), "built without libyaml")
    def test_a_camera_that_frigate_gives_no_path_is_left_out_and_told_by_the_exit_status(self):
        camera = "{ffmpeg: {inputs: [{path: 'rtsp://u:{FRIGATE_NONE}@h/1', roles: [detect]}]}}"
        path = self.write("lacks.yml", f"cameras:\n  front: {camera}\n  back: {{}}\n  '?': {camera.replace('{FRIGATE_NONE}', 'p')}\n")
        self.assertIn("3 cameras were left out", self.daemon.camctl("import", path, "-n", expect=1).stderr)
        notes = [note["text"] for note in self.daemon.camctl_json("import", path, expect=1)["notes"]]
        self.assertTrue(any("FRIGATE_NONE" in text for text in notes), notes)

    @unittest.skipUnless(reads_yaml(), "built without libyaml")
    def test_a_second_document_is_not_left_out_without_a_word(self):
        daemon = self.camd()
        camera = "cameras: {%s: {ffmpeg: {inputs: [{path: rtsp://127.0.0.1:1/x, roles: [detect]}]}}}\n"
        file = self.directory / "frigate.yml"
        file.write_text("---\n" + camera % "a" + "---\n" + camera % "b")
        self.assertIn("line 3: a second document", daemon.camctl("import", file, "-n", expect=1).stderr)
        file.write_text("%YAML 1.2\n---\n" + camera % "a" + "...\n# the end\n")
        self.assertIn("a: would be added", daemon.camctl("import", file, "-n").stdout)

    @unittest.skipUnless(reads_yaml(), "built without libyaml")
    def test_a_placeholder_that_stands_for_nothing_is_said(self):
        """{NOTFRIGATE} became a part of the URL without a word."""
        said = self.notes_of("cameras:\n  front: {ffmpeg: {inputs: [{path: 'rtsp://u:p@h/{one}/${TWO}/{TWO}/{THREE}', roles: [detect]}]}}\n")
        self.assertEqual(said["cameras.front.ffmpeg.inputs"],
                         ["its path has {TWO}, which is taken as it stands there: only {FRIGATE_...} is replaced"])

    @unittest.skipUnless(reads_yaml(), "built without libyaml")
    def test_a_password_that_looks_like_a_placeholder_is_not_shown(self):
        """The note named it, and it was the password."""
        for path in ("rtsp://u:{K7Q2WX}@h/1", "rtsp://{K7Q2WX}:p@h/1", "rtsp://h/1?password={K7Q2WX}", "rtsp://u:p/{K7Q2WX}@h/1"):
            with self.subTest(path):
                said = self.notes_of(f"cameras:\n  front: {{ffmpeg: {{inputs: [{{path: '{path}', roles: [detect]}}]}}}}\n")
                self.assertIn("what looks like a placeholder", said["cameras.front.ffmpeg.inputs"][0])
                self.assertNotIn("K7Q2WX", str(said))

    @unittest.skipUnless(reads_yaml(), "built without libyaml")
    def test_a_key_that_is_there_twice_leaves_nothing_out_without_a_word(self):
        camera = "  {}:\n    ffmpeg: {{inputs: [{{path: rtsp://192.0.2.1/x, roles: [detect]}}]}}\n"
        twice = "cameras:\n" + camera.format("front") + "mqtt: {}\ncameras:\n" + camera.format("back")
        self.assertIn("line 5: cameras is there already, in line 1", self.refused("twice.yml", twice))
        self.assertIn("line 4: front is there already, in line 2", self.refused("pair.yml", "cameras:\n" + 2 * camera.format("front")))

    @unittest.skipUnless(reads_yaml(), "built without libyaml")
    def test_bytes_that_are_no_characters_are_told_with_their_line(self):
        path = self.directory / "latin.yml"
        path.write_bytes("cameras:\n  front:\n    friendly_name: T\xfcr\n".encode("latin-1"))
        self.assertIn("latin.yml: line 3: ", self.daemon.camctl("import", path, expect=1).stderr)

    @unittest.skipUnless(reads_yaml(), "built without libyaml")
    def test_what_is_to_be_copied_does_nothing_to_a_terminal(self):
        text = ('detectors: {d: {type: onnx, model: {path: "/m\\e[31m.onnx"}}}\n'
                "cameras:\n  front: {ffmpeg: {inputs: [{path: rtsp://192.0.2.1/x, roles: [detect]}]}}\n")
        self.assertIn("model = /m\\x1b[31m.onnx\n", self.daemon.camctl("import", self.write("red.yml", text), "-n").stdout)

    @unittest.skipUnless(reads_yaml(), "built without libyaml")
    def test_hostile_yaml(self):
        """What would unfold to a terabyte, goes in a circle, or is deeper than people write."""
        names = "abcdefghijklmnopqrst"
        bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
            f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n" for before, name in zip(names, names[1:]))
        self.assertIn("has no cameras", self.refused("bomb.yml", bomb))
        self.assertIn("has no cameras", self.refused("circle.yml", "a: &a [*a]\ncameras: *a\n"))
        self.assertIn("within each other", self.refused("deep.yml", "cameras: " + "[" * 400000))
        merges = "cameras:\n  k0: &m0 {detect: {fps: 5}}\n" + "".join(
            f"  k{i}: &m{i} {{<<: [{', '.join(f'*m{j}' for j in range(max(0, i - 30), i))}]}}\n" for i in range(1, 400))
        self.assertIn("400 cameras were left out", self.refused("merges.yml", merges))
        many = "x: &x {" + ", ".join(f"k{i}: 1" for i in range(3000)) + "}\ncameras:\n" + "".join(f"  c{i}: {{<<: *x}}\n" for i in range(3000))
        self.assertIn("given up", self.refused("many.yml", many))
        self.assertIn("line 3: did not find", self.refused("half.yml", "cameras:\n  a: [\n"))
        (self.directory / "folder.yml").mkdir()
        self.assertIn("folder.yml: it is no regular file", self.daemon.camctl("import", self.directory / "folder.yml", expect=1).stderr)
        self.assertIn("File too large", self.refused("large.yml", "#" * 1100000))

    def test_a_table(self):
        table = (f'name;input;fps;zone.yard;colour\r\nfront;{still_picture()};3;"0,0 1,0 1,1";red\r\n'
                 f'"the back";{still_picture()};900;;\r\nbad;/x\r\n')
        done = self.daemon.camctl("import", self.write("cameras.csv", table), expect=1)
        self.assertEqual(done.stderr, "camctl: 1 camera was left out\n")
        self.assertEqual(done.stdout.splitlines(),
                         ["line 1: colour: left out: it is no key of a camera (did you mean colours?)",
                          "line 3: the back: is called the_back: a name has letters, digits, _ and - only",
                          "line 4: bad: left out: it has 2 cells, and the header has 5",
                          "the_back.fps: left out: '900' is too large: expected a number from 0.1 to 60 (frames per second)",
                          "front: added", "the_back: added"])
        self.assertEqual((self.daemon.cameras_dir / "front.ini").read_text(),
                         f"[camera front]\ninput = {still_picture()}\nfps = 3\nzone.yard = 0,0 1,0 1,1\n")

    def test_tables_that_are_none(self):
        self.assertIn('no column "input"', self.refused("a.csv", "name,url\nfront,/x\n"))
        self.assertIn("line 2: a cell in quotes does not end", self.refused("b.csv", 'name,input\n"a,/x\n'))
        self.assertIn("line 1: there is a zero byte, as in UTF-16", self.refused("d.csv", "n\0a\0m\0e\0"))
        self.assertIn("there is nothing in it", self.refused("c.csv", ""))
        # without a word, and with exit status 0
        self.assertIn("e.csv has no cameras", self.refused("e.csv", "name,input\n"))
