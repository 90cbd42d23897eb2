"""A thousand hostile clients of the control socket, as another user of the group would be."""
import os
import re
import subprocess
import time
from pathlib import Path

import harness
from chaos import Chaos, HERE, PYTHON, SECONDS, misbehaving, percentile

CLIENTS, PROCESSES, STRANGER, GROUP = 1000, 4, 54390, "users"
P99_MS, MEMORY_KIB = 20, 64 << 10


class Clients(Chaos):
    def latencies(self, daemon, count):
        """Milliseconds of `status`, each on a connection of its own."""
        taken = []
        for _ in range(count):
            begun = time.monotonic()
            daemon.status()
            taken.append((time.monotonic() - begun) * 1000)
            time.sleep(0.02)  # the pace of those who ask
        return taken

    def resident_kib(self, pid):
        return int(re.search(r"^VmRSS:\s*(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M).group(1))

    def attackers(self, daemon):
        """Members of camd's group, of several users, when there is somebody to give that away."""
        def options(number):
            return {"user": STRANGER + number, "group": GROUP, "extra_groups": []} if os.geteuid() == 0 else {}

        command = ["nice", "-n", "5", PYTHON, str(HERE / "clients.py"), str(daemon.socket), str(CLIENTS // PROCESSES), str(SECONDS)]
        return [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options(number)) for number in range(PROCESSES)]

    def test_1000_hostile_clients(self):
        cameras = {f"camera{number}": misbehaving("well", fps=5) for number in range(8)}
        daemon = self.daemon_with_witnesses(1, cameras=cameras, settings={"slots_max": 4, "log_level": "warning", "group": GROUP})
        for path in (self.directory, daemon.directory):
            path.chmod(0o755)
        quiet = self.latencies(daemon, 100)
        resident = self.resident_kib(daemon.pid)
        attackers = self.attackers(daemon)
        begun, taken, most = time.monotonic(), [], 0
        while time.monotonic() - begun < SECONDS:
            taken += self.latencies(daemon, 5)
            most = max(most, self.resident_kib(daemon.pid))
        attacks = sum(int(process.communicate()[0] or 0) for process in attackers)
        after = self.latencies(daemon, 100)
        self.report(f"{CLIENTS} clients made {attacks} attacks in {SECONDS:.0f} s; status was asked {len(taken)} times: "
                    f"p50 {percentile(taken, 0.5):.1f} ms, p99 {percentile(taken, 0.99):.1f} ms, most {max(taken):.1f} ms "
                    f"(quiet: p99 {percentile(quiet, 0.99):.1f} ms; afterwards {percentile(after, 0.99):.1f} ms)")
        self.report(f"camd: {resident} KiB resident before, {most} KiB at most; {len(daemon.log_text().splitlines())} lines of log")
        self.assertGreater(attacks, 100)
        if harness.SLOWNESS == 1:  # sanitizers need more
            # what the machine itself makes of it, when nobody attacks, is not camd's
            self.assertLess(percentile(taken, 0.99), P99_MS + percentile(quiet, 0.99))
            self.assertLess(most, MEMORY_KIB)
        self.assert_witnesses_go_on(daemon)
