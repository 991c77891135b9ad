#!/usr/bin/env python3
"""A caching service with one set, for fetch.sh: writes its port to a file and
answers as each kind of service does.

usage: pccs.py PORT-FILE
"""

import http.server
import sys
import urllib.parse

CHAIN = "-----BEGIN CERTIFICATE-----\nAA+/\n-----END CERTIFICATE-----\n"
CRL = bytes([0x30, 0x82, 0x00, 0x05, 1, 2, 3, 10, 13])
TCB = b'{"tcbInfo":{"id":"SGX"},"signature":"00"}'
IDENTITY = b'{"enclaveIdentity":{"id":"QE"},"signature":"00"}'
PEM = (b"-----BEGIN X509 CRL-----\nMIIABQECAwoN\n-----END X509 CRL-----\n")


class Service(http.server.BaseHTTPRequestHandler):
    def log_message(self, *unused):
        pass

    def answer(self, body, **fields):
        self.send_response(200)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), urllib.parse.quote(value))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        tee, _, version, what = url.path[1:].split("/", 3)
        fmspc = query.get("fmspc")
        if what == "tcb" and fmspc == "00000000dead":
            self.send_error(404)
        elif what == "tcb" and fmspc == "00000000bad0":
            self.answer(b'{"tcbInfo":{},"tcbInfo":{},"signature":""}',
                        TCB_Info_Issuer_Chain=CHAIN)
        elif what == "tcb" and fmspc == "00000000bad1":
            self.answer(TCB)
        elif what == "tcb" and fmspc == "00000000bad2":
            self.answer(TCB, TCB_Info_Issuer_Chain="no chain")
        elif what == "tcb":
            name = "TCB_Info_Issuer_Chain" if version == "v4" else (
                "SGX_TCB_Info_Issuer_Chain")
            body = TCB.replace(b"SGX", tee.upper().encode())
            self.answer(body, **{name: CHAIN})
        elif what == "qe/identity":
            self.answer(IDENTITY, SGX_Enclave_Identity_Issuer_Chain=CHAIN)
        elif what == "pckcrl":
            der = query["ca"] == "platform"
            self.answer(CRL if der else PEM, SGX_PCK_CRL_Issuer_Chain=CHAIN)
        elif what == "rootcacrl":
            self.answer(CRL.hex().encode() + b"\n" if version == "v4"
                        else b"odd")
        else:
            self.send_error(404)


server = http.server.HTTPServer(("127.0.0.1", 0), Service)
with open(sys.argv[1] + ".new", "w") as port:
    port.write(str(server.server_port))
import os
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
