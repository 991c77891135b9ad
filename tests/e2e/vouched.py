"""A node, and a program on it that has nothing but the node's word, as the
product's library goes about it: target, local report, attest, issue.

    vouched.py enrol TOKEN
    vouched.py program AGENT-PORT MEASUREMENT CONFIGURATION-HASH [DATASET]

`enrol` writes node.pem and node.key and prints the node's id; `program` prints
the agent's answer and, when there is a certificate and a DATASET, "STATUS" of
asking for its credential. The report is authenticated with the simulated CPU's
key, derived here from the written rule (agent/local_report.h).
"""
import base64
import hashlib
import http.client
import json
import os
import ssl
import struct
import sys
import textwrap

from attest import SCRATCH, ask, der, openssl

F = bytes.fromhex("2b0601040183841a")
RSA_SHA256 = bytes.fromhex("300d06092a864886f70d01010b0500")
ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")


def pem(label, raw):
    return (f"-----BEGIN {label}-----\n" +
            textwrap.fill(base64.b64encode(raw).decode(), 64) +
            f"\n-----END {label}-----\n")


def unpem(text):
    """The first block, as DER."""
    body = text.split("-----")[2]
    return base64.b64decode("".join(body.split()))


class Key:
    def __init__(self, name, algorithm, option, signature):
        self.path, self.signature = f"{SCRATCH}/{name}.key", signature
        openssl("genpkey", "-algorithm", algorithm, "-pkeyopt", option,
                "-out", self.path)
        os.chmod(self.path, 0o600)
        self.spki = openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")

    def request(self, subject=b"", attribute=b""):
        info = der(0x30, b"\2\1\0", der(0x30, subject), self.spki,
                   der(0xA0, attribute))
        signed = openssl("dgst", "-sha256", "-sign", self.path, stdin=info)
        return pem("CERTIFICATE REQUEST",
                   der(0x30, info, self.signature, der(0x03, b"\0", signed)))


def attribute(oid, value):
    return der(0x30, der(0x06, F + bytes(oid)), der(0x31, value))


def rdn(number, raw):
    return der(0x31, der(0x30, der(0x06, F + bytes((1, 1, number))),
                         der(0x03, b"\0", raw)))


def agent(port, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, json.dumps(body) if body else None,
                       {"Content-Type": "application/json"} if body else {})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    if answer.status != 200:
        sys.exit(f"{path}: {answer.status} {text}")
    return json.loads(text)


class Enclave:
    """What EREPORT would say, in fields: for the node's target."""

    def __init__(self, measurement, report_data):
        self.fields = [bytes(16), bytes(4), struct.pack("<QQ", 5, 3),
                       bytes.fromhex(measurement), b"\5" * 32,
                       struct.pack("<H", 6), struct.pack("<H", 7), report_data]
        self.keyid = os.urandom(32)

    def subject(self):
        return b"".join(rdn(i + 1, f) for i, f in enumerate(self.fields))

    def body(self):
        out = bytearray(384)
        for at, field in zip((0, 16, 48, 64, 128, 256, 258, 320), self.fields):
            out[at:at + len(field)] = field
        return bytes(out)

    def mac(self, target):
        with open(SCRATCH + "/simulator/report.key", "rb") as f:
            secret = f.read()
        key = hashlib.sha256(
            b"accord simulated report key v1" + secret + self.keyid +
            target[:32] + target[32:48] + target[52:56]).digest()[:16]
        return bytes.fromhex(openssl(
            "mac", "-cipher", "AES-128-CBC", "-macopt", "hexkey:" + key.hex(),
            "CMAC", stdin=self.body()).decode().strip())


def program(port, measurement, configuration, dataset=None):
    key = Key("vouched", "RSA", "rsa_keygen_bits:3072", RSA_SHA256)
    c = bytes.fromhex(configuration)
    spki = hashlib.sha256(key.spki).digest()
    enclave = Enclave(measurement, hashlib.sha256(b"\1" + spki + c).digest() + c)
    target = base64.b64decode(
        agent(port, "GET", "/v1/enclave/target-info")["targetInfo"])
    mac = enclave.mac(target)
    local = der(0x30, der(0x04, enclave.keyid), der(0x04, mac))
    said = agent(port, "POST", "/v1/enclave/attest", {
        "report": base64.b64encode(enclave.body() + enclave.keyid + mac).decode(),
        "attestation_csr": key.request(enclave.subject(),
                                       attribute((2, 1, 1), local))})
    both = der(0x30, der(0x04, unpem(said["attestation_certificate"])),
               der(0x04, unpem(said["node_certificate"])))
    answer = agent(port, "POST", "/v1/certificate/issue", {
        "csr": key.request(enclave.subject(), attribute((2, 2, 1), both))})
    certificate = answer.pop("certificate", None)
    print(json.dumps(answer))
    if certificate and dataset:
        path = SCRATCH + "/vouched.pem"
        with open(path, "w", encoding="ascii") as f:
            f.write(certificate)
        status, text = ask("/accord/v1/release", {"dataset": dataset},
                           (path, key.path))
        print(status, text if status != 200 else "released")


def enrol(token):
    key = Key("node", "EC", "ec_paramgen_curve:P-256", ECDSA_SHA256)
    tls = ssl.create_default_context(cafile=SCRATCH + "/hsm/ca.pem")
    connection = http.client.HTTPSConnection(
        "127.0.0.1", int(os.environ["PORT"]), context=tls, timeout=60)
    connection.request("POST", "/v1/nodes", json.dumps({
        "name": "node-1", "ipaddress": "127.0.0.1", "sgx_version": "2",
        "attestation_request": {"ias_quote": "AAAA", "csr": key.request(),
                                "attestation_type": "DCAP"}}),
        {"Content-Type": "application/json", "Authorization": "Bearer " + token})
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status != 200:
        sys.exit(f"/v1/nodes: {answer.status} {text}")
    result = json.loads(text)
    with open(SCRATCH + "/node.pem", "w", encoding="ascii") as f:
        f.write(pem("CERTIFICATE", unpem(result["certificate"])))
    print(result["node_id"])


if __name__ == "__main__":
    if sys.argv[1] == "enrol":
        enrol(sys.argv[2])
    else:
        program(int(sys.argv[2]), *sys.argv[3:])
