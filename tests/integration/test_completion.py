"""Completion of camctl's command line: what camctl offers, and the shells that ask it."""
import os
import re
import select
import shutil
import signal
import subprocess

from harness import REPOSITORY, SLOWNESS, Camd, CamdTest, fork_on_terminal, moving_pattern, program, wait_for

SCRIPTS = REPOSITORY / "etc" / "completion"
COMPLETION = SCRIPTS / "camctl.bash"


class Completion(CamdTest):
    def complete(self, *words, socket=None):
        done = subprocess.run([program("camctl"), "--complete", *(["-s", socket] if socket else []), *words], text=True,
                              capture_output=True, timeout=30 * SLOWNESS, check=False,
                              env=dict(os.environ, CAMD_SOCKET=str(self.directory / "no.sock")))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [line.split("\t")[0] for line in done.stdout.split("\n")[:-1]]

    def bash(self, line, socket=""):
        """What bash would offer for a line with the cursor at its end, = and : cutting words as usual."""
        script = (f'source "{COMPLETION}"; COMP_WORDBREAKS=$\' \\t\\n"\\\'><=;|&(:\'; COMP_LINE=$1; COMP_POINT=${{#1}}; '
                  '_camctl; printf "%s\\n" "${COMPREPLY[@]}"')
        path = f"{program('camctl').parent}:{os.environ['PATH']}"
        done = subprocess.run(["bash", "--norc", "-c", script, "bash", line], text=True, capture_output=True, check=False,
                              timeout=30 * SLOWNESS, env=dict(os.environ, PATH=path, CAMD_SOCKET=str(socket)))
        self.assertEqual(done.stderr, "")
        return [word for word in done.stdout.split("\n") if word]

    def test_verbs_and_options(self):
        self.assertEqual(self.complete("sta"), ["start", "status"])
        self.assertIn("add", self.complete(""))
        self.assertNotIn("subscribe", self.complete(""))
        self.assertEqual(self.complete("--js"), ["--json"])
        self.assertNotIn("--boxes", self.complete("--"))
        self.assertEqual(self.complete("snapshot", "--bo"), ["--boxes"])
        self.assertEqual(self.complete("--json", "--timeout", "3", "ve"), ["version"])
        self.assertEqual(self.complete("help", "ke"), ["keys"])
        self.assertEqual(self.complete("help", "obj"), ["objects_track"])
        self.assertEqual(self.complete("help", "zon"), ["zone"], "verb and key")
        self.assertEqual(self.complete("snap", "--bo"), ["--boxes"], "behind an abbreviation")
        self.assertEqual(self.complete("events", "--type", "obj"), ["object"])
        self.assertEqual(self.complete("events", "--type", "object,mot"), ["object,motion"])
        self.assertEqual(self.complete("events", "--type", "state,st"), ["state,stream"])
        self.assertEqual(self.complete("wait", "front", "ba"), ["backoff"])
        self.assertEqual(self.complete("top", "--sort", "s"), ["state", "skipped"])

    def test_settings(self):
        self.assertEqual(self.complete("add", "front", "inp"), ["input="])
        self.assertEqual(self.complete("add", "front", "input=x", "inp"), [])
        self.assertIn("fps=", self.complete("add", "front", "input=x", ""))
        self.assertEqual(self.complete("add", "front", "rtsp_transport=t"), ["rtsp_transport=tcp"])
        self.assertEqual(self.complete("set", "front", "loop="), ["loop=yes", "loop=no"])
        self.assertEqual(self.complete("set", "front", "zo"), ["zone."])
        self.assertEqual(self.complete("set", "front", "zone.yard.in"), ["zone.yard.inertia="])
        self.assertEqual(self.complete("add", "front", "detector=o"), ["detector=opencv-hog"])
        self.assertEqual(self.complete("add", ""), [])

    def test_alternatives_and_no_more_than_a_verb_takes(self):
        self.assertEqual(self.complete("ptz", "front", ""), ["moving", "stopped"])
        self.assertEqual(self.complete("ptz", "front", "moving", ""), [])
        self.assertEqual(self.complete("status", "--json", "--", "--"), [])

    def test_names_of_files_are_left_to_bash(self):
        self.assertEqual(self.complete("check", ""), [])
        self.assertEqual(self.complete("snapshot", "front", "-o", ""), [])
        self.assertEqual(self.complete("-s", ""), [])

    def test_cameras_are_asked_from_the_daemon(self):
        daemon = self.camd(cameras={name: {"input": moving_pattern(), "autostart": "no"}
                                    for name in ("front", "frog", "back")})
        self.assertEqual(sorted(self.complete("status", "fr", socket=daemon.socket)), ["frog", "front"])
        self.assertEqual(self.complete("restart", "front", "back", "", socket=daemon.socket), ["frog"])
        self.assertEqual(sorted(self.complete("status", "front", "", socket=daemon.socket)), ["back", "frog"])
        self.assertEqual(self.complete("stream", "front", "", socket=daemon.socket), [])
        self.assertEqual(self.complete("add", "", socket=daemon.socket), [])
        self.assertEqual(sorted(self.bash("camctl status fro", daemon.socket)), ["frog", "front"])

    def test_detectors_are_offered_where_they_are_taken(self):
        """Whether it runs does not matter: it may be missing."""
        daemon = Camd(self, cameras={"front": {"input": moving_pattern(), "detector": "opencv-hog"}})
        with open(daemon.config, "a") as config:
            config.write("[detector spare]\nbackend = motion\n")
        daemon.start()
        self.assertEqual(self.complete("set", "front", "detector=s", socket=daemon.socket), ["detector=spare"])
        wait_for(lambda: daemon.status()["detectors"], "it is wanted")
        for verb in ("restart", "kick", "logs"):
            self.assertEqual(sorted(self.complete(verb, "", socket=daemon.socket)), ["detector:opencv-hog", "front"])
        self.assertEqual(self.bash("camctl kick detector:op", daemon.socket), ["opencv-hog"])
        self.assertEqual(self.complete("snapshot", "", socket=daemon.socket), ["front"])

    def test_a_daemon_that_does_not_answer_gives_nothing(self):
        self.assertEqual(self.complete("status", ""), [])
        daemon = self.camd(cameras={"front": {"input": moving_pattern(), "autostart": "no"}})
        os.kill(daemon.pid, signal.SIGSTOP)
        try:
            self.assertEqual(self.complete("status", "", socket=daemon.socket), [])
        finally:
            os.kill(daemon.pid, signal.SIGCONT)

    def test_nonsense_gives_nothing(self):
        for words in ((), ("nosuchverb", ""), ("-",), ("--nosuch=", ""), ("-s",), ("add", "x", "=" * 200),
                      ("add", "x", "k" * 5000 + "=")):
            self.complete(*words)
        self.assertEqual(self.complete("nosuchverb", ""), [])

    def test_bash(self):
        self.assertEqual(self.bash("camctl sta"), ["start", "status"])
        self.assertEqual(self.bash("camctl add front inp"), ["input="])
        self.assertEqual(self.bash("camctl add front rtsp_transport="), ["tcp", "udp"])
        self.assertEqual(self.bash("camctl add front rtsp_transport=u"), ["udp"])
        self.assertEqual(self.bash("camctl ptz front "), ["moving", "stopped"])
        self.assertEqual(self.bash("camctl check "), [])

