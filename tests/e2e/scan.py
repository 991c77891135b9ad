"""Where a text lies in clear: in a process's memory, in files.

A text counts as found as it is, in hexadecimal of either case, and in base64
whatever stands before it.
"""
import base64
import os

STEP = 1 << 24
UNREADABLE = ("[vvar]", "[vvar_vclock]", "[vsyscall]")


def forms(text):
    """What to look for: the text, as bytes, in each form."""
    raw = text.encode()
    out = [raw, raw.hex().encode(), raw.hex().upper().encode()]
    for before in range(3):
        # Only whole groups of 6 bits that no neighbour has a part in.
        encoded = base64.b64encode(b"\0" * before + raw)
        first = (before * 8 + 5) // 6
        out.append(encoded[first:(before + len(raw)) * 8 // 6])
    return out


def count(data, wanted):
    return sum(data.count(form) for form in wanted)


def mappings(pid):
    """(begin, end, name) of what can be read."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
        for line in maps:
            words = line.split(None, 5)
            begin, end = (int(n, 16) for n in words[0].split("-"))
            name = words[5].strip() if len(words) > 5 else "anonymous"
            if "r" not in words[1] or name in UNREADABLE:
                continue
            if name.startswith("/") and os.path.isfile(name):
                # Behind its end a mapped file has no memory.
                end = min(end, begin + max(
                    0, os.path.getsize(name) - int(words[2], 16)))
            yield begin, end, name


def in_process(pid, wanted):
    """{name of mapping: how often}, and how many bytes were looked at."""
    found, looked, overlap = {}, 0, max(len(form) for form in wanted) - 1
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for begin, end, name in mappings(pid):
            tail, at = b"", begin
            while at < end:
                try:
                    part = os.pread(memory.fileno(), min(STEP, end - at), at)
                except OSError:
                    break  # unmapped meanwhile
                if not part:
                    break
                hits = count(tail + part, wanted)
                if hits:
                    found[name] = found.get(name, 0) + hits
                looked += len(part)
                at += len(part)
                tail = part[-overlap:]
    return found, looked


def in_files(directory, wanted, but=()):
    """{path: how often} of all files below, except below those in `but`."""
    found, looked = {}, 0
    for where, folders, files in os.walk(directory):
        folders[:] = [f for f in folders if os.path.join(where, f) not in but]
        for name in files:
            path = os.path.join(where, name)
            if path in but or not os.path.isfile(path):
                continue
            with open(path, "rb") as f:
                data = f.read()
            looked += len(data)
            hits = count(data, wanted)
            if hits:
                found[path] = hits
    return found, looked
