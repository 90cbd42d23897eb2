"""Events over restarts: kept, found again, fairly shared out, and followed over epochs."""
import os
import signal
from pathlib import Path

from harness import MOUNT_PRIVATELY, CamdTest, descendants, moving_pattern, need_private_mounts, program, wait_for
from test_durable import MOUNT


def place(event):
    return event["epoch"], event["seq"]


class History(CamdTest):
    def note(self, daemon, count):
        """As many events: somebody asks for what cannot be done."""
        with daemon.control() as control:
            for _ in range(count):
                control.send("kick", name="front")
            for _ in range(count):
                self.assertIn("error", control.receive())

    def resting(self, **options):
        return self.camd(cameras={"front": {"input": "/nowhere", "enabled": "no"}}, **options)

    def follow(self, daemon, last, **members):
        """All that a subscriber is told up to that event."""
        parts = []
        with daemon.control() as control:
            control.send("subscribe", **members)
            while not parts or "event" not in parts[-1] or place(parts[-1]["event"]) != place(last):
                parts.append(control.receive()["part"])
        self.assertIn("snapshot", parts[0])
        return parts[1:]

    def test_events_are_there_after_a_restart_and_of_a_removed_camera(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        daemon.camctl("remove", "front")
        before = daemon.events()
        daemon.stop()
        daemon.start()
        after = daemon.events()
        self.assertEqual(after[:len(before)], before)
        self.assertIn("daemon_stopping", [event["event"] for event in after])
        self.assertEqual(after[-1]["event"], "daemon_started")
        own = daemon.events(name="front")
        self.assertEqual(own, [event for event in before if event.get("camera") == "front"])
        self.assertEqual(daemon.events(names=["fr*"], type="change"),
                         [event for event in own if event["event"] in ("camera_added", "camera_removed")])
        self.assertEqual(daemon.events(last=2), after[-2:])
        self.assertEqual(daemon.events(last=1, name="front"), own[-1:])
        self.assertEqual(daemon.events(**{"from": {"epoch": before[3]["epoch"], "seq": before[3]["seq"]}}), after[4:])
        self.assertEqual(daemon.events(since=before[3]["time"], until=before[3]["time"]),
                         [event for event in before if event["time"] == before[3]["time"]])
        text = daemon.camctl("events", "front", "--since", "1h", "--type", "change").stdout
        self.assertIn("camera_removed", text)
        daemon.camctl("add", "frog", "input=/nowhere", "enabled=no")
        daemon.camctl("remove", "frog")
        added = daemon.events(name="frog", last=2)[0]
        seen = {"epoch": added["epoch"], "seq": added["seq"]}  # and very likely not stored yet
        self.assertEqual(daemon.events(names=["fr*"], **{"from": seen}), daemon.events(name="frog", last=1))
        self.assertIn("there is no camera frnt", daemon.camctl("events", "frnt", expect=5).stderr)
        with daemon.control() as control:
            for member, wrong in (("last", -1), ("last", "3"), ("from", 7), ("from", {"epoch": 1}), ("since", "soon"), ("names", [])):
                self.assertIn(f'"{member}": expected', control.ask("events", **{member: wrong})[1]["error"]["text"])
        self.assertIn("no kind of event", daemon.camctl("events", "--type", "objekt", expect=2).stderr)

    def test_a_subscriber_goes_on_over_two_kills_without_a_gap_or_a_double(self):
        """kill -9 of camd: what was told to subscribers is there, since the helper stores what it was told."""
        daemon = self.resting()
        start = daemon.events()[0]
        for _ in range(2):
            self.note(daemon, 20)
            daemon.kill()
            daemon.start()
        self.note(daemon, 3)
        last = daemon.events()[-1]
        parts = self.follow(daemon, last, **{"from": {"epoch": start["epoch"], "seq": 1}})
        self.assertEqual([part for part in parts if "event" not in part], [])
        told = [place(part["event"]) for part in parts]
        epochs = sorted({epoch for epoch, _ in told})
        self.assertEqual(len(epochs), 3)
        for epoch in epochs:
            numbers = [seq for each, seq in told if each == epoch]
            self.assertEqual(numbers, list(range(2 if epoch == epochs[0] else 1, numbers[-1] + 1)))
            self.assertGreater(numbers[-1], 4)
        self.assertEqual(told, sorted(told))
        unknown = self.follow(daemon, last, **{"from": {"epoch": 7, "seq": 3}})
        self.assertEqual(unknown[0], {"missed": {"epoch": 7, "from": 4, "to": None}})
        self.assertEqual([place(part["event"]) for part in unknown[1:]], [place(start), *told])

    def test_a_slow_subscriber_finds_in_the_store_what_memory_has_no_room_for(self):
        """1024 events were kept, and who was slower was told what he had missed."""
        daemon = self.resting()
        first = daemon.events()[0]
        self.note(daemon, 2500)
        last = daemon.events(last=1)[0]
        parts = self.follow(daemon, last, **{"from": {"epoch": first["epoch"], "seq": 0}})
        self.assertEqual([part["event"]["seq"] for part in parts], list(range(1, last["seq"] + 1)))

    def test_an_upgrade_loses_none(self):
        daemon = self.resting()
        first = daemon.events()[0]
        for _ in range(3):
            self.note(daemon, 5)
            daemon.camctl("upgrade")
        self.note(daemon, 2)
        events = daemon.events()
        self.assertEqual([place(event) for event in events],
                         [(first["epoch"], seq) for seq in range(1, len(events) + 1)])
        seen = {"epoch": first["epoch"], "seq": 1}  # in memory and, but for the last ones, in the store
        self.assertEqual(daemon.events(last=len(events) - 3, **{"from": seen}), events[3:])
        daemon.stop()
        daemon.start()
        self.assertEqual(daemon.events()[:len(events)], events)

    def test_a_damaged_store_is_set_aside_and_said(self):
        daemon = self.resting()
        self.note(daemon, 5)
        daemon.stop()
        store = daemon.state_dir / "events.mdb"
        damaged = bytearray(store.read_bytes())
        damaged[:8192] = b"x" * 8192
        for number in range(2):
            store.write_bytes(damaged)
            daemon.start()
            wait_for(lambda: "set aside" in daemon.log_text().split("started with")[-1], "the log says so")
            self.note(daemon, 1)
            aside = Path(f"{store}.damaged" + ("-2" if number else ""))
            wait_for(aside.exists, "it was set aside")
            self.assertEqual(aside.read_bytes(), damaged)  # nothing of it is lost
            self.assertIn(f"remove {aside} when nobody needs it", daemon.log_text())
            daemon.stop()
        daemon.start()
        self.assertIn("asked", [event["event"] for event in daemon.events()])
        self.assertIsNone(daemon.status()["daemon"]["events_problem"])
        for words in ((), ("front", "-n", "100")):  # what is missing is said, whoever's it was
            self.assertRegex(daemon.camctl("events", *words).stdout, r"(?m)^events before \d{4}-\S+ \S+ are no longer kept$")

    def test_a_store_that_is_damaged_again_and_again_does_not_fill_the_disk(self):
        daemon = self.resting()
        daemon.stop()
        store = daemon.state_dir / "events.mdb"
        for number in ("", "-2", "-3"):
            Path(f"{store}.damaged{number}").write_bytes(b"an earlier one")
        store.write_bytes(b"x" * 8192)
        daemon.start()
        problem = wait_for(lambda: daemon.status()["daemon"]["events_problem"], "status says so")
        self.assertEqual(problem, f"{store} is damaged, and 3 such files, {store}.damaged and so on, have been set aside already")
        self.note(daemon, 3)
        with daemon.control() as control:
            self.assertIn(problem, control.ask("events")[1]["error"]["text"])
        self.assertIn("move or remove those that nobody needs", daemon.log_text())
        self.assertEqual(store.read_bytes(), b"x" * 8192)
        daemon.stop()
        self.assertEqual(daemon.log_text().count("have been set aside already"), 1)

    def test_a_store_that_is_removed_while_camd_runs_is_begun_again_and_said(self):
        daemon = self.resting()
        self.note(daemon, 5)
        store = daemon.state_dir / "events.mdb"
        wait_for(store.exists, "camd-events has begun it")
        before = daemon.events()
        for file in daemon.state_dir.glob("events.mdb*"):
            file.unlink()
        self.note(daemon, 1)
        daemon.stop()
        self.assertIn(f"{store} was removed or replaced while camd used it", daemon.log_text())
        daemon.start()
        self.assertEqual(daemon.events()[:len(before)], before)  # memory still had them

    def preload(self, name, other):
        os.environ["LD_PRELOAD"] = str(next(Path(program("misbehave")).parent.glob(f"*{name}.so")))
        os.environ["CAMD_TEST_OTHER"] = str(other)
        os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        self.addCleanup(lambda: [os.environ.pop(name) for name in ("LD_PRELOAD", "CAMD_TEST_OTHER")])

    def test_a_clock_that_is_years_ahead_takes_no_event_however_often_camd_starts(self):
        """The first of these starts stored its own events, by which the clock seemed right at the second one."""
        ahead = self.directory / "ahead"
        ahead.write_text("0")
        self.preload("wrong-clock", ahead)
        daemon = self.resting()
        self.note(daemon, 3)
        before = daemon.events()
        daemon.stop()
        ahead.write_text(str(10 * 366 * 86400))
        for start in range(3):
            daemon.start()
            self.assertEqual(daemon.events()[:len(before)], before)
            wait_for(lambda: daemon.log_text().count("is the machine's clock right?") == start + 1, "it is said")
            daemon.camctl("upgrade")  # after which it is known to have been said
            self.note(daemon, 1)
            daemon.stop()
        ahead.write_text("3600")
        daemon.start()
        wait_for(lambda: len(daemon.events()) > len(before) + 3, "it goes on")
        self.assertEqual(daemon.events()[:len(before)], before)
        daemon.stop()
        self.assertEqual(daemon.log_text().count("is the machine's clock right?"), 3)

    def test_locks_of_the_store_that_are_removed_are_made_again_and_said(self):
        """A writer and readers that do not see each other: what is being read is written over, which looks like damage."""
        daemon = self.resting()
        locks = daemon.state_dir / "events.mdb-lock"
        wait_for(locks.exists, "camd-events has made it")
        self.note(daemon, 1)
        before = daemon.events()
        locks.unlink()
        for _ in range(84):
            self.note(daemon, 100)  # two batches of as many as wait for nothing
        wait_for(lambda: f"{locks} was removed or replaced" in daemon.log_text(), "it is noticed")
        self.assertTrue(locks.exists())
        daemon.stop()
        self.assertEqual(daemon.log_text().count(f"{locks} was removed or replaced"), 1)
        self.assertNotIn("set aside", daemon.log_text())
        daemon.start()
        self.assertEqual(daemon.events()[:len(before)], before)
        self.assertGreater(len(daemon.events()), 8400)

    def writer(self, daemon):
        return wait_for(lambda: next((pid for pid, line in descendants(daemon.pid).items() if "camd-events write" in line), None),
                        "camd-events runs")

    def test_a_stopped_writer_keeps_no_stop_waiting(self):
        """camd waited for half a minute and lost the last events; for ever, when they were stored already."""
        daemon = self.resting()
        self.note(daemon, 2)
        before = daemon.events()
        os.kill(self.writer(daemon), signal.SIGSTOP)
        daemon.stop()
        self.assertNotIn("does not answer", daemon.log_text())
        daemon.start()
        self.assertEqual(daemon.events()[:len(before)], before)

    def test_a_full_disk_is_a_state_and_costs_no_event_of_now(self):
        need_private_mounts()
        state = self.directory / "small"
        state.mkdir()
        wrapper = MOUNT_PRIVATELY + ["sh", "-c", MOUNT, str(state), 'cat /dev/zero >"$0/filler" 2>/dev/null; :']
        daemon = self.resting(settings={"state_dir": state}, wrapper=wrapper)
        problem = wait_for(lambda: daemon.status()["daemon"]["events_problem"], "status says so")
        self.assertIn("No space left", problem)
        self.assertIn(f"events will be forgotten when camd stops: {problem}", daemon.camctl("status").stdout)
        self.note(daemon, 10)
        events = daemon.events()
        self.assertEqual([event["seq"] for event in events], list(range(1, len(events) + 1)))
        self.assertEqual(self.follow(daemon, events[-1], **{"from": {"epoch": events[0]["epoch"], "seq": 3}}),
                         [{"event": event} for event in events[3:]])
        daemon.stop()
        self.assertEqual(daemon.log_text().count("events go on"), 1)

    def test_without_days_nothing_is_written(self):
        daemon = self.resting(settings={"events_keep_days": 0})
        self.note(daemon, 2)
        first = daemon.events()[0]
        self.assertEqual(first["seq"], 1)
        daemon.stop()
        self.assertFalse((daemon.state_dir / "events.mdb").exists())
        daemon.start()
        parts = self.follow(daemon, daemon.events()[-1], **{"from": {"epoch": first["epoch"], "seq": 1}})
        self.assertEqual(parts[0], {"missed": {"epoch": first["epoch"], "from": 2, "to": None}})
        self.assertEqual(parts[1]["event"]["seq"], 1)
        daemon.settings["events_keep_days"] = 3
        daemon.write_config()
        daemon.camctl("reload")
        wait_for(lambda: (daemon.state_dir / "events.mdb").exists(), "events are kept from now on")

    def test_those_who_ask_and_leave_are_no_work(self):
        daemon = self.resting()
        asked, go = self.directory / "asked", self.directory / "go"
        daemon.replace_program("camd-events", f'[ "$1" = write ] || {{ echo >>"{asked}"; while [ ! -e "{go}" ]; do sleep 0.02; done; }}\n'
                                              'exec "$REAL" "$@"')
        for _ in range(100):
            with daemon.control() as control:
                control.send("events", name="nobody")
        with daemon.control() as control:
            control.send("events")
            go.touch()
            while "ok" not in control.receive():
                pass
        self.assertLess(len(asked.read_text()), 50, "all of them were read for, or most")

    def test_a_reader_that_is_killed_is_named(self):
        """It said "Owner died", which is what the kernel calls something else."""
        daemon = self.resting()
        daemon.replace_program("camd-events", '[ "$1" = write ] || kill -KILL $$\nexec "$REAL" "$@"')
        answer = daemon.camctl("events", expect=1).stderr
        self.assertIn("camd-events, which reads them, was killed; ask again", answer)
        self.assertIn("memory may have been short", answer)

    def test_those_who_ask_for_everything_again_and_again_delay_nobody(self):
        daemon = self.resting()
        self.note(daemon, 2500)  # more than a socket takes
        daemon.stop()
        daemon.start()
        with daemon.control() as one, daemon.control() as other, daemon.control() as slow:
            slow.send("events")  # and does not read
            for client in (one, other):
                for number in range(30):
                    client.send("events", type="object")
            self.assertEqual(len(daemon.events(last=1)), 1)
            for client in (one, other):
                for number in range(30):
                    self.assertEqual(client.receive()["ok"], {})
            self.note(daemon, 1100)  # memory has no room any more for what was the last when it asked
            parts, end = [], None
            while end is None:
                line = slow.receive()
                parts, end = (parts, line["ok"]) if "ok" in line else (parts + [line["part"]], None)
            self.assertEqual(end, {})
            numbers = [part["event"]["seq"] for part in parts]
            self.assertEqual(parts[-1]["event"]["epoch"], daemon.events(last=1)[0]["epoch"])
            self.assertGreater(len(numbers), 2500)
