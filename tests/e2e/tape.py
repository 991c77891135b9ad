"""A socket in front of accord-hsm's that keeps what passes: what a broker that
was taken over has seen.

    tape.py LISTEN TARGET TAPE

The tape is a row of records: ">" (to the HSM) or "<" (back), and one whole
frame as pkcs11/wire.h has it. Ends by SIGTERM.
"""
import os
import selectors
import signal
import socket
import sys


class Side:
    """One direction of one connection."""

    def __init__(self, mark, source, sink):
        self.mark, self.source, self.sink, self.held = mark, source, sink, b""

    def pass_on(self, tape):
        data = self.source.recv(65536)
        self.held += data
        while len(self.held) >= 4:
            end = 4 + int.from_bytes(self.held[:4], "big")
            if len(self.held) < end:
                break
            os.write(tape, self.mark + self.held[:end])
            self.held = self.held[end:]
        if data:
            self.sink.sendall(data)
        return bool(data)


def serve(listener, target, tape):
    watch = selectors.DefaultSelector()
    watch.register(listener, selectors.EVENT_READ, None)
    while True:
        for key, _ in watch.select():
            if key.data is None:
                near, _ = listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(target)
                watch.register(near, selectors.EVENT_READ, Side(b">", near, far))
                watch.register(far, selectors.EVENT_READ, Side(b"<", far, near))
                continue
            side = key.data
            try:
                alive = side.pass_on(tape)
            except OSError:
                alive = False
            if not alive:
                for end in (side.source, side.sink):
                    if end.fileno() >= 0:
                        watch.unregister(end)
                        end.close()
                break  # what select() said of these two is stale


def main():
    listen, target, path = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    tape = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(listen)
    listener.listen(4)
    serve(listener, target, tape)


if __name__ == "__main__":
    main()
