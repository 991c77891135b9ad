"""A program that is not accord-enclave: its own key, request and questions.

    attest.py AGENT-PORT MEASUREMENT CONFIGURATION-HASH WHAT

WHAT: dataset    a certificate, then a dataset that no port names is asked for
      stranger   evidence bound to one key, a request for another
      replay     the same evidence and key for a second certificate
      changed    one byte of the evidence is changed
Prints "STATUS BODY" of the last answer.
"""
import base64
import hashlib
import http.client
import json
import os
import ssl
import subprocess
import sys
import textwrap
import uuid

SCRATCH = os.environ["SCRATCH"]
QUOTE_OID = bytes.fromhex("2b0601040183841a020202")
COMMON_NAME = bytes.fromhex("0603550403")
ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")


def der(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + body


def openssl(*arguments, stdin=b""):
    return subprocess.run(("openssl",) + arguments, input=stdin,
                          capture_output=True, check=True).stdout


class Key:
    def __init__(self, name):
        self.path = f"{SCRATCH}/{name}-{uuid.uuid4()}.key"
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-out", self.path)
        self.spki = openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")

    def report_data(self, configuration):
        spki = hashlib.sha256(self.spki).digest()
        return hashlib.sha256(b"\1" + spki + configuration).digest() + configuration

    def request(self, quote, subject=der(0x30)):
        pair = der(0x30, der(0x30), der(0x04, quote))
        attribute = der(0x30, der(0x06, QUOTE_OID), der(0x31, pair))
        info = der(0x30, b"\2\1\0", subject, self.spki, der(0xA0, attribute))
        signature = openssl("dgst", "-sha256", "-sign", self.path, stdin=info)
        csr = der(0x30, info, ECDSA_SHA256, der(0x03, b"\0", signature))
        return ("-----BEGIN CERTIFICATE REQUEST-----\n" +
                textwrap.fill(base64.b64encode(csr).decode(), 64) +
                "\n-----END CERTIFICATE REQUEST-----\n")


def quote_for(agent, measurement, report_data):
    connection = http.client.HTTPConnection("127.0.0.1", agent, timeout=30)
    connection.request("POST", "/v1/sim/quote", json.dumps(
        {"measurement": measurement, "report_data": report_data.hex()}),
        {"Content-Type": "application/json"})
    answer = json.load(connection.getresponse())
    connection.close()
    return base64.b64decode(answer["quote"])


def ask(path, body, certificate=None):
    tls = ssl.create_default_context(cafile=SCRATCH + "/hsm/ca.pem")
    if certificate:
        tls.load_cert_chain(*certificate)
    connection = http.client.HTTPSConnection(
        "127.0.0.1", int(os.environ["PORT"]), context=tls, timeout=60)
    connection.request("POST", path, json.dumps(body),
                       {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def pem_of(answer):
    """The chain, wherever the answer has it."""
    def texts(value):
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            for v in value.values():
                yield from texts(v)
        elif isinstance(value, list):
            for v in value:
                yield from texts(v)
    return next(t for t in texts(json.loads(answer)) if "BEGIN CERTIFICATE" in t)


def main():
    agent, measurement, what = int(sys.argv[1]), sys.argv[2], sys.argv[4]
    configuration = bytes.fromhex(sys.argv[3])
    key = Key("mine")
    quote = quote_for(agent, measurement, key.report_data(configuration))
    asker = Key("stranger") if what == "stranger" else key
    if what == "changed":  # the last byte of the report: signed by the platform
        quote = quote[:431] + bytes([quote[431] ^ 1]) + quote[432:]

    status, text = ask("/accord/v1/certificates", {"csr": asker.request(quote)})
    if what == "replay" and status == 200:
        status, text = ask("/accord/v1/certificates", {"csr": asker.request(quote)})
    if what == "dataset" and status == 200:
        path = f"{SCRATCH}/mine.pem"
        with open(path, "w", encoding="ascii") as f:
            f.write(pem_of(text))
        status, text = ask("/accord/v1/release", {"dataset": str(uuid.uuid4())},
                           (path, key.path))
    print(status, text)


if __name__ == "__main__":
    main()
