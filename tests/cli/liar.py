#!/usr/bin/env python3
"""A broker that lies, for owners.sh: passes everything on to the honest one as
the person whose certificate it has, but for the lie that the file LIE names.

usage: liar.py PORT-FILE BROKER-PORT LIE
"""

import http.client
import http.server
import json
import ssl
import sys

PORT_FILE, BROKER_PORT, LIE = sys.argv[1:]


def damaged_record(path, answer):
    for item in answer.get("items", [answer]):
        if "random" in item:
            item["random"] = "AAAA"


def hidden_leaves(path, answer):
    if "/log/leaves" in path:
        answer["leaves"] = []


LIES = {"none": lambda path, answer: None, "damaged-record": damaged_record,
        "hidden-leaves": hidden_leaves}


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


def main():
    server = http.server.HTTPServer(("127.0.0.1", 0), Liar)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("liar.pem", "liar.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with open(PORT_FILE, "w", encoding="ascii") as file:
        file.write(str(server.server_port))
    server.serve_forever()


if __name__ == "__main__":
    main()