class Shells(CamdTest):
    """Somebody at a terminal, who presses the tabulator."""

    def setUp(self):
        self.daemon = self.camd(cameras={name: {"input": moving_pattern(), "autostart": "no"} for name in ("front", "back")})
        path = f"{program('camctl').parent}:{os.environ['PATH']}"
        self.environment = dict(os.environ, PATH=path, CAMD_SOCKET=str(self.daemon.socket), TERM="dumb", INPUTRC="/dev/null",
                                HOME=str(self.directory), XDG_CONFIG_HOME=str(self.directory), XDG_DATA_HOME=str(self.directory))
        (self.directory / "readable.txt").write_text("")

    def need(self, shell):
        if not shutil.which(shell):
            self.skipTest(f"there is no {shell} here; --full installs it")

    def try_keys(self, *command):
        """What is typed, and what stands there then; the first ends a line that was begun."""
        shell, terminal = fork_on_terminal()
        if shell == 0:
            os.chdir(self.directory)
            os.execvpe(command[0], list(command), self.environment)
        shown = b""

        def shows(pattern):
            nonlocal shown
            while select.select([terminal], [], [], 0)[0]:
                shown += os.read(terminal, 4096)
            text = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r|\x07", b"", shown)
            while b"\x08" in text:
                text = re.sub(rb"[^\x08]\x08|^\x08", b"", text)
            return re.search(pattern, text)

        try:
            wait_for(lambda: shows(rb"ready> ?$"), "the prompt")
            for keys, line in ((b"camctl disa\tfr\t", rb"camctl disable front ?$"),
                               (b"\x15camctl add yard inp\t", rb"camctl add yard input=$"),
                               (b"x rtsp_tr\tu\t", rb"input=x rtsp_transport=udp ?$"),
                               (b"\x15camctl set front loop=y\t", rb"camctl set front loop=yes ?$"),
                               (b"\x15camctl set front detector=opencv-\t", rb"camctl set front detector=opencv-hog ?$"),
                               (b"\x15camctl wait front sto\t", rb"camctl wait front stopping ?$"),
                               (b"\x15camctl snapshot --rul\t", rb"camctl snapshot --ruler ?$"),
                               (b"\x15camctl check read\t", rb"camctl check readable.txt ?$")):
                os.write(terminal, keys)
                wait_for(lambda: shows(line), f"{line.decode()} is there")
        finally:
            os.kill(shell, signal.SIGKILL)
            os.close(terminal)
            os.waitpid(shell, 0)

    def test_bash(self):
        rc = self.directory / "rc"
        rc.write_text(f'PS1="ready> "; bind "set bell-style none"; bind "set enable-bracketed-paste off"; source "{COMPLETION}"\n')
        self.try_keys("bash", "--noprofile", "--rcfile", str(rc), "-i")

    def test_zsh(self):
        self.need("zsh")
        (self.directory / ".zshrc").write_text(
            f'PROMPT="ready> "; unsetopt prompt_cr prompt_sp zle_bracketed_paste beep 2>/dev/null; fpath=({SCRIPTS} $fpath)\n'
            f'autoload -U compinit && compinit -u -D; unset zle_bracketed_paste; bindkey -e\n')
        self.environment["ZDOTDIR"] = str(self.directory)
        self.try_keys("zsh", "--no-globalrcs", "-i")

    def test_fish(self):
        """fish itself says what it would offer, without a terminal."""
        self.need("fish")

        def offered(line):
            done = subprocess.run(["fish", "--no-config", "-c", f"source {SCRIPTS}/camctl.fish; complete -C '{line}'"], text=True,
                                  capture_output=True, check=False, timeout=60 * SLOWNESS, env=self.environment, cwd=self.directory)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            return sorted(word.split("\t")[0] for word in done.stdout.splitlines())

        for line, words in (("camctl disa", ["disable"]), ("camctl disable fr", ["front"]), ("camctl add yard inp", ["input="]),
                            ("camctl add yard input=x rtsp_transport=", ["rtsp_transport=tcp", "rtsp_transport=udp"]),
                            ("camctl set front detector=opencv-", ["detector=opencv-hog"]), ("camctl wait front sto", ["stopping"]),
                            ("camctl snapshot --rul", ["--ruler"]), ("camctl check read", ["readable.txt"]),
                            ("camctl add yard input=read", ["input=readable.txt"])):
            with self.subTest(line):
                self.assertEqual(offered(line), words)
