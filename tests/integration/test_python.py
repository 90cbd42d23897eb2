"""The Python package camd: questions, events over restarts of camd, and pictures that stay whole or say that they are not."""
import gc
import itertools
import os
import selectors
import subprocess
import sys
import unittest
import unittest.mock

from harness import BUILD, REPOSITORY, SANDBOX, SLOWNESS, WALKER, CamdTest, moving_pattern, wait_for

# Python loads libcamd, and can't load one that has sanitizers in it: in a process of its own, which finds it in the build.
LOADS = os.environ.get("LD_LIBRARY_PATH", "").startswith(str(BUILD / "src" / "libcamd"))
sys.path.insert(0, str(REPOSITORY / "src" / "python"))


@unittest.skipUnless(SANDBOX == "yes", "a library with sanitizers is nothing for a Python without")
class Package(CamdTest):
    def setUp(self):
        import ctypes
        if not LOADS:  # the loader looks at LD_LIBRARY_PATH when a program starts; what is loaded already is found by its soname
            ctypes.CDLL(str(BUILD / "src" / "libcamd" / "libcamd.so.0"))
        import camd
        self.package = camd

    def test_asks_and_is_answered(self):
        camd, daemon = self.package, self.camd(cameras={"front": {"input": moving_pattern()}})
        daemon.wait_frames("front", 1)
        with camd.Connection(daemon.socket) as connection:
            self.assertEqual(connection.ask("version").result["pid"], daemon.pid)
            self.assertEqual(connection.version, connection.ask("version").result["version"])
            self.assertEqual([part["name"] for part in connection.ask("show", name="front")], ["front"])
            with self.assertRaises(camd.Error) as raised:
                connection.ask("kick", name="frnt")
            self.assertEqual((raised.exception.code, raised.exception.hint), ("no_camera", "did you mean front?"))
            status = connection.status()
            self.assertEqual(status.keys(), daemon.camctl_json("status").keys())
            self.assertEqual(status["cameras"][0]["name"], "front")
            daemon.stop()
            with self.assertRaises(camd.Error) as raised:
                connection.ask("version")
            self.assertEqual(raised.exception.code, "lost")
            daemon.start()
            self.assertEqual(connection.ask("version").result["pid"], daemon.pid)

    def test_is_told_what_happens_over_restarts(self):
        camd, daemon = self.package, self.camd(cameras={"front": {"input": moving_pattern()}})
        daemon.wait_frames("front", 1)
        with camd.Events(path=daemon.socket) as events, selectors.DefaultSelector() as selector:
            selector.register(events, selectors.EVENT_READ)
            self.assertTrue(selector.select(30))
            first = events.receive(30)
            self.assertEqual((first["event"], first["cameras"][0]["name"]), ("snapshot", "front"))
            daemon.camctl("stop", "front")
            down = next(event for event in events if event["event"] == "camera_state")
            self.assertEqual(events.place, (down["epoch"], down["seq"]))
            place = events.place
            daemon.camctl("start", "front")
            with camd.Events("front", since=place, path=daemon.socket) as later:
                self.assertEqual(next(event for event in later if event["event"] == "camera_state")["state"], "up")
            daemon.stop()
            lost = next(event for event in events if event["event"] == "lost")
            self.assertIn("camd", lost["reason"])
            daemon.start()
            again = next(event for event in events if event["event"] == "snapshot")
            self.assertNotEqual(again["epoch"], place[0])
            with self.assertRaises(camd.Error):
                camd.Events("nobody", path=daemon.socket).receive(30)

    def test_sees_pictures_and_objects(self):
        camd, daemon = self.package, self.camd(settings={"slots_max": 6})
        daemon.camctl("add", "front", f"input={WALKER}", "fps=10")
        camera = camd.Camera("front", daemon.prefix)
        frames = list(itertools.islice(camera.frames(30), 3))
        self.assertEqual(len({frame.id for frame in frames}), 3)
        self.assertEqual([frames[0].y.shape, frames[0].u.shape, frames[0].i420.shape], [(240, 320), (120, 160), (360, 320)])
        self.assertGreater(frames[0].y.max(), 200)  # the walker is white, the ground is grey
        self.assertTrue(all(100 < value < 150 for value in frames[0].rgb()[0, 0]))
        moved = wait_for(lambda: (lambda result: result and len(result.motion) and result)(camera.result()), "motion")
        self.assertEqual(moved.motion.shape[1:], (4,))
        self.assertEqual(len(moved.labels), len(moved.objects))

        # without a copy: read-only, told when it is overwritten, and readable even when the camera has gone
        look = camera.look()
        self.assertTrue(look.whole and not look.pixels.flags.writeable)
        wait_for(lambda: not look.whole, "the slot to be used again")
        with self.assertRaises(camd.Torn):
            look.check()
        luma = look.y
        daemon.camctl("remove", "front")
        del look, camera
        gc.collect()
        self.assertGreater(int(luma.max()), 0)
        with self.assertRaises(FileNotFoundError):
            camd.Camera("front", daemon.prefix)

    def test_frames_do_not_go_back(self):
        """While capture writes into the newest frame's own slot the library has the one before, which came a second time."""
        camd, daemon = self.package, self.camd(cameras={"front": {"input": moving_pattern()}})
        daemon.wait_frames("front", 1)
        camera, library = camd.Camera("front", daemon.prefix), camd.camera.camd
        copy, left = library.camd_frame_copy, [2]

        def copy_of_the_one_before(segments, pixels, head):
            result = copy(segments, pixels, head)
            if left[0] > 0:
                left[0] -= 1
                head._obj.frame_id = first - 1
            return result

        frames = camera.frames(30)
        first = next(frames).id
        with unittest.mock.patch.object(library, "camd_frame_copy", copy_of_the_one_before):
            self.assertGreater(next(frames).id, first)
        self.assertEqual(left, [0])

    def test_is_used_by_threads_while_segments_are_replaced(self):
        camd, daemon = self.package, self.camd(cameras={"front": {"input": moving_pattern()}})
        daemon.wait_frames("front", 1)
        camera, library = camd.Camera("front", daemon.prefix), camd.camera.camd
        copy = library.camd_frame_copy

        def copy_while_another_thread_sees_new_segments(*arguments):
            camera._mapping = camd.camera._Mapping("front", daemon.prefix)
            gc.collect()
            return copy(*arguments)

        with unittest.mock.patch.object(library, "camd_frame_copy", copy_while_another_thread_sees_new_segments):
            self.assertEqual(camera.frame().y.shape, (240, 320))

    def test_a_closed_connection_and_a_byte_0_are_told(self):
        camd, daemon = self.package, self.camd()
        with camd.Connection(daemon.socket) as connection:
            with self.assertRaises(ValueError):
                connection.ask("version\0")
            with self.assertRaises(camd.Error):
                connection.ask("kick", name="front\0")
            self.assertEqual(connection.ask("version", timeout=None).result["pid"], daemon.pid)
        with camd.Events(path=daemon.socket) as events:
            self.assertEqual(events.receive(float("inf"))["event"], "snapshot")
        for use in (lambda: connection.ask("version"), lambda: connection.version, lambda: events.receive(0), events.fileno, lambda: events.place):
            with self.assertRaises(ValueError):
                use()

    def run_python(self, script, *arguments):
        return subprocess.run([sys.executable, "-c", script, *map(str, arguments)], text=True, capture_output=True, check=False,
                              timeout=20 * SLOWNESS, env=dict(os.environ, LD_LIBRARY_PATH=str(BUILD / "src" / "libcamd"),
                                                              PYTHONPATH=str(REPOSITORY / "src" / "python")))

    def test_an_interrupt_ends_waiting_for_events(self):
        script = """
import signal, sys, camd
signal.signal(signal.SIGALRM, signal.default_int_handler)
for event in camd.Events(path=sys.argv[1], type="error"):
    signal.setitimer(signal.ITIMER_REAL, 0.1)
"""
        self.assertIn("KeyboardInterrupt", self.run_python(script, self.camd().socket).stderr)

    def test_events_need_no_numpy(self):
        script = "import sys; sys.modules['numpy'] = None; import camd; print(camd.Events, len(camd.__all__))"
        done = self.run_python(script)
        self.assertEqual(done.returncode, 0, done.stderr)
