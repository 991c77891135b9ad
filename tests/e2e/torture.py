"""Starts both programs, kills them again and again, ends them.

    torture.py KILLS SECONDS SEED AGENT-PORT MEASUREMENT HASH DATASET

Runs ledger.py meanwhile. Prints the figures: how long from a program's start
until it said that it is ready.
"""
import os
import random
import re
import signal
import subprocess
import sys
import time

SCRATCH = os.environ["SCRATCH"]
HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE = 60  # seconds; whatever takes longer does not come back
JUDGED = 2000  # kills from which on the time to be ready is judged
P99_MS = 1000


def wait_for(what, ready, programs=()):
    end = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > end:
            raise SystemExit(f"torture: waited in vain for {what}")
        for each in programs:
            if each.child.poll() is not None:
                raise SystemExit(f"torture: {each.name} ended: {each.said()[-600:]}")
        time.sleep(0.003)


class Served:
    """A program and its own log of this start."""
    starts = 0

    def __init__(self, argv, name, ready):
        self.argv, self.name, self.ready = argv, name, ready
        self.child, self.log, self.took = None, None, []

    def launch(self):
        Served.starts += 1
        if self.log:
            os.unlink(self.log)  # thousands of starts; that one went well
        self.log = f"{SCRATCH}/{self.name}.torture.{Served.starts}.log"
        with open(self.log, "w", encoding="utf-8") as log:
            self.began = time.monotonic()
            self.child = subprocess.Popen(self.argv, stderr=log)

    def said(self):
        with open(self.log, encoding="utf-8") as log:
            return log.read()

    def is_ready(self):
        return re.search(self.ready, self.said()) is not None

    def start(self):
        self.launch()
        wait_for(f"{self.name} to be ready", self.is_ready, [self])
        self.took.append((time.monotonic() - self.began) * 1e3)

    def kill(self):
        self.child.kill()
        self.child.wait()

    def end(self):
        self.child.terminate()
        code = self.child.wait(PATIENCE)
        if code != 0:
            raise SystemExit(f"torture: {self.name} ended with {code}: {self.said()[-600:]}")


class Torture:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.hsm = Served(["accord-hsm", "run", "--config", SCRATCH + "/hsm.conf"],
                          "accord-hsm", r"worker \d+ serves")
        self.broker = Served(["accordd", "--config", SCRATCH + "/accordd.conf"],
                             "accordd", "ready at")
        self.worker_took, self.done = [], {}

    def workers(self):
        return [int(pid) for pid in
                re.findall(r"worker (\d+) serves", self.hsm.said())]

    def kill_worker(self):
        before = self.workers()
        os.kill(before[-1], signal.SIGKILL)
        began = time.monotonic()
        wait_for("another worker", lambda: len(self.workers()) > len(before),
                 [self.hsm])
        self.worker_took.append((time.monotonic() - began) * 1e3)

    def kill_hsm(self):
        """The worker ends by itself when its supervisor is gone."""
        worker = self.workers()[-1]
        self.hsm.kill()
        wait_for("the worker's end", lambda: not os.path.exists(f"/proc/{worker}"))

    # Each kind: what is killed, and how it comes back.

    def accordd(self):
        self.broker.kill()
        self.broker.start()

    def starting(self):
        """Killed once more on its way up."""
        self.broker.kill()
        self.broker.launch()
        time.sleep(self.random.uniform(0, 0.15))
        self.broker.kill()
        self.broker.start()

    def worker(self):
        self.kill_worker()

    def supervisor(self):
        self.kill_hsm()
        self.hsm.start()

    def all(self):
        """Killed in this order or the other."""
        parts = [self.broker.kill, self.kill_hsm]
        self.random.shuffle(parts)
        for kill in parts:
            kill()
        self.hsm.start()
        self.broker.start()

    def run(self, kills, until, clients):
        kinds = [self.accordd] * 5 + [self.starting] * 2 + [self.supervisor] * 2 + \
            [self.all] * 2 + [self.worker] * 2
        worth = {self.starting: 2, self.all: 2}
        done = 0
        while done < kills and time.monotonic() < until and \
                clients.poll() is None:
            kind = self.random.choice(kinds)
            time.sleep(self.random.uniform(0.02, 0.4))  # of load: the point is random
            kind()
            done += worth.get(kind, 1)
            self.done[kind.__name__] = self.done.get(kind.__name__, 0) + 1
        return done


def quantiles(times):
    times = sorted(times)
    return (f"p50 {times[len(times) // 2]:.0f}, "
            f"p99 {times[len(times) * 99 // 100]:.0f}, most {times[-1]:.0f} ms "
            f"of {len(times)}") if times else "none"


def report(torture, kills):
    lines = [f"{kills} kills: {torture.done}"]
    late = False
    for program in (torture.broker, torture.hsm):
        times = sorted(program.took)
        lines.append(f"{program.name} from start to ready: {quantiles(times)}")
        late |= times[len(times) * 99 // 100] > P99_MS
    lines.append(f"another worker in the place of a killed one, with the "
                 f"supervisor's back-off: {quantiles(torture.worker_took)}")
    print(*lines, sep="\n")
    if late and kills >= JUDGED:
        raise SystemExit(f"torture: FAILED: p99 is above {P99_MS} ms")


def main():
    kills, seconds, seed = (int(a) for a in sys.argv[1:4])
    torture, stop, ledger = Torture(seed), SCRATCH + "/stop", SCRATCH + "/ledger"
    torture.hsm.start()
    torture.broker.start()
    clients = subprocess.Popen([sys.executable, "-B", "-W", "ignore",
                                HERE + "/ledger.py", ledger, stop, *sys.argv[4:]])

    def secrets():
        with open(ledger, encoding="ascii") as lines:
            return sum(1 for line in lines if '"secret"' in line)

    def lines():
        return os.path.exists(ledger) and secrets()

    try:
        wait_for("the first secret", lines)
        done = torture.run(kills, time.monotonic() + seconds, clients)
        before = secrets()
        wait_for("a secret after the last kill", lambda: secrets() > before or
                 clients.poll() is not None)
    finally:
        with open(stop, "w", encoding="ascii"):
            pass
        try:
            code = clients.wait(90)
        finally:
            for each in (torture.broker, torture.hsm):
                if each.child.poll() is None:
                    each.end()
    report(torture, done)
    return code


if __name__ == "__main__":
    # So that an end from outside ends the programs as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
