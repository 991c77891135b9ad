"""The product's own clients, byte by byte, against a running accordd.

What em-cli 0.1.0 (em-client 2), em-client 4 and the cookie scripts send is
written out here as they send it: header fields and bodies included. PORT and
SCRATCH come from the environment.
"""
import base64
import glob
import hashlib
import json
import os
import re
import socket
import ssl
import sys
import time

port = int(os.environ["PORT"])
scratch = os.environ["SCRATCH"]
here = os.path.dirname(os.path.abspath(__file__))
examples = os.path.join(here, "../../../shared/examples")
HOST = f"127.0.0.1:{port}"


def check(what, good, seen=""):
    if not good:
        sys.exit(f"FAILED: {what}: {seen}")
    print(f"ok  {what}")


def connect(version=None, name="nodes.localhost", certificate=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(f"{scratch}/root.pem")
    context.check_hostname = False
    if version:
        context.minimum_version = context.maximum_version = version
    if certificate:
        context.load_cert_chain(*certificate)
    plain = socket.create_connection(("127.0.0.1", port), 20)
    return context.wrap_socket(plain, server_hostname=name)


def read_answer(sock):
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        if not more:
            sys.exit(f"FAILED: closed within a head: {data!r}")
        data += more
    head, body = data.split(b"\r\n\r\n", 1)
    lines = head.decode().split("\r\n")
    status = int(lines[0].split(" ")[1])
    fields = {k.lower(): v for k, v in (l.split(": ", 1) for l in lines[1:])}
    length = int(fields.get("content-length", 0))
    while len(body) < length:
        body += sock.recv(65536)
    check_length = len(body) == length
    if not check_length:
        sys.exit(f"FAILED: stray bytes behind the answer: {body!r}")
    return status, fields, body


class Client:
    """One kept-alive connection, as hyper 0.10 pools it."""

    def __init__(self, **how):
        self.sock = connect(**how)

    def send(self, method, path, fields=(), body=None):
        text = f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\n"
        text += "".join(f"{f}\r\n" for f in fields)
        if method != "GET":
            text += f"Content-Length: {len(body or '')}\r\n"
        self.sock.sendall((text + "\r\n" + (body or "")).encode())
        return read_answer(self.sock)


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def mails():
    return sorted(glob.glob(f"{scratch}/store/outbox/*.eml"))


def token_of(mail, name):
    return re.search(name + r"_token: (\w+)", open(mail).read())[1]


JSON = "Content-Type: application/json"

# --- what a value must be ----------------------------------------------------

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


def like(sample, value, where=""):
    """`value` has the members of `sample`, of their types."""
    if isinstance(sample, dict):
        for name, inner in sample.items():
            if not isinstance(value, dict) or name not in value:
                return f"{where}.{name} is missing"
            fault = like(inner, value[name], f"{where}.{name}")
            if fault:
                return fault
        return None
    if isinstance(sample, list):
        if not isinstance(value, list):
            return f"{where} is no list"
        if sample and value:
            return like(sample[0], value[0], f"{where}[0]")
        return None
    if type(sample) is not type(value):
        return f"{where} is {value!r}"
    if isinstance(sample, str) and re.match(UUID, sample) and \
            not re.match(UUID, value):
        return f"{where} is no UUID: {value}"
    return None


SAMPLES = {}


def sample(number, value, without=()):
    """The answer has what the example has, but for what is optional there
    and cannot be here."""
    if not os.path.isdir(examples):
        return
    file = glob.glob(f"{examples}/{number:02}_*.json")[0]
    wanted = json.load(open(file))
    for member in without:
        node = wanted
        *way, last = member.split(".")
        for step in way:
            node = node[int(step)] if step.isdigit() else node[step]
        del node[last]
    fault = like(wanted, value)
    check(f"as {os.path.basename(file)}", fault is None, fault)
    SAMPLES[number] = True


def request_sample(number, change=None):
    """The example's own body, with what must be unique changed."""
    if os.path.isdir(examples):
        body = json.load(open(glob.glob(f"{examples}/{number:02}_*.json")[0]))
        SAMPLES[number] = True
    else:
        body = {}
    body.update(change or {})
    return compact(body)


# --- em-cli, command by command ----------------------------------------------

def em_cli():
    c = Client()
    check("TLS 1.3 is spoken", c.sock.version() == "TLSv1.3")
    status, _, body = c.send(
        "POST", "/v1/users", [JSON],
        request_sample(2, {"user_email": "owner@example.com",
                           "user_password": "password123"}))
    check("em-cli user create", status == 201, body)
    user = json.loads(body)
    check("a user has an id and an address",
          re.match(UUID, user["user_id"]) and
          user["user_email"] == "owner@example.com")

    basic = base64.b64encode(b"owner@example.com:password123").decode()
    status, fields, body = c.send("POST", "/v1/sys/auth",
                                  [f"Authorization: Basic {basic}"])
    check("em-cli user login", status == 200, body)
    check("no cookie comes unasked", "set-cookie" not in fields)
    answer = json.loads(body)
    sample(1, answer)
    bearer = [f"Authorization: Bearer {answer['access_token']}"]

    # each command is a process, so a connection, of its own
    status, _, body = Client().send("GET", "/v1/accounts", bearer)
    check("em-cli account list, still empty",
          status == 200 and json.loads(body) == {"items": []}, body)
    status, _, body = Client().send(
        "POST", "/v1/accounts", bearer + [JSON], request_sample(
            9, {"name": "testaccount"}))
    check("em-cli account create", status == 200, body)
    account = json.loads(body)
    sample(7, account)
    status, fields, body = Client().send(
        "POST", f"/v1/accounts/select_account/{account['acct_id']}", bearer)
    check("em-cli account select: 200 and nothing",
          status == 200 and fields["content-length"] == "0" and not body,
          (status, fields))
    status, _, body = Client().send("GET", "/v1/accounts", bearer)
    sample(8, json.loads(body))
    status, _, body = Client().send("GET", "/v1/zones", bearer)
    zones = json.loads(body)
    check("em-cli zone list: a bare array",
          status == 200 and len(zones) == 1 and
          zones[0]["acct_id"] == account["acct_id"], body)
    sample(13, zones)
    zone = zones[0]["zone_id"]
    check("the zone's certificate is the root",
          zones[0]["certificate"] == open(f"{scratch}/root.pem").read())
    status, _, body = Client().send("GET", f"/v1/zones/{zone}", bearer)
    check("em-cli zone get", status == 200 and json.loads(body) == zones[0])
    sample(12, json.loads(body))
    status, _, body = Client().send("GET", f"/v1/zones/{zone}/token", bearer)
    check("em-cli zone get-join-token", status == 200, body)
    sample(14, json.loads(body))
    join = json.loads(body)["token"]
    status, _, body = Client().send("GET", "/v1/nodes", bearer)
    check("em-cli node list, still empty",
          status == 200 and json.loads(body)["items"] == [], body)
    return account, user, join, zone, bearer


# --- em-cli: apps, images, tasks ----------------------------------------------

MARK = "EDP ENCLAVE APP - 5f42a1ee280cf158490a8"  # how em-cli marks its apps


def command(what, method, path, bearer, body=None):
    """One em-cli command: a process, so a connection, of its own."""
    fields = bearer + ([JSON] if body else [])
    status, head, text = Client().send(method, path, fields, body)
    check(f"em-cli {what}", status == 200, (status, text))
    return json.loads(text) if text else head


def approve(task, bearer):
    result = command("task update TASK approved", "PATCH", f"/v1/tasks/{task}",
                     bearer, request_sample(25, {"status": "APPROVED"}))
    check("the task has succeeded",
          result["task_status"]["status"] == "SUCCESS", result)
    sample(26, result)


def em_cli_app(bearer):
    app = command("app create", "POST", "/v1/apps", bearer, request_sample(
        15, {"name": "testapp", "input_image_name": MARK,
             "output_image_name": MARK, "isvprodid": 0, "isvsvn": 0,
             "mem_size": 1024, "threads": 128,
             "allowed_domains": ["localhost"]}))
    check("its domain waits", app["domains_added"] == ["localhost"] and
          app["whitelisted_domains"] == [], app)
    sample(16, app)
    [task] = command("task list", "GET", "/v1/tasks", bearer)["items"]
    check("for its task", task["task_id"] == app["pending_task_id"] and
          task["entity_id"] == app["app_id"] and
          task["status"]["status"] == "INPROGRESS", task)
    task = command("task get", "GET", f"/v1/tasks/{task['task_id']}", bearer)
    sample(23, task)
    approve(task["task_id"], bearer)
    listed = command("app list", "GET", "/v1/apps", bearer)
    sample(17, listed, ["items.0.pending_task_id"])
    check("the domain is whitelisted",
          "localhost" in listed["items"][0]["whitelisted_domains"] and
          listed["items"][0]["domains_added"] == [], listed)
    app = command("app update --allowed-domains", "PATCH",
                  f"/v1/apps/{app['app_id']}", bearer, request_sample(
                      18, {"allowed_domains": ["localhost", "b.example"]}))
    check("a further domain waits", app["domains_added"] == ["b.example"], app)
    result = command("task update TASK denied", "PATCH",
                     f"/v1/tasks/{app['pending_task_id']}", bearer,
                     compact({"status": "DENIED"}))
    check("and is dropped", result["task_status"]["status"] == "DENIED")
    return app["app_id"]


def em_cli_build(app, bearer):
    body = request_sample(19, {
        "mrenclave": "ef" * 32, "mrsigner": "ac" * 32, "isvprodid": 0,
        "isvsvn": 0, "app_id": app})
    build = command("build create", "POST", "/v1/builds", bearer, body)
    sample(20, build, ["configs"])
    check("the image waits", build["status"]["status"] == "PENDING", build)
    approve(build["pending_task_id"], bearer)
    [build] = command("build list", "GET", "/v1/builds", bearer)["items"]
    check("the image is whitelisted",
          build["status"]["status"] == "WHITELISTED" and
          build["enclave_info"]["mrenclave"] == "ef" * 32 and
          build["app_name"] == "testapp", build)
    status, _, text = Client().send("POST", "/v1/builds", bearer + [JSON], body)
    check("the same MRENCLAVE again is refused",
          status == 400 and json.loads(text)["code"] == "UNIQUE_VIOLATION",
          text)
    fields = command("build delete", "DELETE",
                     f"/v1/builds/{build['build_id']}", bearer)
    check("em-client 2 gets 200 and nothing",
          fields["content-length"] == "0", fields)
    listed = command("build list, empty again", "GET", "/v1/builds", bearer)
    check("the image is gone", listed["items"] == [], listed)


# --- a node, as an agent enrols it -------------------------------------------

def node(join, bearer):
    csr = open(f"{scratch}/node.csr").read()
    body = json.loads(request_sample(52, {}) or "{}")
    body.update(name="node-1", ipaddress="127.0.0.1", sgx_version="2")
    body["attestation_request"] = {"ias_quote": "AAAA", "csr": csr,
                                   "attestation_type": "DCAP"}
    status, _, answer = Client().send(
        "POST", "/v1/nodes", [f"Authorization: Bearer {join}", JSON],
        compact(body))
    check("a node enrols with the join token", status == 200, answer)
    result = json.loads(answer)
    check("as a task that has succeeded",
          result["task_type"] == "NODE_ATTESTATION" and
          result["task_status"]["status"] == "SUCCESS", answer)
    open(f"{scratch}/node.pem", "w").write(result["certificate"])
    agent = Client(certificate=(f"{scratch}/node.pem", f"{scratch}/node.key"))
    status, _, answer = agent.send(
        "POST", "/v1/node/status", [JSON],
        request_sample(53, {"name": "node-1", "ipaddress": "127.0.0.1",
                            "sgx_version": "2"}))
    check("the node reports with its certificate", status == 200, answer)
    sample(54, json.loads(answer))
    status, _, answer = Client().send("GET", "/v1/nodes", bearer)
    check("em-cli node list", status == 200, answer)
    optional = ["status.last_seen_version", "attested_at", "apps"]
    sample(56, json.loads(answer), [f"items.0.{m}" for m in optional])
    status, _, answer = Client().send(
        "GET", f"/v1/nodes/{result['node_id']}", bearer)
    sample(55, json.loads(answer), optional)


# --- em-client 4 and the cookie scripts --------------------------------------

def em_client_4(account):
    c = Client(version=ssl.TLSVersion.TLSv1_2)  # Mbed TLS 2.28 has no 1.3
    check("TLS 1.2 is spoken", c.sock.version() == "TLSv1.2")
    basic = base64.b64encode(b"owner@example.com:password123").decode()
    status, _, body = c.send("POST", "/v1/sys/auth",
                             [f"Authorization: Basic {basic}", JSON])
    check("em-client 4 logs in", status == 200, body)
    bearer = [f"Authorization: Bearer {json.loads(body)['access_token']}"]
    status, fields, body = c.send(
        "POST", f"/v1/accounts/select_account/{account}", bearer + [JSON])
    check("its answers without a body are 204, without a length",
          status == 204 and "content-length" not in fields, (status, fields))
    status, _, body = c.send("GET", "/v1/users", bearer)
    sample(4, json.loads(body),
           [f"items.0.{m}" for m in ("first_name", "last_name")])
    status, _, body = c.send("GET", "/v1/user", bearer)
    sample(3, json.loads(body), ["first_name", "last_name"])
    status, _, body = c.send("GET", "/v1/sys/version")
    sample(60, json.loads(body))
    status, _, body = c.send("GET", "/v1/nothing", bearer)
    check("an error is an Event", status == 404, status)
    sample(61, json.loads(body))
    return bearer


def configurations(bearer, zone):
    """em-client 4's own calls, on one connection."""
    c = Client(version=ssl.TLSVersion.TLSv1_2)
    status, _, body = c.send(
        "POST", "/v1/app_configs", bearer + [JSON],
        compact({"name": "cfg", "app_config": {}, "ports": []} |
                json.loads(request_sample(32, {"zone": {"id": zone}}))))
    check("an application configuration is made", status == 200, body)
    made = json.loads(body)
    sample(33, made)
    path = f"/v1/app_configs/{made['config_id']}"
    status, _, body = c.send("GET", "/v1/runtime" + path[3:], bearer)
    told = json.loads(body)["config"]
    text = json.dumps({name: told[name] for name in
                       ("app_config", "labels", "zone_ca")},
                      separators=(",", ":"), ensure_ascii=False)
    check("its id is the hash of what programs are told",
          hashlib.sha256(text.encode()).hexdigest() == made["config_id"], body)
    status, _, body = c.send("GET", "/v1/app_configs", bearer)
    sample(34, json.loads(body))
    status, _, body = c.send("PATCH", path, bearer + [JSON],
                             request_sample(35, {"name": "cfg2"}))
    check("its name changes, not its id", status == 200 and
          json.loads(body)["config_id"] == made["config_id"] and
          json.loads(body)["name"] == "cfg2", body)
    status, _, body = c.send("DELETE", path, bearer)
    check("and it goes", status == 204 and not body, (status, body))
    status, _, body = c.send(
        "POST", "/v1/datasets", bearer + [JSON],
        request_sample(28, {"name": "Input", "location": "https://x.example",
                            "credentials": {"contents": "YQ=="}}))
    check("no credential comes in clear unless the HSM's configuration says so",
          status == 403 and "ccm.plain_paths" in json.loads(body)["message"],
          body)
    status, _, body = c.send("GET", "/v1/datasets", bearer)
    check("and no dataset is there", json.loads(body)["items"] == [], body)


def cookie_scripts(account):
    c = Client()
    basic = base64.b64encode(b"owner@example.com:password123").decode()
    csrf = "X-CSRF-Header: true"
    prefix = "/api/v1/confidential_computing"
    status, fields, body = c.send(
        "POST", f"{prefix}/sys/auth", [f"Authorization: Basic {basic}", csrf])
    check("a script logs in for a cookie", status == 200, body)
    answer = json.loads(body)
    check("and gets no token beside it", "access_token" not in answer and
          "subject_id" in answer["session_info"], body)
    cookie = "Cookie: " + fields["set-cookie"].split(";")[0]
    status, _, body = c.send("POST", f"{prefix}/sys/session/refresh",
                             [cookie, csrf])
    check("it refreshes before every request", status == 200, body)
    sample(11, json.loads(body))
    status, _, body = c.send(
        "POST", f"{prefix}/sys/session/select_account/{account}",
        [cookie, csrf])
    check("and selects with 200 and JSON", status == 200, body)
    sample(10, json.loads(body))
    status, _, body = c.send("GET", f"{prefix}/zones", [cookie, csrf])
    check("the session has an account", status == 200, body)
    status, _, body = c.send("GET", f"{prefix}/zones", [cookie])
    check("a cookie alone is nothing", status == 403, body)
    return


# --- invitation, in three people's hands -------------------------------------

def invitation(account, bearer):
    c = Client()
    for mail in mails():
        os.unlink(mail)
    status, _, body = c.send(
        "POST", "/v1/users/invite", bearer + [JSON],
        request_sample(5, {"user_email": "data@example.com",
                           "roles": ["WRITER"]}))
    check("a manager invites", status == 201, body)
    guest = json.loads(body)["user_id"]
    [mail] = mails()
    check("the mail is for its user and group only",
          os.stat(mail).st_mode & 0o777 == 0o640, oct(os.stat(mail).st_mode))
    status, _, body = c.send(
        "POST", f"/v1/users/{guest}/reset_password", [JSON],
        compact({"reset_token": token_of(mail, "reset"),
                 "new_password": "another password"}))
    check("the guest sets a password", status == 204, body)
    basic = base64.b64encode(b"data@example.com:another password").decode()
    status, _, body = c.send("POST", "/v1/sys/auth",
                             [f"Authorization: Basic {basic}", JSON])
    token = [f"Authorization: Bearer {json.loads(body)['access_token']}", JSON]
    status, _, body = c.send(
        "POST", "/v1/users/process_invite", token,
        request_sample(6, {"accepts": [account], "rejects": []}))
    check("and accepts", status == 204, body)
    status, _, body = c.send(
        "POST", f"/v1/accounts/select_account/{account}", token)
    check("and is in", status == 204, body)


# --- nobody learns who is there ----------------------------------------------

def enumeration():
    def ask(email):
        pair = base64.b64encode(f"{email}:wrong password".encode()).decode()
        begun = time.monotonic()
        answer = Client().send("POST", "/v1/sys/auth",
                               [f"Authorization: Basic {pair}"])
        return time.monotonic() - begun, answer[0], answer[2]
    known = [ask("owner@example.com") for _ in range(3)]
    unknown = [ask("nobody@example.com") for _ in range(3)]
    check("a wrong password and an unknown address are answered alike",
          {k[1:] for k in known} == {u[1:] for u in unknown}, (known, unknown))
    fast, slow = sorted([min(known)[0], min(unknown)[0]])
    check("and take as long", slow < 3 * fast, (known, unknown))


if not os.path.isdir(examples):
    print("SKIPPED: ../shared/examples is not there: answers are not compared "
          "with the contract's samples", file=sys.stderr)
account, user, join, zone, bearer = em_cli()
em_cli_build(em_cli_app(bearer), bearer)
node(join, bearer)
manager = em_client_4(account["acct_id"])
configurations(manager, zone)
cookie_scripts(account["acct_id"])
invitation(account["acct_id"], manager)
enumeration()
if os.path.isdir(examples):
    print(f"{len(SAMPLES)} samples of the contract hold")
