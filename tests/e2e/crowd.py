"""How many connections accordd lets one address, one certificate, and all have.

    crowd.py OPERATOR-PORT PER-ADDRESS PER-CERTIFICATE ALL

The three numbers are what it was configured with. Addresses are 127.0.0.x.
"""
import http.client
import json
import os
import socket
import sys
import time

from call import context_of

PORT = int(os.environ["PORT"])
PATIENCE = 10  # seconds for accordd to notice what a client has done


def check(what, good, seen=""):
    if not good:
        sys.exit(f"FAILED: {what}: {seen}")
    print(f"ok  {what}")


class Client:
    def __init__(self, address, who="-"):
        self.http = http.client.HTTPSConnection("127.0.0.1", PORT, timeout=5,
                                                context=context_of(who))
        self.http.source_address = (address, 0)
        self.http.connect()

    def ask(self, path="/accord/v1/log/head"):
        """(status, Retry-After, code); None where the connection is closed."""
        try:
            self.http.request("GET", path)
            answer = self.http.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            return None
        code = json.loads(text).get("code") if answer.status >= 400 else None
        return answer.status, answer.getheader("Retry-After"), code

    def close(self):
        self.http.close()


def let_in(address, who="-"):
    """A connection that is served, or None when it is not taken."""
    try:
        client = Client(address, who)
    except OSError:
        return None
    answer = client.ask()
    if answer is None or answer[0] != 200:
        client.close()
        return None
    return client


def eventually(what, attempt):
    end = time.monotonic() + PATIENCE
    while not (got := attempt()):
        check(what, time.monotonic() < end, "not within 10 s")
    print(f"ok  {what}")
    return got


def operator(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def per_address(most):
    mine = [let_in("127.0.0.1") for _ in range(most)]
    check(f"{most} connections of one address are served", all(mine))
    check("one more is not", let_in("127.0.0.1") is None)
    check("those that are open go on", mine[0].ask()[0] == 200)
    other = let_in("127.0.0.2")
    check("another address is served", other)
    mine.pop().close()
    mine.append(eventually("when one ends there is room for one",
                           lambda: let_in("127.0.0.1")))
    for each in mine + [other]:
        each.close()


def per_certificate(most):
    mine = [let_in(f"127.0.1.{n}", "dana") for n in range(1, most + 1)]
    check(f"{most} connections with one certificate are served", all(mine))
    late = Client("127.0.1.200", "dana")
    answer = late.ask()
    check("too many connections with this certificate are open", answer and answer[0] == 429 and
          answer[2] == "busy" and int(answer[1]) > 0, answer)
    check("and closed", late.ask() is None or late.http.sock is None)
    late.close()
    check("those that are open go on", mine[0].ask()[0] == 200)
    check("another certificate is served", let_in("127.0.1.201", "admin"))
    for each in mine:
        each.close()
    eventually("when they end there is room",
               lambda: let_in("127.0.1.202", "dana")).close()


def altogether(most, port):
    held = []
    for number in range(most):
        held.append(eventually_quiet(f"127.0.2.{number % 250 + 1}"))
    check("that many are served", all(held))
    late = socket.create_connection(("127.0.0.1", PORT), 5)
    status, text = operator(port, "/livez")
    check("the operator's listener answers", status == 200, status)
    status, text = operator(port, "/metrics")
    check("and counts them", f"accord_connections_open {most}" in text or
          f"accord_connections_open {most + 1}" in text, text)
    late.settimeout(0.5)
    try:
        late.sendall(b"\x16\x03\x01")
        waits = late.recv(1) is None
    except TimeoutError:
        waits = True
    check("whoever comes then waits", waits)
    late.close()
    for each in held:
        each.close()
    eventually("and is served once they have gone",
               lambda: let_in("127.0.0.3")).close()


def eventually_quiet(address):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        client = let_in(address)
        if client:
            return client
    return None


def large_body(address, size, whole):
    """A request with a body of that size: the connection, before its end."""
    client = Client(address)
    client.http.putrequest("POST", "/accord/v1/join")
    client.http.putheader("Content-Type", "application/json")
    client.http.putheader("Content-Length", str(size))
    client.http.endheaders()
    try:
        client.http.send(b" " * (size if whole else size - 1))
    except OSError:
        pass  # refused before its end, and said so
    return client


def status_of(client):
    try:
        answer = client.http.getresponse()
        text = answer.read().decode()
        return answer.status, answer.getheader("Retry-After"), text
    except (OSError, http.client.HTTPException) as broken:
        return None, None, str(broken)
    finally:
        client.close()


def memory(port):
    """With room for one MiB."""
    held = large_body("127.0.3.1", 700_000, False)
    eventually("what accordd holds of a large request is counted", lambda: int(
        operator(port, "/metrics")[1].partition("\naccord_input_bytes ")[2]
        .split()[0]) >= 699_999)

    def refused():
        status, later, text = status_of(large_body("127.0.3.2", 700_000, True))
        return (status == 503 and int(later) > 0 and
                "too many large requests are being received" in text)

    eventually("what is too much beside another is told to come later", refused)
    small = let_in("127.0.3.3")
    check("small requests have a place all the same", small)
    small.close()
    held.http.send(b" ")
    check("the first one is read to its end", status_of(held)[0] == 400)
    eventually("then there is room again", lambda: status_of(
        large_body("127.0.3.2", 700_000, True))[0] == 400)


def main():
    port, address, certificate, everything = (int(a) for a in sys.argv[1:])
    per_address(address)
    per_certificate(certificate)
    memory(port)
    eventually("all have gone", lambda: "accord_connections_open 1\n" in
               operator(port, "/metrics")[1])
    altogether(everything, port)
    refused = operator(port, "/metrics")[1]
    check("who was turned away is counted",
          "accord_connections_refused_total" in refused and
          "accord_connections_refused_total 0" not in refused, refused)


if __name__ == "__main__":
    main()
