"""A program's connection that stays open is judged anew at each release.

    open_program.py AGENT-PORT MEASUREMENT HASH DATASET OTHER COMMAND...
    open_program.py given CERTIFICATE KEY DATASET OTHER COMMAND...

A program of its own, or one whose certificate is there already, asks for
DATASET's credential, then COMMAND runs (with $SERIAL, the certificate's), and
over the same connection it asks again for both. Prints the first status, then
status and code of both; ends well when all came within a second.
"""
import http.client
import json
import os
import subprocess
import sys
import time

from call import context_of


def own(agent, measurement, configuration):
    """(certificate, key) of a new program."""
    from ledger import Book, Program
    book = Book(os.devnull, "")
    program = Program(book, (agent, measurement, configuration, ""))
    program.enrol()
    return program.key + ".pem", program.key


def serial_of(certificate):
    said = subprocess.run(("openssl", "x509", "-in", certificate, "-noout",
                           "-serial"), capture_output=True, check=True).stdout
    return said.decode().strip().partition("=")[2].lower().zfill(32)


def main():
    if sys.argv[1] == "given":
        certificate, key = sys.argv[2:4]
    else:
        certificate, key = own(*sys.argv[1:4])
    dataset, other, *command = sys.argv[4:]
    tls = context_of("-")
    tls.load_cert_chain(certificate, key)
    connection = http.client.HTTPSConnection(
        "127.0.0.1", int(os.environ["PORT"]), context=tls, timeout=30)

    def ask(which):
        connection.request("POST", "/accord/v1/release",
                           json.dumps({"dataset": which}),
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        told = json.loads(answer.read())
        return f"{answer.status} {told['code']}" if "code" in told \
            else str(answer.status)

    connection.connect()
    socket_before = connection.sock
    before = ask(dataset)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL,
                   env=dict(os.environ, SERIAL=serial_of(certificate)))
    began = time.monotonic()
    after = [ask(dataset), ask(other)]
    took = time.monotonic() - began
    if connection.sock not in (socket_before, None):
        print("another connection was made")
        return 1
    print(before, *after, sep=", ")
    return 0 if took < 1 else 1


if __name__ == "__main__":
    sys.exit(main())
