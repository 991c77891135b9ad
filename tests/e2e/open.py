"""A connection that stays open is judged anew at each request.

    open.py WHO PATH COMMAND...

Asks for PATH with WHO's certificate until it has been answered, runs COMMAND,
and asks again over the same connection. Prints the statuses before and after,
and ends well when the second came within a second of the command's end.
"""
import http.client
import os
import subprocess
import sys
import time

from call import context_of


def main():
    who, path, *command = sys.argv[1:]
    connection = http.client.HTTPSConnection(
        "127.0.0.1", int(os.environ["PORT"]), context=context_of(who), timeout=30)

    def ask():
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    connection.connect()
    socket_before = connection.sock
    before = ask()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    began = time.monotonic()
    after = ask()
    took = time.monotonic() - began
    if connection.sock not in (socket_before, None):
        print("another connection was made")
        return 1
    print(before, after)
    return 0 if took < 1 else 1


if __name__ == "__main__":
    sys.exit(main())
