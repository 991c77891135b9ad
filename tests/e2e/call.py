"""One request to the broker of the stage: call.py WHO METHOD PATH [JSON].

Prints "STATUS BODY", or "closed" when no answer came. WHO is a context
under $XDG_CONFIG_HOME/accord, or "-" for no client certificate.
"""
import http.client
import os
import ssl
import sys


def context_of(who):
    tls = ssl.create_default_context(cafile=os.environ["SCRATCH"] + "/hsm/ca.pem")
    if who != "-":
        at = os.environ["XDG_CONFIG_HOME"] + "/accord/" + who
        tls.load_cert_chain(at + "/certificate.pem", at + "/key.pem")
    return tls


def call(who, method, path, body=None, timeout=60):
    connection = http.client.HTTPSConnection(
        "127.0.0.1", int(os.environ["PORT"]), context=context_of(who), timeout=timeout)
    try:
        headers = {"Content-Type": "application/json"} if body else {}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def main():
    try:
        status, text = call(*sys.argv[1:])
    except (OSError, http.client.HTTPException):
        print("closed")
        return 1
    print(status, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
