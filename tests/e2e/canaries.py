"""Credentials that can be recognised, and where they are found.

    canaries.py control CONTROL PID...
    canaries.py sealed PREFIX COUNT AGENT-URL BROKER-URL HASH DATASET PID...
    canaries.py plain PREFIX COUNT PID...
    canaries.py core PREFIX

PID: accordd first. `control` proves that the scanner sees what is there;
`sealed` runs canary.c and looks at all processes and files until it has ended,
and then again; `plain` does as the product's clients do, and tells how many
copies are left; `core` ends accordd and accord-hsm as a crash would, with core
dumps allowed as far as root can allow them.
"""
import base64
import json
import os
import resource
import signal
import socket
import ssl
import subprocess
import sys
import time

import scan

SCRATCH = os.environ["SCRATCH"]
# What only the people and the program of this test hold.
THEIRS = [f"{SCRATCH}/{name}" for name in ("people", "canary", "canary.log")]


def fail(what):
    sys.exit(f"FAILED: {what}")


def name_of(pid):
    with open(f"/proc/{pid}/cmdline", "rb") as f:
        words = f.read().split(b"\0")
    return " ".join(w.decode() for w in words[:2]).replace(" --config", "")


def everywhere(wanted, pids):
    """[(where, how often)] and the number of bytes looked at."""
    found, looked = [], 0
    for pid in pids:
        hits, size = scan.in_process(pid, wanted)
        looked += size
        found += [(f"{name_of(pid)} {where}", n) for where, n in hits.items()]
    hits, size = scan.in_files(SCRATCH, wanted, THEIRS)
    return found + list(hits.items()), looked + size


# --- the scanner -------------------------------------------------------------

def unfinished_request(text):
    """A connection on which accordd waits for the rest of a head."""
    tls = ssl.create_default_context(cafile=SCRATCH + "/hsm/ca.pem")
    raw = socket.create_connection(("127.0.0.1", int(os.environ["PORT"])), 10)
    open_one = tls.wrap_socket(raw, server_hostname="127.0.0.1")
    open_one.sendall(b"GET /accord/v1/installation HTTP/1.1\r\n"
                     b"Host: 127.0.0.1\r\nX-Control: " + text)
    return open_one


def control(text, *pids):
    raw, *others = scan.forms(text)
    for form in (raw, *others):
        with unfinished_request(form):
            end = time.monotonic() + 5
            while not scan.in_process(pids[0], [form])[0]:
                if time.monotonic() > end:
                    fail(f"{form!r} is not seen in accordd's memory")
    print(f"ok  a text in accordd's memory is seen, in {len(others) + 1} forms")
    for pid in pids[1:]:
        if name_of(pid).endswith("verifier"):
            continue  # was told nothing that could be planted
        if not scan.in_process(pid, [raw])[0]:
            fail(f"the text in its configuration is not seen in {name_of(pid)}")
        print(f"ok  nor does one hide in {name_of(pid)}")
    if SCRATCH + "/hsm.conf" not in scan.in_files(SCRATCH, [raw], THEIRS)[0]:
        fail("a text in a file is not seen")
    print("ok  nor in a file")


# --- sealed ------------------------------------------------------------------

def canary(prefix, count, agent, broker, configuration, dataset):
    return subprocess.Popen(
        [f"{SCRATCH}/canary", "run", agent, broker, configuration, "dana",
         dataset, prefix, str(count)], cwd=SCRATCH,
        stdout=open(SCRATCH + "/canary.log", "w", encoding="ascii"))


def released():
    with open(SCRATCH + "/canary.log", encoding="ascii") as log:
        lines = log.read().split()
    return int(lines[-1]) if lines else 0


