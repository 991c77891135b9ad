#!/usr/bin/env python3
"""Recomputes every worked example of docs/API.md from its inputs alone.

Shares no code with the project, on purpose: Python's standard library, and
AES, GCM and P-256 from their standards. Slow, and not constant time.

usage: worked_examples.py docs/API.md
"""

import hashlib
import hmac
import json
import re
import sys

# --- the examples -----------------------------------------------------------


def read_examples(path):
    """{example: {name: bytes}} from the ```example blocks. A value is "text"
    or hexadecimal digits, which may go on in indented lines."""
    examples, block, name = {}, None, None
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            line = line.rstrip("\n")
            if block is None:
                if line.startswith("```example "):
                    block = examples.setdefault(line.split(" ", 1)[1], {})
                    if block:
                        sys.exit(f"{path}:{number}: an example twice")
            elif line == "```":
                block = None
            elif line.startswith("  "):
                block[name] += bytes.fromhex(line)
            else:
                name, value = re.fullmatch(r"([a-z0-9_]+) = (.+)", line).groups()
                if name in block:
                    sys.exit(f"{path}:{number}: {name} twice")
                block[name] = (value[1:-1].encode() if value[0] == '"'
                               else bytes.fromhex(value))
    return examples


class Example:
    """One example's values; remembers which of them were looked at."""

    def __init__(self, name, values):
        self.name, self.values, self.seen = name, values, set()

    def __getattr__(self, name):
        if name not in self.values:
            sys.exit(f"example {self.name} has no {name}")
        self.seen.add(name)
        return self.values[name]

    def expect(self, name, computed):
        stated = getattr(self, name)
        if stated != computed:
            sys.exit(f"example {self.name}: {name}\n  stated   "
                     f"{stated.hex()}\n  computed {computed.hex()}")

    def same(self, name, other, other_name=None):
        self.expect(name, getattr(other, other_name or name))

    def signed(self, message, spki, signature="signature"):
        if not ecdsa_verify(spki, message, getattr(self, signature)):
            sys.exit(f"example {self.name}: {signature} does not hold")


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# --- P-256: FIPS 186-4 D.1.2.3 and section 6.4 ------------------------------

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")


def point_add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def point_multiply(k, point):
    product = None
    while k:
        if k & 1:
            product = point_add(product, point)
        point = point_add(point, point)
        k >>= 1
    return product


def spki_of(number):
    x, y = point_multiply(int.from_bytes(number, "big"), G)
    return SPKI + b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")


def ecdsa_verify(spki, message, signature):
    if spki[:27] != SPKI + b"\x04" or len(spki) != 91 or len(signature) != 64:
        return False
    q = (int.from_bytes(spki[27:59], "big"), int.from_bytes(spki[59:], "big"))
    r, s = (int.from_bytes(signature[:32], "big"),
            int.from_bytes(signature[32:], "big"))
    if (q[1]**2 - q[0]**3 + 3 * q[0] - B) % P or not (0 < r < N and 0 < s < N):
        return False
    e, w = int.from_bytes(sha256(message), "big"), pow(s, -1, N)
    point = point_add(point_multiply(e * w % N, G),
                      point_multiply(r * w % N, q))
    return point is not None and point[0] % N == r


# --- AES-256: FIPS 197; GCM: SP 800-38D -------------------------------------


def gf_multiply(a, b):
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = a << 1 ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product


def sbox_entry(x):
    inverse = next((y for y in range(256) if gf_multiply(x, y) == 1), 0)
    bits = inverse
    for shift in range(1, 5):
        bits ^= inverse << shift | inverse >> 8 - shift
    return bits & 0xFF ^ 0x63


SBOX = [sbox_entry(x) for x in range(256)]


def key_schedule(key):
    words = [list(key[i:i + 4]) for i in range(0, 32, 4)]
    rcon = 1
    for i in range(8, 60):
        word = words[-1]
        if i % 8 == 0:
            word = [SBOX[b] for b in word[1:] + word[:1]]
            word[0] ^= rcon
            rcon = gf_multiply(rcon, 2)
        elif i % 8 == 4:
            word = [SBOX[b] for b in word]
        words.append([a ^ b for a, b in zip(words[i - 8], word)])
    return [sum(words[i:i + 4], []) for i in range(0, 60, 4)]


