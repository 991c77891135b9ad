#!/usr/bin/env python3
"""Derives the worked manifests of docs/manifests from their proposals alone:
ids, hashes, configuration, manifest, digest and grants; checks every build's
signature. Shares no code with the project, on purpose.

usage: worked_manifests.py docs/manifests
"""

import base64
import json
import sys

from worked_examples import canonical, ecdsa_verify, sha256, uuid_text, uuid_v8

KINDS = {"sgx": 1, "sgx-simulated": 0x41, "sgx-node-vouched": 0x81}
TCB = ("unevaluated", "UpToDate", "SWHardeningNeeded", "ConfigurationNeeded",
       "ConfigurationAndSWHardeningNeeded", "OutOfDate",
       "OutOfDateConfigurationNeeded", "TDRelaunchAdvised",
       "TDRelaunchAdvisedConfigurationNeeded")


def uuid(text):
    return bytes.fromhex(text.replace("-", ""))


def owner_of(record):
    """(owner hash, current key): no key of the examples was ever changed."""
    raw = base64.b64decode(record["owner"])
    assert len(raw) == 183 and raw[182] == 0
    first, recovery = raw[:91], raw[91:182]
    return sha256(b"accord owner v1", sha256(first), sha256(recovery)), first


def check_id(proposal, label, record_id, record):
    owner, _ = owner_of(record)
    derived = uuid_v8(sha256(label, uuid(proposal["account"]), owner,
                             base64.b64decode(record["random"])))
    assert uuid_text(derived) == record_id


def identity_of(rule):
    number = lambda name: (rule[name] or 0).to_bytes(2, "big")
    measured = lambda name: bytes.fromhex(rule[name] or "00" * 32)
    form = 1 if rule["mrenclave"] else 2
    mask = sum(1 << TCB.index(name) for name in rule["tcb"])
    return sha256(b"accord identity v1", bytes([KINDS[rule["kind"]], form]),
                  measured("mrenclave"), measured("mrsigner"),
                  number("isvprodid"), number("isvsvn_min"),
                  bytes([rule["debug"]]), mask.to_bytes(2, "big"),
                  bytes.fromhex(rule["anchor"]))


def ordered(value, *names):
    return {name: value[name] for name in names if name in value}


def configuration_hash(config, zone, workflow=None):
    """Members in the order of the wire, maps sorted by their keys."""
    by_key = lambda m: dict(sorted(m.items(), key=lambda i: i[0].encode()))
    text = {"app_config": by_key({k: ordered(v, "contents") for k, v in
                                  config["app_config"].items()}),
            "labels": by_key(config["labels"]), "zone_ca": [zone]}
    if workflow:
        ports = {port: by_key(at) for port, at in workflow[2].items()}
        text["workflow"] = {"workflow_id": workflow[0],
                            "app_name": workflow[1], "port_map": by_key(ports)}
    return sha256(json.dumps(text, ensure_ascii=False,
                             separators=(",", ":")).encode())


def edges_of(proposal, app):
    """(port, key of the other end) of every edge that touches the app."""
    for edge in proposal["edges"].values():
        for near, far in ((edge["source"], edge["target"]),
                          (edge["target"], edge["source"])):
            if near["id"] == app:
                yield near["port"], far["id"]


def app_entry(proposal, key, item):
    ref = item["ref"]["app"]
    build = proposal["builds"][ref["image_id"]]
    config = proposal["configurations"][ref["config_id"]]
    owner, signer = owner_of(build)
    identity = identity_of(build["rule"])
    check_id(proposal, b"accord build v1", ref["image_id"], build)
    message = (b"accord build v1 rule" + uuid(proposal["account"]) +
               uuid(ref["image_id"]) + identity)
    assert ecdsa_verify(signer, message, base64.b64decode(build["signature"]))
    zone = proposal["zone_ca"]
    assert configuration_hash(config, zone).hex() == ref["config_id"]
    ports = {}
    for port, other in edges_of(proposal, key):
        there = proposal["objects"][other]
        ports.setdefault(port, {})[there["name"]] = {
            "dataset": {"id": there["ref"]["dataset"]["dataset_id"]}}
    runtime = configuration_hash(config, zone, (proposal["workflow"],
                                                item["name"], ports))
    return {"name": item["name"], "build": ref["image_id"],
            "build_name": build["name"], "owner": owner.hex(),
            "rule": build["rule"], "identity": identity.hex(),
            "configuration": ref["config_id"], "runtime": runtime.hex()}


def dataset_entry(proposal, key, item):
    dataset_id = item["ref"]["dataset"]["dataset_id"]
    dataset = proposal["datasets"][dataset_id]
    check_id(proposal, b"accord dataset v1", dataset_id, dataset)
    ports = [{"app": app, "port": port}
             for app in proposal["objects"] if "app" in
             proposal["objects"][app]["ref"]
             for port, other in edges_of(proposal, app) if other == key]
    return {"name": item["name"], "dataset": dataset_id,
            "dataset_name": dataset["name"],
            "owner": owner_of(dataset)[0].hex(),
            "location": dataset["location"], "flags": dataset["flags"],
            "limits": dataset["limits"],
            "ports": sorted(ports, key=lambda p: (p["app"], p["port"]))}


def manifest_of(proposal):
    entries = {"app": app_entry, "dataset": dataset_entry}
    made = {"app": {}, "dataset": {}}
    for key, item in proposal["objects"].items():
        (kind,) = item["ref"]
        made[kind][key] = entries[kind](proposal, key, item)
    owners = {e["owner"] for kind in made.values() for e in kind.values()}
    people = {}
    for person, record in proposal["people"].items():
        owner, current = owner_of(record)
        if owner.hex() in owners:
            people[person] = {"name": record["name"], "owner": owner.hex(),
                              "key": sha256(current).hex()}
    parent = proposal["parent"]
    manifest = ordered(proposal, "account", "workflow", "version", "name",
                       "description", "objects", "edges")
    manifest |= {"accord": "manifest/v1",
                 "parent": parent and parent["digest"],
                 "apps": made["app"], "datasets": made["dataset"],
                 "people": people,
                 "zone_ca": sha256(proposal["zone_ca"].encode()).hex()}
    return manifest


def grants_of(manifest, digest, not_before, not_after):
    grants = set()
    for dataset in manifest["datasets"].values():
        for app in {p["app"] for p in dataset["ports"]}:
            program = manifest["apps"][app]
            grants.add((
                b"accord grant v1" + uuid(manifest["account"]) +
                uuid(dataset["dataset"]) + bytes.fromhex(
                    dataset["owner"] + program["runtime"] +
                    program["identity"]) + b"\0" +
                not_before.to_bytes(8, "big") + not_after.to_bytes(8, "big") +
                bytes(8) + digest).hex())
    return grants


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for name in ("one", "two"):
        with open(f"{sys.argv[1]}/{name}.json", encoding="utf-8") as f:
            worked = json.load(f)
        manifest = manifest_of(worked["proposal"])
        text = canonical(json.dumps(manifest))
        digest = sha256(text)
        assert text.decode() == worked["manifest"], (name, text.decode())
        assert digest.hex() == worked["digest"], name
        grants = grants_of(manifest, digest, worked["not_before"],
                           worked["not_after"])
        assert grants == set(worked["grants"]), name
        print(f"{name}: digest {digest.hex()}, {len(grants)} grants")


if __name__ == "__main__":
    main()
