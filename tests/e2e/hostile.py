"""Crafted bytes over TLS to the broker of the stage; each has one outcome.

An expectation is the list of statuses that come back, in order; every
connection whose last status is not of a good request must then be closed.
"""
import os
import socket
import ssl
import sys
import threading
import time

PORT = int(os.environ["PORT"])
SCRATCH = os.environ["SCRATCH"]
HEAD = b"/accord/v1/log/head"
HOST = b"Host: 127.0.0.1\r\n"
GOOD = b"GET " + HEAD + b" HTTP/1.1\r\n" + HOST + b"\r\n"
failures = []
ran = 0


def client(**options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(SCRATCH + "/hsm/ca.pem")
    if options.get("certificate"):
        context.load_cert_chain(*options["certificate"])
    if options.get("version"):
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = options["version"]
    return context


def connect(context=None, timeout=30):
    raw = socket.create_connection(("127.0.0.1", PORT), timeout=timeout)
    return (context or client()).wrap_socket(raw, server_hostname="127.0.0.1")


def receive(connection):
    """All that comes until the other end closes or is quiet for long."""
    answer = b""
    while True:
        try:
            more = connection.recv(65536)
        except (ssl.SSLEOFError, ConnectionError):
            return answer, True
        except TimeoutError:
            return answer, False
        if not more:
            return answer, True
        answer += more


def statuses(answer):
    """The statuses of whole answers; every one must be whole and framed."""
    found = []
    while answer:
        head, mark, rest = answer.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in lines[1:])
        length = int(fields[b"content-length"])
        assert mark and lines[0].startswith(b"HTTP/1.1 "), lines[0]
        assert len(rest) >= length, "an answer was cut short"
        found.append(int(lines[0].split()[1]))
        answer = rest[length:]
    return found