def mix(column):
    return [gf_multiply(column[i], 2) ^ gf_multiply(column[(i + 1) % 4], 3) ^
            column[(i + 2) % 4] ^ column[(i + 3) % 4] for i in range(4)]


def aes_block(key, block):
    keys = key_schedule(key)
    state = [a ^ b for a, b in zip(block, keys[0])]
    for number in range(1, 15):
        state = [SBOX[b] for b in state]
        state = [state[(i + 4 * (i % 4)) % 16] for i in range(16)]
        if number < 14:
            state = sum((mix(state[i:i + 4]) for i in range(0, 16, 4)), [])
        state = [a ^ b for a, b in zip(state, keys[number])]
    return bytes(state)


def aes_ecb(key, data):
    return b"".join(aes_block(key, data[i:i + 16])
                    for i in range(0, len(data), 16))


def ghash(h, data):
    h, tag = int.from_bytes(h, "big"), 0
    for i in range(0, len(data), 16):
        v = tag ^ int.from_bytes(data[i:i + 16].ljust(16, b"\0"), "big")
        tag = 0
        for bit in range(127, -1, -1):
            product = h if bit == 127 else product >> 1 ^ (
                0xE1 << 120 if product & 1 else 0)
            if v >> bit & 1:
                tag ^= product
    return tag.to_bytes(16, "big")


