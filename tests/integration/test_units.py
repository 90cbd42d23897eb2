"""The units of systemd: what it says of them here, and that they leave the programs what they need."""
import re
import shutil
import subprocess
import unittest

from harness import BUILD, REPOSITORY, CamdTest

SANDBOX_CALLS = {"seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"}


def analyze(*arguments):
    done = subprocess.run(["systemd-analyze", *arguments], text=True, capture_output=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr


@unittest.skipUnless(shutil.which("systemd-analyze"), "needs systemd's tools")
class Units(CamdTest):
    def units(self):
        """The units as they are installed, but for programs that are there."""
        for source in sorted((BUILD / "etc").glob("*.service")):
            unit = self.directory / source.name
            unit.write_text(re.sub(r"^(Exec\w+)=\S+", r"\1=/bin/true", source.read_text(), flags=re.M))
            yield unit

    def test_systemd_understands_all_of_them(self):
        for unit in self.units():
            status, said = analyze("verify", "--man=no", str(unit))
            self.assertEqual((status, [line for line in said.splitlines() if unit.name in line]), (0, []), unit.name)

    def test_what_a_sandbox_is_made_with_is_not_taken_away(self):
        """@sandbox is a name that systemd 252 ignores: then the programs ran without a filter and without Landlock."""
        for unit in self.units():
            text = unit.read_text()
            if unit.name == "camd-metrics.service":
                continue  # camctl, which has no sandbox of its own
            allowed = set()
            for word in re.search(r"^SystemCallFilter=(.*)", text, flags=re.M)[1].split():
                allowed |= set(analyze("syscall-filter", word)[1].split()) if word.startswith("@") else {word}
            self.assertLessEqual(SANDBOX_CALLS, allowed, unit.name)

    def test_camd_is_not_started_again_after_a_stop_that_was_asked_for(self):
        """One that had to leave a worker behind ended as after a failure: then camctl shutdown was a restart."""
        text = (BUILD / "etc" / "camd.service").read_text()
        manual = (REPOSITORY / "man" / "camd.8").read_text()
        status = re.search(r"^(\d+) after such a stop that had to leave a worker behind", manual, flags=re.M)[1]
        self.assertIn(status, re.search(r"^RestartPreventExitStatus=(.*)", text, flags=re.M)[1].split())


if __name__ == "__main__":
    unittest.main()