def send(data, pieces=1, wait=None):
    connection = connect(timeout=wait or 30)
    with connection:
        try:
            step = max(1, -(-len(data) // pieces))
            for at in range(0, len(data), step):
                connection.sendall(data[at:at + step])
        except (ssl.SSLError, ConnectionError):
            pass  # refused before all was sent: the answer tells
        return receive(connection)


def case(name, data, expected, pieces=1):
    """The statuses, and then the connection is closed. Requests that are
    good are followed by one that closes, so that nothing is waited for."""
    global ran
    ran += 1
    try:
        answer, closed = send(data, pieces)
        got = statuses(answer)
        if got != expected or not closed:
            failures.append(f"{name}: expected {expected}, got {got}"
                            f"{'' if closed else ', and left open'}")
    except (AssertionError, OSError, ValueError, KeyError) as e:
        failures.append(f"{name}: {e!r}")


def still_works(after):
    case("a normal request after " + after, LAST, [200])


def request(line=b"GET " + HEAD + b" HTTP/1.1", fields=HOST, body=b""):
    return line + b"\r\n" + fields + b"\r\n" + body


LAST = request(fields=HOST + b"Connection: close\r\n")


def post(fields, body=b"{}"):
    return request(b"POST /accord/v1/join HTTP/1.1",
                   HOST + b"Content-Type: application/json\r\n" + fields, body)


def lengths():
    smuggled = GOOD
    for name, fields, status in [
            ("two equal Content-Lengths", b"Content-Length: 2\r\n" * 2, 400),
            ("two different Content-Lengths",
             b"Content-Length: 2\r\nContent-Length: 40\r\n", 400),
            ("a list of lengths", b"Content-Length: 2, 2\r\n", 400),
            ("a signed length", b"Content-Length: +2\r\n", 400),
            ("a negative length", b"Content-Length: -2\r\n", 400),
            ("a hexadecimal length", b"Content-Length: 0x2\r\n", 400),
            ("a padded length", b"Content-Length: 02\r\n", 400),
            ("a length with a blank in it", b"Content-Length: 2 2\r\n", 400),
            ("an empty length", b"Content-Length:\r\n", 400),
            ("a length with a tail", b"Content-Length: 2;\r\n", 400),
            ("a length of 2^64 + 2", b"Content-Length: 18446744073709551618\r\n", 413),
            ("a length of 10^30", b"Content-Length: 1" + b"0" * 30 + b"\r\n", 413),
            ("a body of one byte too many", b"Content-Length: 1048577\r\n", 413),
            ("a length and chunks",
             b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", 411),
            ("chunks and a length",
             b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", 411),
            ("chunks alone", b"Transfer-Encoding: chunked\r\n", 411),
            ("an unknown coding", b"Transfer-Encoding: xchunked\r\n", 411),
            ("identity", b"Transfer-Encoding: identity\r\n", 411),
            ("two codings", b"Transfer-Encoding: gzip, chunked\r\n", 411),
            ("chunked in odd letters", b"tRANSFER-eNCODING: cHUNKED\r\n", 411),
            ("an expectation", b"Content-Length: 2\r\nExpect: 100-continue\r\n", 417)]:
        case(name, post(fields) + smuggled, [status])
    case("a GET with a body", request(
        fields=HOST + b"Content-Length: 5\r\n", body=b"hello") + smuggled, [400])
    case("a DELETE with a body", request(
        b"DELETE /accord/v1/log/head HTTP/1.1",
        HOST + b"Content-Length: 5\r\n", b"hello") + smuggled, [400])
    case("a length of nothing", request(
        fields=HOST + b"Content-Length: 0\r\n") + LAST, [200, 200])


def fields():
    for name, field in [
            ("a folded field", b"X-A: 1\r\n 2\r\n"),
            ("a field folded by a tab", b"X-A: 1\r\n\t2\r\n"),
            ("a fold before any field", None),
            ("a blank before the colon", b"X-A : 1\r\n"),
            ("a length with a blank before the colon", b"Content-Length : 0\r\n"),
            ("a nameless field", b": 1\r\n"),
            ("a line without colon", b"nothing\r\n"),
            ("a line feed alone", b"X-A: 1\nX-B: 2\r\n"),
            ("a carriage return alone", b"X-A: 1\rX-B: 2\r\n"),
            ("two carriage returns", b"X-A: 1\r\r\n"),
            ("NUL in a value", b"X-A: 1\0\r\n"),
            ("NUL in a name", b"X\0A: 1\r\n"),
            ("DEL in a value", b"X-A: \x7f\r\n"),
            ("bytes that are not ASCII", b"X-A: \xc3\xa9\r\n"),
            ("two Hosts", b"Host: elsewhere\r\n"),
            ("two Content-Types", b"Content-Type: a/b\r\n" * 2),
            ("two Authorizations", b"Authorization: a\r\n" * 2)]:
        data = HOST + field if field is not None else b" X-A: 1\r\n" + HOST
        case(name, request(fields=data) + GOOD, [400])
    case("no Host", request(fields=b"") + GOOD, [400])
    case("an empty Host", request(fields=b"Host:\r\n") + GOOD, [400])
    case("a Host with a path", request(fields=b"Host: a/b\r\n") + GOOD, [400])
    case("a Host with a user", request(fields=b"Host: me@a\r\n") + GOOD, [400])
    case("bare line feeds only", GOOD.replace(b"\r\n", b"\n"), [400])
    case("65 fields", request(fields=HOST + b"X-A: 1\r\n" * 64) + GOOD, [431])
    case("64 fields", request(
        fields=HOST + b"X-A: 1\r\n" * 62 + b"Connection: close\r\n"), [200])
    case("a head of 17 KiB", request(
        fields=HOST + b"X-A: " + b"a" * 17000 + b"\r\n"), [431])
    case("a head without end", b"GET / HTTP/1.1\r\nX-A: " + b"a" * 60000, [431])


def lines():
    head = HEAD
    for name, line, status in [
            ("HTTP/1.0", b"GET " + head + b" HTTP/1.0", 505),
            ("HTTP/2.0", b"GET " + head + b" HTTP/2.0", 505),
            ("HTTP/1.2", b"GET " + head + b" HTTP/1.2", 505),
            ("a long version", b"GET " + head + b" HTTP/1.1999999999", 400),
            ("HTTP/0.9", b"GET " + head, 400),
            ("http in small letters", b"GET " + head + b" http/1.1", 400),
            ("an absolute target", b"GET https://127.0.0.1" + head + b" HTTP/1.1", 400),
            ("another host's target", b"GET http://elsewhere/ HTTP/1.1", 400),
            ("a target that is *", b"GET * HTTP/1.1", 400),
            ("an authority target", b"GET elsewhere:443 HTTP/1.1", 400),
            ("two blanks", b"GET  " + head + b" HTTP/1.1", 400),
            ("a tab", b"GET\t" + head + b" HTTP/1.1", 400),
            ("a leading blank", b" GET " + head + b" HTTP/1.1", 400),
            ("a trailing blank", b"GET " + head + b" HTTP/1.1 ", 400),
            ("dot segments", b"GET /accord/../accord/v1/log/head HTTP/1.1", 400),
            ("encoded dot segments", b"GET /accord/%2e%2e/v1/log/head HTTP/1.1", 400),
            ("an encoded slash", b"GET /accord%2fv1/log/head HTTP/1.1", 400),
            ("an encoded NUL", b"GET /accord/v1/log/head%00 HTTP/1.1", 400),
            ("a broken escape", b"GET /accord/v1/log/%zz HTTP/1.1", 400),
            ("a backslash", b"GET /accord\\v1 HTTP/1.1", 400),
            ("a fragment", b"GET " + head + b"#x HTTP/1.1", 400),
            ("NUL in the target", b"GET /\0 HTTP/1.1", 400),
            ("HEAD", b"HEAD " + head + b" HTTP/1.1", 405),
            ("OPTIONS", b"OPTIONS " + head + b" HTTP/1.1", 405),
            ("TRACE", b"TRACE " + head + b" HTTP/1.1", 405),
            ("CONNECT", b"CONNECT elsewhere:443 HTTP/1.1", 405),
            ("an unknown method", b"FOO " + head + b" HTTP/1.1", 501),
            ("a method in small letters", b"get " + head + b" HTTP/1.1", 501),
            ("no method", b" " + head + b" HTTP/1.1", 400),
            ("the preface of HTTP/2", b"PRI * HTTP/2.0", 505),
            ("a request line of 9 KiB", b"GET /" + b"a" * 9000 + b" HTTP/1.1", 414)]:
        case(name, request(line) + GOOD, [status])
    case("HEAD with a request for a body", request(
        b"HEAD " + head + b" HTTP/1.1",
        HOST + b"Content-Length: %d\r\n" % len(GOOD), GOOD), [405])
    case("an empty line first", b"\r\n" + GOOD, [400])
    case("no HTTP at all", b"\x16\x03\x01" + os.urandom(64), [400])


def octets():
    """Every byte that is not printable, and every separator, wherever a
    byte stands: a request is refused, or reads in one way only."""
    strange = [bytes([b]) for b in (*range(33), 127, 128, 160, 255)]
    blank = (b"\t", b" ")
    for byte in strange:
        name = f"byte {byte[0]:#04x} in"
        case(f"{name} a field's name", request(
            fields=HOST + b"X" + byte + b"A: 1\r\n") + GOOD, [400])
        value = request(fields=HOST + b"X-A: 1" + byte + b"2\r\n")
        case(f"{name} a value", value + LAST if byte in blank else value + GOOD,
             [200, 200] if byte in blank else [400])
        case(f"{name} a target", request(
            b"GET /accord/v1/log" + byte + b"head HTTP/1.1") + GOOD, [400])
        case(f"{name} a version", request(
            b"GET " + HEAD + b" HTTP/1" + byte + b"1") + GOOD, [400])
        case(f"{name} a method", request(
            b"G" + byte + b"ET " + HEAD + b" HTTP/1.1") + GOOD, [400])
        case(f"{name} a length", post(
            b"Content-Length: 2" + byte + b"2\r\n") + GOOD, [400])
        case(f"{name} a Host", request(
            fields=b"Host: a" + byte + b"b\r\n") + GOOD, [400])
    for byte in b'()<>@,;\\"/[]?={}':
        case(f"{byte:c} in a field's name", request(
            fields=HOST + b"X" + bytes([byte]) + b"A: 1\r\n") + GOOD, [400])


def routes():
    # Refused by what they mean, not how they are written: kept open.
    for name, data, status in [
            ("an unknown path", request(b"GET /nowhere HTTP/1.1"), 404),
            ("another method's path", request(b"DELETE " + HEAD + b" HTTP/1.1"), 405),
            ("a list for nobody", request(b"GET /accord/v1/people HTTP/1.1"), 401),
            ("a release for nobody", request(
                b"POST /accord/v1/release HTTP/1.1", HOST +
                b"Content-Type: application/json\r\nContent-Length: 2\r\n", b"{}"), 401),
            ("metrics, which are the operator's", request(b"GET /metrics HTTP/1.1"), 404),
            ("no JSON", post(b"Content-Length: 3\r\n", b"{,}"), 400),
            ("a doubled member", post(b"Content-Length: 13\r\n", b'{"a":1,"a":2}'), 400),
            ("JSON of 3,000 levels", post(b"Content-Length: 6000\r\n",
                                          b"[" * 3000 + b"]" * 3000), 400),
            ("a body of another type", request(
                b"POST /accord/v1/join HTTP/1.1", HOST +
                b"Content-Type: text/plain\r\nContent-Length: 2\r\n", b"{}"), 400)]:
        case(name, data + LAST, [status, 200])


def pipelines():
    case("40 requests at once", GOOD * 39 + LAST, [200] * 40)
    nowhere = request(b"GET /nowhere HTTP/1.1")
    case("answers in the order of the requests",
         (GOOD + nowhere + GOOD) * 5 + LAST, [200, 404, 200] * 5 + [200])
    case("nothing behind a refused request is read",
         GOOD + request(fields=b"") + GOOD * 3, [200, 400])
    case("nothing behind a closing request is read", LAST + GOOD, [200])
    case("a request byte by byte", LAST, [200], pieces=len(LAST))
    case("two requests cut in seven", GOOD + LAST, [200, 200], pieces=7)


def hang_ups():
    """They answer nothing; that the broker lives is the next request's."""
    global ran
    for data in (b"", b"GET ", GOOD[:-1], post(b"Content-Length: 100\r\n"), GOOD * 50):
        for abruptly in (False, True):
            ran += 1
            connection = connect()
            connection.sendall(data)
            if abruptly:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                      b"\1\0\0\0\0\0\0\0")
            connection.close()
    raw = socket.create_connection(("127.0.0.1", PORT), timeout=30)
    raw.sendall(GOOD)  # no TLS at all
    if b"HTTP/1.1 200" in receive(raw)[0]:
        failures.append("a request without TLS was answered")
    raw.close()


def drip(connection, data, least, most, what):
    """A byte a second moves no deadline: the other end closes between
    `least` and `most` seconds after the first."""
    global ran
    ran += 1
    connection.settimeout(1)
    began = time.monotonic()
    sent = 0
    while time.monotonic() - began < most + 10:
        try:
            connection.sendall(data[sent:sent + 1])
            sent += 1
            if not connection.recv(65536):
                break
        except TimeoutError:
            continue
        except (ssl.SSLError, ConnectionError):
            break
    took = time.monotonic() - began
    connection.close()
    if not least <= took <= most:
        failures.append(f"{what} was ended after {took:.1f} s")


def raw_connection():
    return socket.create_connection(("127.0.0.1", PORT), timeout=30)


def client_hello():
    out = ssl.MemoryBIO()
    tls = client().wrap_bio(ssl.MemoryBIO(), out, server_hostname="127.0.0.1")
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


def after_one_request():
    connection = connect()
    connection.sendall(GOOD)
    assert statuses(connection.recv(65536)) == [200]
    return connection


# What drips, and from when to when it must end: 5, 10, 30 and 60 seconds.
SLOW = [("a silent handshake", raw_connection, lambda: b"", 4, 9),
        ("a slow handshake", raw_connection, client_hello, 4, 9),
        ("a slow head", connect, lambda: GOOD, 9, 14),
        ("a slow second head", after_one_request, lambda: GOOD, 9, 14),
        ("a slow body", connect,
         lambda: post(b"Content-Length: 500\r\n", b"{" + b" " * 400), 29, 35),
        ("an idle connection", after_one_request, lambda: b"", 58, 66)]


def slow(what, opened, data, least, most):
    try:
        connection, bytes_ = opened(), data()
        if what == "a slow body":  # its head at once
            head, mark, bytes_ = bytes_.partition(b"\r\n\r\n")
            connection.sendall(head + mark)
        drip(connection, bytes_, least, most, what)
    except Exception as e:
        failures.append(f"{what}: {e!r}")


def handshakes():
    global ran

    def refused(name, word, **options):
        global ran
        ran += 1
        try:
            with connect(client(**options)) as connection:
                # With 1.3 the alert comes after our part of the handshake;
                # what we would send now could reset it away.
                answer = connection.recv(4096)
            failures.append(f"{name}: no alert, but {answer[:30]!r}")
        except OSError as e:
            if word not in str(e):
                failures.append(f"{name}: refused, but by {e}")

    version = ssl.TLSVersion
    refused("TLS 1.1", "PROTOCOL_VERSION", version=version.TLSv1_1)
    refused("TLS 1.0", "PROTOCOL_VERSION", version=version.TLSv1)
    for v in (version.TLSv1_2, version.TLSv1_3):
        for who in (None, "admin"):
            pair = who and tuple(os.environ["XDG_CONFIG_HOME"] + "/accord/admin/" + f
                                 for f in ("certificate.pem", "key.pem"))
            ran += 1
            context = client(version=v, certificate=pair)
            with connect(context) as connection:
                connection.sendall(LAST)
                if statuses(receive(connection)[0]) != [200]:
                    failures.append(f"{v.name}: no answer")
                session = connection.session
                name = connection.cipher()[0]
            if "GCM" not in name and "CHACHA20" not in name:
                failures.append(f"{v.name}: {name} is no AEAD")
            if session is not None and session.has_ticket:
                failures.append(f"{v.name}: a ticket was given")
            if session is not None and v == version.TLSv1_2:
                raw = socket.create_connection(("127.0.0.1", PORT), timeout=30)
                with context.wrap_socket(raw, server_hostname="127.0.0.1",
                                         session=session) as again:
                    if again.session_reused:
                        failures.append("a session was resumed")
    other = (SCRATCH + "/other.pem", SCRATCH + "/other.key")
    for v in (version.TLSv1_2, version.TLSv1_3):
        refused(f"{v.name} with another CA's certificate", "UNKNOWN_CA",
                version=v, certificate=other)


def main():
    threads = [threading.Thread(target=slow, args=row) for row in SLOW]
    for thread in threads:
        thread.start()
    for batch in (lengths, fields, lines, octets, routes, pipelines, hang_ups,
                  handshakes):
        try:
            batch()
        except Exception as e:  # the batch's name is worth more than its trace
            failures.append(f"{batch.__name__}: {e!r}")
        still_works(batch.__name__)
    for thread in threads:
        thread.join()
    still_works("all slow clients")
    for failure in failures:
        print("FAILED:", failure)
    print(f"{ran} cases, {len(failures)} failures")
    return 1 if failures or ran < 300 else 0


if __name__ == "__main__":
    sys.exit(main())