def aes_gcm(key, nonce, aad, plain):
    def xor(a, b):
        return bytes(x ^ y for x, y in zip(a, b))

    def pad(data):
        return data + bytes(-len(data) % 16)

    cipher = b"".join(
        xor(plain[i:i + 16],
            aes_block(key, nonce + (i // 16 + 2).to_bytes(4, "big")))
        for i in range(0, len(plain), 16))
    lengths = ((8 * len(aad)).to_bytes(8, "big") +
               (8 * len(cipher)).to_bytes(8, "big"))
    tag = ghash(aes_block(key, bytes(16)), pad(aad) + pad(cipher) + lengths)
    return cipher + xor(tag, aes_block(key, nonce + b"\0\0\0\1"))


# --- the formats ------------------------------------------------------------


def uuid_v8(digest):
    """The first 122 bits of the hash, around version 8 and variant 10."""
    bits = format(int.from_bytes(digest, "big"), "0256b")
    text = bits[:48] + "1000" + bits[48:60] + "10" + bits[60:122]
    return int(text, 2).to_bytes(16, "big")


def uuid_text(raw):
    h = raw.hex()
    return "-".join((h[:8], h[8:12], h[12:16], h[16:20], h[20:]))


def tree_root(hashes):
    if len(hashes) == 1:
        return hashes[0]
    half = 1
    while half * 2 < len(hashes):
        half *= 2
    return sha256(b"\1", tree_root(hashes[:half]), tree_root(hashes[half:]))


def canonical(text):
    """Names are ASCII here, so that Python's order is the order of bytes."""
    return json.dumps(json.loads(text), sort_keys=True, ensure_ascii=False,
                      separators=(",", ":")).encode()


def check_keys(e):
    for name in ("alice", "recovery", "next", "log"):
        key = e["keys"]
        key.expect(name + "_number", sha256(b"accord example ", name.encode()))
        key.expect(name, spki_of(getattr(key, name + "_number")))


def check_owner(e):
    owner, change, keys = e["owner"], e["key-change"], e["keys"]
    owner.same("first", keys, "alice")
    owner.same("recovery", keys)
    owner.expect("hash", sha256(b"accord owner v1", sha256(owner.first),
                                sha256(owner.recovery)))
    change.same("owner", owner, "hash")
    change.expect("old_key", sha256(owner.first))
    change.same("new_key", keys, "next")
    change.expect("message", b"accord key v1" + change.owner + change.number +
                  change.old_key + change.new_key)
    change.signed(change.message, keys.recovery)


def check_ids(e):
    for kind in ("dataset", "build"):
        ident = e[kind + "-id"]
        ident.same("owner", e["owner"], "hash")
        ident.expect("id", uuid_v8(sha256(b"accord ", kind.encode(), b" v1",
                                          ident.account, ident.owner,
                                          ident.random)))
        ident.expect("text", uuid_text(ident.id).encode())


KIND_FIELDS = {
    "tdx": ("mrtd", "rtmr0", "rtmr1", "rtmr2", "rtmr3", "mrconfigid",
            "mrowner", "mrownerconfig", "mrservicetd", "sept_ve",
            "migratable"),
    "snp": ("measurement", "host_data", "id_key_digest", "author_key_digest",
            "guest_svn_min", "tcb_min", "vmpl_max", "migration_agent",
            "unchecked_aliases"),
    "nitro": ("pcr0", "pcr1", "pcr2", "pcr3", "pcr4", "pcr8"),
}


def check_kinds(e):
    for kind, fields in KIND_FIELDS.items():
        rule = e["identity-" + kind]
        measured = rule.kind + rule.form + b"".join(getattr(rule, field)
                                                    for field in fields)
        rule.expect("encoded", measured + rule.debug + rule.tcb + rule.anchor)
        rule.expect("hash", sha256(b"accord identity v1", rule.encoded))
        rule.expect("label", sha256(b"accord label v1", measured))
    rule = e["identity-terms"]
    rule.expect("encoded", rule.kind + rule.form + rule.mrenclave +
                rule.mrsigner + rule.isvprodid + rule.isvsvn_min + rule.debug +
                rule.tcb + rule.anchor + b"\1" + rule.age + rule.evaluation +
                rule.nonce + rule.exception + rule.until +
                bytes([len(rule.advisories) // 24]) + rule.advisories)
    rule.expect("hash", sha256(b"accord identity v1", rule.encoded))


def check_identity(e):
    rule, message = e["identity"], e["build-message"]
    rule.expect("encoded", rule.kind + rule.form + rule.mrenclave +
                rule.mrsigner + rule.isvprodid + rule.isvsvn_min + rule.debug +
                rule.tcb + rule.anchor)
    rule.expect("hash", sha256(b"accord identity v1", rule.encoded))
    message.same("account", e["build-id"])
    message.same("build", e["build-id"], "id")
    message.same("identity", rule, "hash")
    message.expect("message", b"accord build v1 rule" + message.account +
                   message.build + message.identity)
    message.signed(message.message, e["keys"].alice)


def check_configuration(e):
    configuration = e["configuration"]
    configuration.expect("hash", sha256(configuration.text))


def check_approval(e):
    grant, approval, keys = e["grant"], e["approval"], e["keys"]
    grant.same("account", e["dataset-id"])
    grant.same("dataset", e["dataset-id"], "id")
    grant.same("owner", e["owner"], "hash")
    grant.same("configuration", e["configuration"], "hash")
    grant.same("identity", e["identity"], "hash")
    grant.expect("encoded", b"accord grant v1" + grant.account +
                 grant.dataset + grant.owner + grant.configuration +
                 grant.identity + grant.flags + grant.not_before +
                 grant.not_after + grant.budget + grant.digest)
    grant.signed(grant.encoded, keys.alice)
    approval.expect("text", canonical(json.dumps({
        "accord": "approval/v1", "request": uuid_text(approval.request),
        "digest": grant.digest.hex(), "decision": "approve",
        "head": {"size": int.from_bytes(e["head"].size, "big"),
                 "root": e["head"].root.hex()},
        "sign_by": int.from_bytes(approval.sign_by, "big"),
        "valid_until": int.from_bytes(approval.valid_until, "big")})))
    approval.signed(approval.text, keys.alice)


def check_credential(e):
    context, credential = e["context"], e["credential"]
    context.same("account", e["dataset-id"])
    context.same("dataset", e["dataset-id"], "id")
    context.same("owner", e["owner"], "hash")
    context.expect("hash", sha256(b"accord secret v1", context.account,
                                  context.dataset, context.version,
                                  context.owner, context.flags))
    credential.same("random", e["dataset-id"])
    owner = e["owner"].first + e["owner"].recovery + b"\0"
    message = (b"accord credential v1" + context.account + context.dataset +
               credential.random + context.version + context.flags + owner +
               len(credential.location).to_bytes(2, "big") +
               credential.location +
               len(credential.content).to_bytes(4, "big") + credential.content)
    credential.signed(message, e["keys"].alice)
    credential.expect("encoded", message + credential.signature)


def check_intake(e):
    intake, ctx = e["intake"], e["context"].hash
    intake.expect("k_prime", aes_ecb(intake.k, ctx))
    intake.expect("blob", aes_gcm(intake.k_prime, bytes(12), ctx,
                                  e["credential"].encoded))
    intake.expect("proof_input", sha256(b"accord intake proof v1", ctx))
    intake.expect("proof_key", aes_ecb(intake.k, intake.proof_input))
    intake.expect("proof", hmac.digest(intake.proof_key,
                                       ctx + sha256(intake.blob), "sha256"))


def check_subjects(e):
    release, text = e["release-subject"], e["text-subject"]
    release.same("ctx", e["context"], "hash")
    release.expect("grant", sha256(e["grant"].encoded))
    release.expect("subject", sha256(b"accord release v1", release.salt,
                                     release.ctx, release.certificate,
                                     release.grant))
    text.expect("subject", sha256(b"accord subject v1", text.salt, text.text))
    c = e["certificate-subject"]
    c.expect("names_hash", sha256(c.name_1, b"\n", c.name_2, b"\n"))
    c.expect("subject", sha256(b"accord certificate v1", c.salt, c.kind,
                               c.account, c.id, c.spki, c.names_hash,
                               c.not_after, c.evidence, c.identity,
                               c.configuration, c.invitation))


def der(tag, contents):
    size = len(contents)
    head = [size] if size < 128 else [0x81, size]
    return bytes([tag, *head]) + contents


def der_oid(*arcs):
    encoded = b""
    for arc in (arcs[0] * 40 + arcs[1], *arcs[2:]):
        digits = [arc & 127]
        while arc := arc >> 7:
            digits.insert(0, arc & 127 | 128)
        encoded += bytes(digits)
    return der(6, encoded)


def check_statement(e):
    s = e["statement"]
    for name in "account", "configuration", "identity":
        s.same(name, e["grant"])
    s.same("id", e["build-id"])
    s.same("evidence_kind", e["identity"], "kind")
    s.expect("encoded", s.version + s.kind + s.account + s.id +
             s.evidence_kind + s.identity + s.evidence + s.evidence_time +
             s.configuration)
    oid = der_oid(2, 25, 133065155849797100717150865122796378813, 1)
    s.expect("extension", der(0x30, oid + der(4, der(4, s.encoded))))


def check_log(e):
    leaf, tree, head = e["leaf"], e["tree"], e["head"]
    leaf.same("salt", e["release-subject"])
    leaf.same("subject", e["release-subject"])
    leaf.expect("detail_hash", sha256(leaf.salt, leaf.detail))
    leaf.expect("encoded", leaf.kind + leaf.index + leaf.time + leaf.account +
                leaf.subject + leaf.detail_hash)
    leaf.expect("hash", sha256(b"\0", leaf.encoded))
    tree.same("leaf_2", leaf, "hash")
    hashes = [tree.leaf_0, tree.leaf_1, tree.leaf_2, tree.leaf_3, tree.leaf_4]
    tree.expect("old_root", tree_root(hashes[:3]))
    tree.expect("root", tree_root(hashes))
    tree.expect("inclusion", tree.leaf_3 + sha256(b"\1", *hashes[:2]) +
                tree.leaf_4)
    tree.expect("consistency", tree.leaf_2 + tree.leaf_3 +
                sha256(b"\1", *hashes[:2]) + tree.leaf_4)
    head.expect("size", len(hashes).to_bytes(8, "big"))
    head.same("root", tree)
    head.expect("message", b"accord head v1" + head.store + head.epoch +
                head.size + head.time + head.root)
    head.signed(head.message, e["keys"].log)


def check_file(e):
    f = e["encrypted-file"]
    f.expect("file", f.nonce + aes_gcm(f.key, f.nonce, b"", f.plain))


CHECKS = (check_keys, check_owner, check_ids, check_identity, check_kinds,
          check_configuration, check_approval, check_credential, check_intake,
          check_subjects, check_statement, check_log, check_file)


def self_test():
    """The primitives against their standards, before they judge anything."""
    key = bytes(range(32))
    plain = bytes(0x11 * i for i in range(16))
    assert aes_block(key, plain).hex() == "8ea2b7ca516745bfeafc49904b496089"
    assert aes_gcm(bytes(32), bytes(12), b"", bytes(16)).hex() == (
        "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")
    assert point_multiply(N, G) is None


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    self_test()
    examples = {name: Example(name, values)
                for name, values in read_examples(sys.argv[1]).items()}
    for check in CHECKS:
        check(examples)
    for example in examples.values():
        unseen = set(example.values) - example.seen
        if unseen:
            sys.exit(f"example {example.name}: nobody checks {unseen}")
    print(f"{len(examples)} examples hold")


if __name__ == "__main__":
    main()
