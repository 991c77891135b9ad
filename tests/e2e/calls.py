"""The n-th system call fails, and the next time the n+1-th.

    calls.py start|change|release PROGRAM STEP

PROGRAM is accordd or accord-hsm, the one whose calls fail (tests/fault/calls.c).
For each of EIO, ENOSPC, EINTR, EMFILE and ENOMEM, n grows by STEP until no call
is the n-th. In each cell the program answers, says no, or ends by itself and
says why; what it acknowledged is so; and afterwards it serves again. Everything
else comes from calls.sh by the environment.
"""
import errno
import http.client
import json
import mmap
import os
import signal
import struct
import subprocess
import sys
import time

from call import call

S = os.environ["SCRATCH"]
phase, program, step = sys.argv[1], sys.argv[2], int(sys.argv[3])
ERRORS = ("EIO", "ENOSPC", "EINTR", "EMFILE", "ENOMEM")
FOREVER = 1 << 60


class Control:
    """struct control of calls.c."""

    def __init__(self, path):
        with open(path, "wb") as file:
            file.write(struct.pack("<5q", -1, 0, 0, 0, 0))
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 40)
        self.path = path

    def arm(self, after, error, times=1):
        self.map[8:40] = struct.pack("<4q", times, getattr(errno, error), 0, 0)
        self.map[0:8] = struct.pack("<q", after)

    def disarm(self):
        self.map[0:8] = struct.pack("<q", -1)
        return struct.unpack("<2q", self.map[24:40])  # seen, struck


class Program:
    """One of the two, with the library in front of its system calls."""

    COMMAND = {"accordd": (["accordd", "--config", S + "/accordd.conf"], "ready at"),
               "accord-hsm": (["accord-hsm", "run", "--config", S + "/hsm.conf"],
                              "serves")}

    def __init__(self, name, control):
        self.argv, self.ready = self.COMMAND[name]
        self.name, self.control, self.child, self.starts = name, control, None, 0

    def start(self):
        """Until it is ready (True) or has ended (False)."""
        self.starts += 1
        self.log = f"{S}/calls.{self.name}.{self.starts % 4}.log"
        env = dict(os.environ, LD_PRELOAD=os.environ["CALLS"],
                   ACCORD_CALLS=self.control.path)
        with open(self.log, "w") as log:
            self.child = subprocess.Popen(self.argv, env=env, stdout=log, stderr=log)
        for _ in range(1500):
            if self.ready in self.said():
                return True
            if self.child.poll() is not None:
                return False
            time.sleep(0.02)
        fail(f"{self.name} is neither ready nor gone after 30 s: {self.said()}")

    def said(self):
        with open(self.log) as log:
            return log.read()

    def gone(self):
        return self.child.poll() is not None

    def end(self):
        """By itself, or because it was told to: never by a crash."""
        if not self.gone():
            self.child.terminate()
        try:
            code = self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            fail(f"{self.name} does not end when told to: {self.said()}")
        if code < 0 and -code != signal.SIGTERM:
            fail(f"{self.name} was ended by signal {-code}: {self.said()}")
        if code != 0 and not self.said().strip():
            fail(f"{self.name} ended with {code} and said nothing")
        return code


LAST_WORDS = "ends, because the store's disk failed in a commit"
spoken = set()  # did accordd, when it ended, say this?
cell = ""
cells = met = ended = 0


running = None


def fail(words):
    if running and not running.gone():
        running.child.kill()
    sys.exit(f"FAILED: {phase} {program} {cell}: {words}")


def ask(who, method, path, body=None):
    """(status, answer); status 0 when the connection broke."""
    try:
        status, text = call(who, method, path,
                            None if body is None else json.dumps(body), 20)
        return status, json.loads(text) if text else {}
    except (OSError, http.client.HTTPException):
        return 0, {}


def insist(who, method, path, body=None):
    """The same when nothing fails any more: within ten seconds."""
    for _ in range(100):
        status, answer = ask(who, method, path, body)
        if status and status < 500:
            return status, answer
        serve(running)  # it may have ended only now
        time.sleep(0.1)
    fail(f"{method} {path} is not answered after the end of the trouble ({status})")


# --- what is done while a call fails -----------------------------------------


def log_grows(before):
    status, head = insist("-", "GET", "/accord/v1/log/head")
    if status != 200 or head["size"] < before:
        fail(f"the log has {head.get('size')} leaves after {before}")
    return head["size"]