def sealed(prefix, count, agent, broker, configuration, dataset, *pids):
    wanted = scan.forms(prefix)
    began = time.monotonic()
    client = canary(prefix, count, agent, broker, configuration, dataset)
    looks, during = 0, 0
    try:
        while client.poll() is None:
            found, looked = everywhere(wanted, pids)
            looks += 1
            if found:
                fail(f"in clear during the releases: {found}")
            if client.poll() is None:
                during = released()
            while client.poll() is None and released() == during:
                time.sleep(0.01)  # a hundredth of the releases further on
    finally:
        client.terminate()
        code = client.wait(60)
    if code != 0 or released() != int(count):
        fail(f"canary ended with {code} after {released()}")
    if not looks or not during:
        fail("nothing was looked at while canaries were released")
    found, looked = everywhere(wanted, pids)
    if found:
        fail(f"in clear after the releases: {found}")
    print(f"ok  {count} sealed releases, each of another credential: none in "
          f"{len(pids)} processes and all files, {looks} times meanwhile and "
          f"once after ({looked >> 20} MiB, {time.monotonic() - began:.0f} s)")


# --- plain -------------------------------------------------------------------

def plain(prefix, count, *pids):
    import ccm
    with open(SCRATCH + "/ccm.json", encoding="ascii") as f:
        kept = json.load(f)
    dana = ccm.User("dana")
    dana.log_in()
    dana.join(kept["account"])
    for number in range(1, int(count) + 1):
        text = f"{prefix}-{number:08}".encode()
        dana.ask("PATCH", f"/v1/datasets/{kept['data']}", {"credentials": {
            "contents": base64.b64encode(text).decode()}})
        status, value = ccm.export(tuple(kept["identity"]), kept["sdkms"])
        if (status, value) != (200, text):
            fail(f"plain release {number}: {status} {value}")
    found, _ = everywhere(scan.forms(prefix), pids)
    copies = sum(n for _, n in found)
    print(f"ok  plain: {count} brought and given in clear, {copies} copies left "
          f"after the last answer")
    if copies:
        fail(f"in clear after all plain answers: {found}")


# --- cores -------------------------------------------------------------------

def start(argv, ready):
    """Runs it until it says that it is ready, and may dump a core then."""
    child = subprocess.Popen(argv, cwd=SCRATCH, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
    seen = b""
    while ready not in seen:
        part = os.read(child.stdout.fileno(), 4096)
        if not part:
            fail(f"{argv[0]} ended: {seen.decode()}")
        seen += part
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    try:
        resource.prlimit(child.pid, resource.RLIMIT_CORE, unlimited)
    except PermissionError:
        print(f"    (the limit that {argv[0]} gave itself cannot be lifted here)")
    return child


def abort(child):
    """True when the kernel says that it wrote a core."""
    os.kill(child.pid, signal.SIGABRT)
    _, status = os.waitpid(child.pid, 0)
    child.returncode = -6
    if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGABRT:
        fail(f"it did not abort: {status}")
    return os.WCOREDUMP(status)


def core(prefix):
    wanted = scan.forms(prefix)
    other = start([sys.executable, "-c", f"import time; x = '{prefix}'; "
                         "print('ready', flush=True); time.sleep(60)"], b"ready")
    abort(other)
    seen, _ = scan.in_files(SCRATCH, wanted, THEIRS)
    if seen:
        print("ok  a program that does nothing about it leaves a core with it")
    else:
        print("    (this machine writes no core into a program's directory)")
    for path in seen:
        os.unlink(path)
    hsm = start(["accord-hsm", "run", "--config", SCRATCH + "/hsm.conf"], b"serves")
    broker = start(["accordd", "--config", SCRATCH + "/accordd.conf"], b"ready at")
    for child, name in ((broker, "accordd"), (hsm, "accord-hsm")):
        if abort(child) or any(f.startswith("core") for f in os.listdir(SCRATCH)):
            fail(f"{name} left a core")
        print(f"ok  {name} aborts, and leaves no core")
    found, _ = scan.in_files(SCRATCH, wanted, THEIRS)
    if found:
        fail(f"in clear in files: {found}")


if __name__ == "__main__":
    {"control": control, "sealed": sealed, "plain": plain,
     "core": core}[sys.argv[1]](*sys.argv[2:])
