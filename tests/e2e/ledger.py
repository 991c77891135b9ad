"""Clients that write down what they were told, until they are stopped.

    ledger.py LEDGER STOP AGENT-PORT MEASUREMENT CONFIGURATION-HASH DATASET

Two invite people, one describes the dataset anew, two ask for its credential
again and again with a certificate each, one asks for a new certificate each
time. LEDGER gets one line of JSON per answer, once it is here; an answer that
broke off counts as a secret received if "wrapped" was in it. What is neither a
success nor a 503 ends all with an error; broken connections are opened again.
"""
import hashlib
import http.client
import json
import os
import ssl
import subprocess
import sys
import threading
import time

import vouched
from attest import Key as P256Key
from attest import pem_of, quote_for
from call import context_of

PAUSE = 0.01  # between a client's questions: load, not a measurement


class Wrong(Exception):
    """An answer that no kill explains."""


class Book:
    def __init__(self, path, stop):
        self.file = open(path, "w", encoding="ascii")
        self.stop, self.lock, self.wrong = stop, threading.Lock(), []
        self.counts = {}

    def write(self, what, **more):
        with self.lock:
            print(json.dumps({"what": what, **more}), file=self.file, flush=True)
            self.count(what)

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def open(self):
        return not self.wrong and not os.path.exists(self.stop)


class Caller:
    """A connection that is kept, and made anew when it broke."""

    def __init__(self, book, tls):
        self.book, self.tls, self.connection = book, tls, None

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def ask(self, method, path, body):
        """The answer to a success; None for 503 or a broken connection."""
        if not self.connection:
            self.connection = http.client.HTTPSConnection(
                "127.0.0.1", int(os.environ["PORT"]), context=self.tls, timeout=60)
        try:
            self.connection.request(method, path, json.dumps(body),
                                    {"Content-Type": "application/json"})
            answer = self.connection.getresponse()
            text = answer.read()
        except http.client.IncompleteRead as broken:
            self.broke(broken.partial)
            return None
        except (OSError, http.client.HTTPException):
            self.broke(b"")
            return None
        if answer.status in (200, 201):
            return json.loads(text)
        if answer.status != 503:
            raise Wrong(f"{method} {path}: {answer.status} {text[:300]!r}")
        self.book.count("503")
        time.sleep(PAUSE)
        return None

    def broke(self, partial):
        self.book.count("broken")
        if b'"wrapped"' in partial:
            self.received(partial)
        self.close()
        time.sleep(PAUSE)

    def received(self, partial):
        raise Wrong(f"a secret that nobody asked for: {partial[:100]!r}")


def invite(book, name):
    caller, number = Caller(book, context_of("admin")), 0
    while book.open():
        number += 1
        guest = f"{name}.{number}"
        told = caller.ask("POST", "/accord/v1/invitations",
                          {"name": guest, "role": "reader"})
        if told:
            book.write("change", action="invite", name=guest, receipt=told["receipt"])
        time.sleep(PAUSE)


def describe(book, dataset):
    caller, number = Caller(book, context_of("dana")), 0
    while book.open():
        number += 1
        told = caller.ask("PATCH", f"/accord/v1/datasets/{dataset}",
                          {"description": str(number)})
        if told:
            book.write("description", number=number, receipt=told["receipt"])
        time.sleep(PAUSE)


class Program(Caller):
    """A program's key, evidence and certificate."""

    def __init__(self, book, ask_for):
        super().__init__(book, context_of("-"))
        self.agent, self.measurement, configuration, self.dataset = ask_for
        self.configuration = bytes.fromhex(configuration)
        self.digest = None

    def evidence(self, key):
        spki = hashlib.sha256(key.spki).digest()
        bound = hashlib.sha256(b"\1" + spki + self.configuration).digest()
        return quote_for(int(self.agent), self.measurement,
                         bound + self.configuration)

    def certified(self, key, csr):
        """The leaf certificate's PEM, written down; None without one."""
        told = self.ask("POST", "/accord/v1/certificates", {"csr": csr})
        if not told:
            return None
        der = ssl.PEM_cert_to_DER_cert(
            pem_of(json.dumps(told)).split("-----END")[0] +
            "-----END CERTIFICATE-----\n")
        serial = subprocess.run(
            ("openssl", "x509", "-inform", "DER", "-noout", "-serial"), input=der,
            capture_output=True, check=True).stdout.decode().strip()
        self.digest = hashlib.sha256(der).hexdigest()
        self.book.write("certificate", serial=serial.partition("=")[2].lower(),
                        digest=self.digest, receipt=told["receipt"])
        return pem_of(json.dumps(told))

    def enrol(self):
        """Until there is a certificate for a key to which secrets are sealed."""
        chain = None
        while self.book.open() and not chain:
            name = f"ledger-{threading.get_ident()}-{time.monotonic_ns()}"
            key = vouched.Key(name, "RSA", "rsa_keygen_bits:3072",
                              vouched.RSA_SHA256)
            chain = self.certified(key, csr_of(key, self.evidence(key)))
        if not chain:
            return
        path = key.path + ".pem"
        with open(path, "w", encoding="ascii") as out:
            out.write(chain)
        self.close()
        self.tls = context_of("-")
        self.tls.load_cert_chain(path, key.path)
        self.key = key.path

    def received(self, partial):
        self.book.write("broken secret", certificate=self.digest)


def csr_of(key, quote):
    """attest.Key.request() for a key of another kind."""
    pair = vouched.der(0x30, vouched.der(0x30), vouched.der(0x04, quote))
    return key.request(attribute=vouched.attribute((2, 2, 2), pair))


def release(book, ask_for):
    program = Program(book, ask_for)
    program.enrol()
    while book.open():
        told = program.ask("POST", "/accord/v1/release",
                           {"dataset": program.dataset})
        if told:
            book.write("secret", certificate=program.digest, key=program.key,
                       wrapped=told["wrapped"], receipt=told["receipt"])
        time.sleep(PAUSE)


def certify(book, ask_for):
    program, number = Program(book, ask_for), 0
    while book.open():
        number += 1
        key = P256Key(f"certify-{number}")
        program.certified(key, key.request(program.evidence(key)))
        os.unlink(key.path)
        time.sleep(20 * PAUSE)


def run(book, work, *arguments):
    try:
        work(book, *arguments)
    except Exception as fault:  # whatever it is, the test must hear of it
        book.wrong.append(f"{work.__name__}: {type(fault).__name__}: {fault}")


def main():
    ledger, stop, *ask_for = sys.argv[1:]
    book = Book(ledger, stop)
    clients = [threading.Thread(target=run, args=each) for each in (
        (book, invite, "guest 1"), (book, invite, "guest 2"),
        (book, describe, ask_for[3]), (book, release, ask_for),
        (book, release, ask_for), (book, certify, ask_for))]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    print("clients:", book.counts)
    for each in book.wrong:
        print("FAILED:", each)
    return 1 if book.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
