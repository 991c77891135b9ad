"""Invitations without end, from several clients, and what was acknowledged.

    stream.py LEDGER STOP   until the file STOP exists; a line NAME TAB LEAF
                            for every 201, after its answer has arrived whole
An answer that is neither 201 nor 503 ends the stream with an error; a broken
connection is opened again.
"""
import http.client
import json
import os
import sys
import threading
import time

from call import context_of

CLIENTS = 3
ledger, stop = sys.argv[1:]
lock = threading.Lock()
wrong = []
counts = {"201": 0, "503": 0, "broken": 0}


def connect(tls):
    return http.client.HTTPSConnection("127.0.0.1", int(os.environ["PORT"]),
                                       context=tls, timeout=60)


def invite(connection, name, out):
    connection.request("POST", "/accord/v1/invitations",
                       json.dumps({"name": name, "role": "reader"}),
                       {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    with lock:
        if answer.status == 201:
            leaf = json.loads(text)["receipt"]["leaf"]
            print(name, leaf, sep="\t", file=out, flush=True)
        elif answer.status != 503:
            wrong.append(f"{answer.status} {text[:200]!r}")
        counts[str(answer.status)] = counts.get(str(answer.status), 0) + 1
    if answer.status == 503:
        time.sleep(0.02)


def client(which, out):
    tls = context_of("admin")
    connection = connect(tls)
    number = 0
    while not os.path.exists(stop) and not wrong:
        number += 1
        try:
            invite(connection, f"guest {which}.{number}", out)
        except (OSError, http.client.HTTPException):
            with lock:
                counts["broken"] += 1
            connection.close()
            connection = connect(tls)
            time.sleep(0.02)
        time.sleep(0.01)
    connection.close()


with open(ledger, "w", encoding="ascii") as ledger_file:
    clients = [threading.Thread(target=client, args=(i, ledger_file))
               for i in range(CLIENTS)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
print("stream:", counts)
for each in wrong:
    print("FAILED: unexpected answer", each)
sys.exit(1 if wrong else 0)