class Change:
    """Dana suspends her dataset, or resumes it as an administrator would."""

    def __init__(self):
        self.path = "/accord/v1/datasets/" + os.environ["DATASET"]
        self.suspended, self.size = False, log_grows(0)

    def __call__(self):
        to = not self.suspended
        status, _ = ask("admin", "POST", self.path + ("/suspend" if to else "/resume"),
                        None if to else {})
        return to, status

    def judge(self, done):
        to, status = done
        _, dataset = insist("admin", "GET", self.path)
        now = dataset["suspended"] is not None and dataset["suspended"] is not False
        if 200 <= status < 300 and now != to:
            fail(f"answered {status}, and suspended is {dataset['suspended']}")
        if 400 <= status < 500 and status not in (409,):
            fail(f"answered {status}: as if the person had been wrong")
        self.suspended = now
        self.size = log_grows(self.size)


class Release:
    """A program runs from its evidence to its result."""

    def __init__(self):
        self.size = log_grows(0)
        self.result = S + "/objects/e2e/result.enc"

    def __call__(self):
        for old in (self.result, S + "/result.calls"):
            if os.path.exists(old):
                os.unlink(old)
        ran = subprocess.run(
            ["accord-enclave", "run", "-q", "--agent", os.environ["AGENT_URL"],
             "--broker", os.environ["BROKER_URL"], "--allow-http",
             os.environ["HASH"], "--", "./harmonize"],
            cwd=S, capture_output=True, text=True, timeout=120)
        return ran.returncode

    def judge(self, code):
        if code == 0:
            plain = subprocess.run(
                ["accord", "decrypt", "-K", "result.key", "--in", self.result,
                 "--out", "result.calls"], cwd=S, capture_output=True,
                text=True, env=dict(os.environ, ACCORD_CONTEXT="olga"))
            if plain.returncode != 0:
                fail(f"a result that does not open: {plain.stderr}")
            with open(S + "/result.calls") as found, open(S + "/result.expected") as want:
                if found.read() != want.read():
                    fail("another result than the right one")
        self.size = log_grows(self.size)


class Start:
    def __init__(self):
        self.size = 0

    def __call__(self):
        return None

    def judge(self, _):
        self.size = log_grows(self.size)


# --- all cells ---------------------------------------------------------------


def serve(p):
    """Nothing fails now: it must run, or be able to."""
    global ended
    if p.gone():
        ended += 1
        p.end()
        spoken.add(LAST_WORDS in p.said())
        if not p.start():
            fail(f"does not start again when nothing fails: {p.said()}")


def run_cell(p, act, after, error):
    global met, cells
    cells += 1
    if phase == "start":
        p.end()
        p.control.arm(after, error)
        ready = p.start()
        if not ready and p.end() == 0:
            fail(f"ended with 0 without being told to: {p.said()}")
        done = act()
    else:
        p.control.arm(after, error)
        done = act()
    seen, struck = p.control.disarm()
    met += struck > 0
    serve(p)
    act.judge(done)
    return seen


def main():
    global cell, running
    control = Control(S + "/calls.control")
    running = p = Program(program, control)
    if not p.start():
        sys.exit(f"{program} does not start under {os.environ['CALLS']}: {p.said()}")
    act = {"start": Start, "change": Change, "release": Release}[phase]()
    for error in ERRORS:
        after = 0
        while True:
            cell = f"{error} at call {after}"
            seen = run_cell(p, act, after, error)
            if seen <= after:
                break
            after += step
    if phase == "change" and program == "accordd":
        full(p, act)
    if phase == "change" and program == "accordd":
        end_once(p, act)
    for _ in range(50):  # as it was
        if phase != "change" or not act.suspended:
            break
        act.judge(act())
    p.end()
    print(f"{phase} {program}: {cells} cells, a call failed in {met}, "
          f"the program ended in {ended}")


def end_once(p, act):
    """Every call of a change, if need be, until a commit met the error."""
    global cell
    for after in range(200):
        if True in spoken:
            return
        cell = f"EIO at call {after}, until a commit fails"
        run_cell(p, act, after, "EIO")
    fail("no commit failed, or accordd did not say so")


def full(p, act):
    """A disk that stays full stops what gives, not what reads."""
    global cell
    cell = "ENOSPC from now on"
    p.control.arm(0, "ENOSPC", FOREVER)
    status, _ = ask("admin", "POST", "/accord/v1/invitations",
                    {"name": "nobody", "role": "reader"})
    if status != 503:
        fail(f"an invitation is answered {status}, not 503")
    status, _ = ask("admin", "GET", act.path)
    if status != 200:
        fail(f"reading is answered {status}")
    p.control.disarm()
    p.end()
    if not p.start():
        fail(f"does not start again: {p.said()}")
    act.judge(act())


main()
