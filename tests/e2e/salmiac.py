"""The product's runtime for containers, byte by byte: at its start, and a day
later when it renews.

    salmiac.py AGENT-PORT MEASUREMENT

What runs is the program of ccm.json (ccm.py). Each request is written out as
the runtime sends it: RSA-3072, an empty subject, one answer awaited and no
polling, TLS 1.2, one connection per question, compact JSON.
"""
import base64
import datetime
import hashlib
import json
import socket
import ssl
import sys

import attest
import vouched
from ccm import PORT, SCRATCH, check
from samples import as_sample

HOST = f"127.0.0.1:{PORT}"

# --- the wire ----------------------------------------------------------------

def read_answer(sock):
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        if not more:
            sys.exit(f"FAILED: closed within a head: {data!r}")
        data += more
    head, body = data.split(b"\r\n\r\n", 1)
    lines = head.decode().split("\r\n")
    fields = {k.lower(): v for k, v in (l.split(": ", 1) for l in lines[1:])}
    length = int(fields.get("content-length", 0))
    while len(body) < length:
        body += sock.recv(65536)
    if len(body) != length:
        sys.exit(f"FAILED: stray bytes behind the answer: {body!r}")
    return int(lines[0].split(" ")[1]), body


def ask_agent(port, text):
    with socket.create_connection(("127.0.0.1", port), 60) as sock:
        sock.sendall(text.encode())
        return read_answer(sock)


def ask_broker(identity, *texts):
    """All on one connection, as hyper keeps it; the last answer."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.load_verify_locations(f"{SCRATCH}/hsm/ca.pem")
    tls.minimum_version = tls.maximum_version = ssl.TLSVersion.TLSv1_2
    tls.load_cert_chain(*identity)
    plain = socket.create_connection(("127.0.0.1", PORT), 20)
    with tls.wrap_socket(plain, server_hostname="127.0.0.1") as sock:
        answers = []
        for text in texts:
            sock.sendall((text(answers) if callable(text) else text).encode())
            answers.append(read_answer(sock))
    return answers


# --- what the runtime does -----------------------------------------------------

QUOTE = (2, 2, 2)


def certificate(agent, measurement, runtime, turn):
    """A new key, the same configuration, one answer."""
    key = vouched.Key(f"salmiac-{turn}", "RSA", "rsa_keygen_bits:3072",
                      vouched.RSA_SHA256)
    c = bytes.fromhex(runtime)
    spki = hashlib.sha256(key.spki).digest()
    quote = attest.quote_for(
        agent, measurement, hashlib.sha256(b"\1" + spki + c).digest() + c)
    pair = attest.der(0x30, attest.der(0x30), attest.der(0x04, quote))
    csr = key.request(attribute=vouched.attribute(QUOTE, pair))
    body = json.dumps({"csr": csr}, separators=(",", ":"))
    status, answer = ask_agent(
        agent, "POST /v1/certificate/issue HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{agent}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}")
    task = json.loads(answer)
    check(f"{turn}: the first answer has the certificate",
          status == 200 and task["task_status"] == "SUCCESS" and
          task["certificate"].startswith("-----BEGIN CERTIFICATE-----"), answer)
    path = f"{SCRATCH}/salmiac-{turn}.pem"
    with open(path, "w", encoding="ascii") as f:
        f.write(task["certificate"])
    return path, key.path


def not_after(path):
    text = attest.openssl("x509", "-in", path, "-noout", "-enddate").decode()
    return datetime.datetime.strptime(text.strip(),
                                      "notAfter=%b %d %H:%M:%S %Y %Z")


def canonical(config):
    """As the client writes what it read, to hash it."""
    w = config["workflow"]
    ordered = {"app_config": config["app_config"], "labels": config["labels"],
               "zone_ca": config["zone_ca"],
               "workflow": {"workflow_id": w["workflow_id"],
                            "app_name": w["app_name"],
                            "port_map": w["port_map"]}}
    return json.dumps(ordered, separators=(",", ":"), ensure_ascii=False)


def configuration(identity, runtime, turn):
    [(status, body)] = ask_broker(
        identity, "GET /api/v1/confidential_computing/runtime/app_configs "
        f"HTTP/1.1\r\nHost: {HOST}\r\n\r\n")
    told = json.loads(body)
    check(f"{turn}: the configuration is the one it was started with",
          status == 200 and hashlib.sha256(
              canonical(told["config"]).encode()).hexdigest() == runtime, body)
    check(f"{turn}: and says its connections", "connections" in told["extra"])
    return told


def credentials(identity, sdkms, turn):
    basic = base64.b64encode((sdkms["sdkms_app_id"] + ":").encode()).decode()
    body = json.dumps({"name": sdkms["credentials_key_name"]},
                      separators=(",", ":"))

    def bearer(answers):
        return json.loads(answers[0][1])["access_token"]

    answers = ask_broker(
        identity,
        f"POST /sys/v1/session/auth HTTP/1.1\r\nHost: {HOST}\r\n"
        f"Authorization: Basic {basic}\r\nContent-Length: 0\r\n\r\n",
        lambda done: "POST /crypto/v1/keys/export HTTP/1.1\r\n"
        f"Host: {HOST}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {bearer(done)}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}",
        lambda done: "POST /sys/v1/session/terminate HTTP/1.1\r\n"
        f"Host: {HOST}\r\nAuthorization: Bearer {bearer(done)}\r\n"
        "Content-Length: 0\r\n\r\n")
    check(f"{turn}: session, export, terminate",
          [a[0] for a in answers] == [200, 200, 204] and not answers[2][1],
          answers)
    return base64.b64decode(json.loads(answers[1][1])["value"])


def ours(sample):
    """The sample's program has one more port, and files and labels."""
    for part in (sample["config"]["workflow"]["port_map"],
                 sample["extra"]["connections"]):
        del part["output"]
    sample["config"]["app_config"] = sample["config"]["labels"] = {}


def main():
    agent, measurement = int(sys.argv[1]), sys.argv[2]
    with open(f"{SCRATCH}/ccm.json", encoding="ascii") as f:
        kept = json.load(f)
    status, answer = ask_agent(
        agent, f"GET /v1/sys/version HTTP/1.1\r\nHost: 127.0.0.1:{agent}"
        "\r\n\r\n")
    check("the agent is there", status == 200, answer)
    seen = []
    for turn in ("start", "renewal"):
        identity = certificate(agent, measurement, kept["runtime"], turn)
        told = configuration(identity, kept["runtime"], turn)
        dataset = told["extra"]["connections"]["input"]["input-1"]["dataset"]
        value = credentials(identity, dataset["credentials"]["sdkms"], turn)
        seen.append((identity, told, dataset, value))
    as_sample(62, seen[0][1], ours)
    check("after the renewal all is told the same", seen[0][1] == seen[1][1])
    check("and the same bytes come out", seen[0][3] == seen[1][3])
    check("the renewed certificate is another, and ends no earlier",
          attest.openssl("x509", "-in", seen[0][0][0], "-noout", "-serial") !=
          attest.openssl("x509", "-in", seen[1][0][0], "-noout", "-serial") and
          not_after(seen[0][0][0]) <= not_after(seen[1][0][0]))
    left = not_after(seen[0][0][0]) - datetime.datetime.utcnow()
    check("a runtime that looks once a day is always due, ten days before",
          datetime.timedelta(days=1) < left < datetime.timedelta(days=10), left)
    check("the old one serves until it ends",
          configuration(seen[0][0], kept["runtime"], "start, again") ==
          seen[0][1])


if __name__ == "__main__":
    main()
