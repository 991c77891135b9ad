#!/usr/bin/env python3
"""A broker that lies: passes everything on to the honest one as dana, whose
files are in people/accord, but for the lie that the file LIE names. Whom it
fools is the context "fooled": dana, who knows it by its own CA.

usage: liar.py PORT-FILE BROKER-PORT LIE
"""

import http.client
import http.server
import json
import os
import shutil
import ssl
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../api"))
from worked_examples import canonical
from worked_manifests import configuration_hash, manifest_of

PORT_FILE, BROKER_PORT, LIE = sys.argv[1:]


def damaged_record(path, answer):
    for item in answer.get("items", [answer]):
        if "random" in item:
            item["random"] = "AAAA"


def hidden_leaves(path, answer):
    if "/log/leaves" in path:
        answer["leaves"] = []


def of_this_zone(path, answer):
    """The request as if the broker's CA were the one that the fooled person
    was told of: every hash follows, so that no other fault is met first."""
    if "manifest" not in answer:
        return
    proposal = answer["proposal"]
    with open("liar.pem", encoding="ascii") as file:
        zone = proposal["zone_ca"] = file.read()
    known = proposal["configurations"]
    for old in list(known):
        new = configuration_hash(known[old], zone).hex()
        known[new] = known.pop(old)
        for item in proposal["objects"].values():
            app = item["ref"].get("app")
            if app and app["config_id"] == old:
                app["config_id"] = new
    answer["manifest"] = canonical(json.dumps(manifest_of(proposal))).decode()


def other_manifest(path, answer):
    of_this_zone(path, answer)
    if "manifest" in answer:
        answer["manifest"] = answer["manifest"].replace("patients", "parents")


def other_parent(path, answer):
    of_this_zone(path, answer)
    if "manifest" in answer:
        answer["parent_manifest"] += " "


def hidden_parent(path, answer):
    of_this_zone(path, answer)
    answer.pop("parent_manifest", None)


LIES = {"none": lambda path, answer: None, "damaged-record": damaged_record,
        "hidden-leaves": hidden_leaves, "of-this-zone": of_this_zone,
        "other-manifest": other_manifest, "other-parent": other_parent,
        "hidden-parent": hidden_parent}


def honest_answer(method, path, body):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations("hsm/ca.pem")
    context.load_cert_chain("people/accord/dana/certificate.pem",
                            "people/accord/dana/key.pem")
    broker = http.client.HTTPSConnection("127.0.0.1", int(BROKER_PORT),
                                         context=context)
    broker.request(method, path, body,
                   {"Content-Type": "application/json"} if body else {})
    answer = broker.getresponse()
    return answer.status, answer.read()


class Liar(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *unused):
        pass

    def pass_on(self):
        length = int(self.headers.get("Content-Length", 0))
        status, body = honest_answer(self.command, self.path,
                                     self.rfile.read(length) or None)
        answer = json.loads(body)
        LIES[open(LIE).read().strip()](self.path, answer)
        body = json.dumps(answer, separators=(",", ":"),
                          ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = pass_on


def make_certificate():
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-keyout", "liar.key", "-out",
         "liar.pem", "-days", "30", "-subj", "/CN=liar", "-addext",
         "subjectAltName=IP:127.0.0.1"], check=True)


def fool(port):
    shutil.copytree("people/accord/dana", "people/accord/fooled")
    path = "people/accord/fooled/context.json"
    with open(path, encoding="utf-8") as file:
        context = json.load(file)
    context["url"] = f"https://127.0.0.1:{port}"
    with open("liar.pem", encoding="ascii") as file:
        context["ca"] = file.read()
    with open(path, "w", encoding="utf-8") as file:
        json.dump(context, file)


def main():
    make_certificate()
    server = http.server.HTTPServer(("127.0.0.1", 0), Liar)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("liar.pem", "liar.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    fool(server.server_port)
    with open(PORT_FILE, "w", encoding="ascii") as file:
        file.write(str(server.server_port))
    server.serve_forever()


if __name__ == "__main__":
    main()
