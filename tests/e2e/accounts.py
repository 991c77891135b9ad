"""Compares what clients were told with what the log says.

    accounts.py LEDGER LOG.json CERTIFICATES.json DATASET.json

LEDGER is of ledger.py. Ends with an AssertionError that names the first
difference.
"""
import base64
import hashlib
import json
import subprocess
import sys

OPENED = 20  # secrets that are opened with their program's key


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def roots(leaves):
    """The root of the RFC 6962 tree after each leaf; first, of the empty one."""
    peaks, out = [], [hashlib.sha256().digest()]
    for count, leaf in enumerate(leaves, 1):
        peaks.append(hashlib.sha256(b"\0" + leaf).digest())
        while count % 2 == 0:
            right = peaks.pop()
            peaks[-1] = node(peaks[-1], right)
            count //= 2
        root = peaks[-1]
        for left in reversed(peaks[:-1]):
            root = node(left, root)
        out.append(root)
    return out


class Log:
    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            log = json.load(f)
        self.leaves = [entry["leaf"] for entry in log["leaves"]]
        assert len(self.leaves) == log["head"]["size"], "leaves are missing"
        self.index = {leaf: i for i, leaf in enumerate(self.leaves)}
        assert len(self.index) == len(self.leaves), "a leaf comes twice"
        self.details = [json.loads(entry["detail"]) if entry.get("detail") else {}
                        for entry in log["leaves"]]
        self.roots = roots(base64.b64decode(leaf) for leaf in self.leaves)

    def detail(self, told):
        """Of the leaf in a receipt, whose head must be one of this log's."""
        receipt = told["receipt"]
        assert receipt["leaf"] in self.index, f"{told['what']}: its leaf is lost"
        head = receipt["head"]
        at = self.index[receipt["leaf"]]
        assert at < head["size"] < len(self.roots), f"{told['what']}: another tree"
        assert bytes.fromhex(head["root"]) == self.roots[head["size"]], \
            f"{told['what']}: the head at {head['size']} is not of this log"
        return self.details[at]


def opens(secret):
    clear = subprocess.run(
        ("openssl", "pkeyutl", "-decrypt", "-inkey", secret["key"], "-pkeyopt",
         "rsa_padding_mode:oaep"), input=base64.b64decode(secret["wrapped"]),
        capture_output=True, check=True).stdout
    assert len(clear) == 32, "not a credential's key"
    return clear


def check_changes(log, told):
    for each in told["change"]:
        assert log.detail(each)["name"] == each["name"], "another change"
    names = [d["name"] for d in log.details if d.get("action") == "invite"]
    assert len(set(names)) == len(names), "a change was recorded twice"


def check_descriptions(log, told, dataset):
    for each in told["description"]:
        assert log.detail(each)["action"].startswith("dataset"), "another change"
    last = max(each["number"] for each in told["description"])
    assert int(dataset["description"]) >= last, "an acknowledged change is undone"


def check_secrets(log, told):
    leaves = {each["receipt"]["leaf"] for each in told["secret"]}
    assert len(leaves) == len(told["secret"]), "one leaf for two secrets"
    for each in told["secret"]:
        detail = log.detail(each)
        assert (detail["action"], detail["form"], detail["certificate"]) == \
            ("release", "sealed", each["certificate"]), "a leaf of something else"
    for certificate in {each["certificate"] for each in told["secret"]}:
        received = sum(each["certificate"] == certificate
                       for each in told["secret"] + told.get("broken secret", []))
        recorded = sum(d.get("action") == "release" and
                       d["certificate"] == certificate for d in log.details)
        assert received <= recorded, f"{received} secrets, {recorded} leaves"
    keys = {opens(each) for each in told["secret"][-OPENED:]}
    assert len(keys) == 1, "one credential has several keys"


def check_serials(log, told, listed):
    assert len(set(listed)) == len(listed), "a serial comes twice"
    given = [each["serial"].zfill(32) for each in told["certificate"]]
    assert len(set(given)) == len(given), "a serial was given twice"
    assert set(given) <= set(listed), "a certificate is nowhere recorded"
    for each, serial in zip(told["certificate"], given):
        assert log.detail(each)["action"] == "certify", "a leaf of something else"
        leaf = base64.b64decode(each["receipt"]["leaf"])
        first = bytearray(hashlib.sha256(b"\0" + leaf).digest()[:16])
        first[0] &= 0x7F
        assert first.hex() == serial, "a serial that is not its leaf's"


def main():
    told = {}
    with open(sys.argv[1], encoding="ascii") as lines:
        for line in lines:
            entry = json.loads(line)
            told.setdefault(entry["what"], []).append(entry)
    log = Log(sys.argv[2])
    with open(sys.argv[3], encoding="utf-8") as f:
        listed = [c["serial"] for c in json.load(f)["items"]]
    with open(sys.argv[4], encoding="utf-8") as f:
        dataset = json.load(f)
    for what in ("change", "description", "secret", "certificate"):
        assert told.get(what), f"no {what} was acknowledged"
    check_changes(log, told)
    check_descriptions(log, told, dataset)
    check_secrets(log, told)
    check_serials(log, told, listed)
    print("acknowledged:", ", ".join(f"{len(v)} of {k}" for k, v in told.items()),
          f"; {len(log.leaves)} leaves, {len(listed)} serials")


if __name__ == "__main__":
    main()
