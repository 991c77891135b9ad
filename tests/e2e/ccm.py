"""The product's life of a workflow, through the running programs.

    ccm.py agree AGENT-PORT MEASUREMENT      leaves its state in ccm.json
    ccm.py withdraw AGENT-PORT MEASUREMENT
    ccm.py placed NODE
    ccm.py propose AGENT-PORT MEASUREMENT    an app and an image that wait
    ccm.py decided AGENT-PORT MEASUREMENT    looks how that was decided
    ccm.py told FILE ACTION...               of accord log show -o json

Boss manages the account of the stage, dana brings the data, alex the program.
All requests are the ones of em-client, em-app and the DSM client.
"""
import base64
import glob
import http.client
import json
import os
import re
import ssl
import sys

import attest
from samples import as_sample

SCRATCH = os.environ["SCRATCH"]
PORT = int(os.environ["PORT"])
PASSWORD = "correct horse battery"
SECRET = b'{"query_string": "eA==", "encryption": {"key": "00ff"}}\n'
DOMAIN = "counter.example"


def check(what, good, seen=""):
    if not good:
        sys.exit(f"FAILED: {what}: {seen}")
    print(f"ok  {what}")


def ask(method, path, body=None, token=None, certificate=None, basic=None):
    """(status, body): JSON where it is JSON."""
    tls = ssl.create_default_context(cafile=SCRATCH + "/hsm/ca.pem")
    if certificate:
        tls.load_cert_chain(*certificate)
    fields = {}
    if method != "GET" and (body is not None or path.startswith("/v1/")):
        fields["Content-Type"] = "application/json"  # or it is em-client 2
    if body is not None:
        body = json.dumps(body)
    if token:
        fields["Authorization"] = "Bearer " + token
    if basic:
        fields["Authorization"] = "Basic " + base64.b64encode(
            basic.encode()).decode()
    connection = http.client.HTTPSConnection("127.0.0.1", PORT, context=tls,
                                             timeout=60)
    connection.request(method, path, body, fields)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    try:
        return answer.status, json.loads(text) if text else None
    except ValueError:
        return answer.status, text


# --- people ------------------------------------------------------------------

class User:
    def __init__(self, who):
        self.email = f"{who}@example.com"
        self.token = None

    def ask(self, method, path, body=None, want=200):
        status, answer = ask(method, path, body, self.token)
        if status != want:
            sys.exit(f"FAILED: {self.email} {method} {path}: "
                     f"{status} {answer}")
        return answer

    def log_in(self):
        status, answer = ask("POST", "/v1/sys/auth",
                             basic=f"{self.email}:{PASSWORD}")
        check(f"{self.email} logs in", status == 200, answer)
        self.token = answer["access_token"]

    def join(self, account):
        self.ask("POST", f"/v1/accounts/select_account/{account}", want=204)


def mailed(name):
    newest = max(glob.glob(f"{SCRATCH}/store/outbox/*.eml"),
                 key=os.path.getmtime)
    token = re.search(name + r"_token: (\w+)", open(newest).read())[1]
    os.unlink(newest)
    return token


def clear_mails():
    for mail in glob.glob(f"{SCRATCH}/store/outbox/*.eml"):
        os.unlink(mail)


def sign_up(who):
    clear_mails()
    user = User(who)
    status, answer = ask("POST", "/v1/users", {"user_email": user.email,
                                               "user_password": PASSWORD})
    check(f"{who} signs up", status == 201, answer)
    user.id = answer["user_id"]
    status, answer = ask("POST", "/v1/users/confirm_email",
                         {"confirm_token": mailed("confirm")})
    check(f"{who} confirms the address", status == 200, answer)
    user.log_in()
    return user


def enter(user):
    """Into the one account that has invited the user."""
    accounts = user.ask("GET", "/v1/accounts")["items"]
    check(f"{user.email} sees the invitation", len(accounts) == 1, accounts)
    account = accounts[0]["acct_id"]
    user.ask("POST", "/v1/users/process_invite", {"accepts": [account]}, 204)
    user.join(account)
    return account


# --- things ------------------------------------------------------------------

def pending(user, kind):
    tasks = user.ask("GET", f"/v1/tasks?task_type={kind}")["items"]
    return next(t for t in tasks if t["status"]["status"] == "INPROGRESS")


def approve_task(user, kind):
    task = pending(user, kind)["task_id"]
    answer = user.ask("PATCH", f"/v1/tasks/{task}", {"status": "APPROVED"})
    check(f"{kind} is approved",
          answer["task_status"]["status"] == "SUCCESS", answer)


def bring_program(alex, boss, measurement):
    app = alex.ask("POST", "/v1/apps", {
        "name": "counter", "description": "counts", "input_image_name": "in",
        "output_image_name": "out", "isvprodid": 0, "isvsvn": 0,
        "mem_size": 1024, "threads": 128, "allowed_domains": [DOMAIN]})
    build = alex.ask("POST", "/v1/builds", {
        "mrenclave": measurement, "mrsigner": "00" * 32, "isvprodid": 0,
        "isvsvn": 0, "app_id": app["app_id"]})
    check("a new image waits", build["status"]["status"] == "PENDING", build)
    config = alex.ask("POST", "/v1/app_configs", {
        "name": "settings", "description": "", "app_config": {}, "labels": {},
        "ports": ["input"]})
    alex.ask("PATCH", f"/v1/builds/{build['build_id']}",
             {"configs": {config["config_id"]: {}}})
    return build["build_id"], config["config_id"]


def bring_data(dana):
    data = dana.ask("POST", "/v1/datasets", {
        "name": "patients", "description": "", "labels": {},
        "location": "https://store.example/patients",
        "credentials": {"contents": base64.b64encode(SECRET).decode()}})
    check("no answer has the secret",
          "contents" not in json.dumps(data), data)
    return data["dataset_id"]


def graph_of(alex, dana, build, config, data):
    return {
        "objects": {
            "app-1": {"name": "app-1", "user_id": alex.id, "ref": {
                "app": {"image_id": build, "config_id": config}}},
            "input-1": {"name": "input-1", "user_id": dana.id, "ref": {
                "dataset": {"dataset_id": data}}}},
        "edges": {"1": {"source": {"id": "input-1"},
                        "target": {"id": "app-1", "port": "input"}}},
        "metadata": {"nodes": {}}}


# --- the program -------------------------------------------------------------

class Program(attest.Key):
    """Its request has a common name, as em-app's."""

    certificate = None

    def named(self, agent, measurement, runtime):
        quote = attest.quote_for(agent, measurement,
                                 self.report_data(bytes.fromhex(runtime)))
        name = attest.der(0x0C, DOMAIN.encode())
        pair = attest.der(0x30, attest.COMMON_NAME, name)
        return self.request(quote, attest.der(0x30, attest.der(0x31, pair)))

    def ask_agent(self, agent, measurement, runtime):
        csr = self.named(agent, measurement, runtime)
        connection = http.client.HTTPConnection("127.0.0.1", agent, timeout=60)
        connection.request("POST", "/v1/certificate/issue",
                           json.dumps({"csr": csr}),
                           {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    def ask_again(self, agent, task):
        connection = http.client.HTTPConnection("127.0.0.1", agent, timeout=60)
        connection.request("POST", f"/v1/certificate/result/{task}")
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    def keep(self, pem):
        self.certificate = self.path + ".pem"
        with open(self.certificate, "w", encoding="ascii") as f:
            f.write(pem)

    @property
    def identity(self):
        return self.certificate, self.path


def export(identity, sdkms):
    """Three requests to DSM, as em-app sends them: (status, value)."""
    status, session = ask("POST", "/sys/v1/session/auth",
                          certificate=identity,
                          basic=sdkms["sdkms_app_id"] + ":")
    if status != 200:
        return status, session
    token = session["access_token"]
    status, key = ask("POST", "/crypto/v1/keys/export",
                      {"name": sdkms["credentials_key_name"]}, token,
                      identity)
    ask("POST", "/sys/v1/session/terminate", token=token,
        certificate=identity)
    return status, base64.b64decode(key["value"]) if status == 200 else key


def run(agent, measurement, runtime):
    program = Program("counter")
    answer = program.ask_agent(agent, measurement, runtime)
    check("the agent brings the program its certificate",
          answer.get("task_status") == "SUCCESS", answer)
    program.keep(answer["certificate"])
    status, told = ask("GET", "/v1/runtime/app_configs",
                       certificate=program.identity)
    check("the program gets its configuration", status == 200, told)
    return program, told["extra"]["connections"]["input"]["input-1"]["dataset"]


def wait_for_domain(boss, agent, measurement, runtime):
    """Before its domain is approved there is a task, and later its result."""
    early = Program("early")
    asked = early.ask_agent(agent, measurement, runtime)
    check("without its domain a program waits",
          asked["task_status"] == "PENDING_WHITELIST" and
          "certificate" not in asked, asked)
    asked = early.ask_again(agent, asked["task_id"])
    check("and goes on waiting", asked["task_status"] == "PENDING_WHITELIST",
          asked)
    approve_task(boss, "DOMAIN_WHITELIST")
    for _ in range(2):
        told = early.ask_again(agent, asked["task_id"])
        check("then the result has the certificate",
              told["task_status"] == "SUCCESS" and
              told["certificate"].startswith("-----BEGIN CERTIFICATE"), told)


# --- the whole ---------------------------------------------------------------

def submit(boss, contents):
    draft = boss.ask("POST", "/v1/workflows/draft/graphs",
                     {"name": "study", "description": "", **contents})
    boss.ask("PUT", f"/v1/workflows/draft/graphs/{draft['graph_id']}",
             {"name": "study", "description": "who is ill", "version": 1,
              **contents})
    return {"operation": "/v1/workflows/final/graphs", "method": "POST",
            "body": {"name": "study", "description": "who is ill",
                     "contents": contents}}


def agree(agent, measurement):
    boss = sign_up("boss")
    account = enter(boss)
    people = [boss]
    for who in ("dana", "alex"):
        user = sign_up(who)
        boss.ask("POST", "/v1/users/invite",
                 {"user_email": user.email, "roles": ["WRITER"]}, 201)
        enter(user)
        people.append(user)
    boss, dana, alex = people

    build, config = bring_program(alex, boss, measurement)
    data = bring_data(dana)
    request = submit(boss, graph_of(alex, dana, build, config, data))
    status, answer = ask("POST", "/v1/approval_requests", request, boss.token)
    check("an image that nobody approved is in no workflow",
          status == 400 and "not WHITELISTED" in answer["message"], answer)
    approve_task(boss, "BUILD_WHITELIST")
    status, answer = ask("POST", "/v1/workflows/final/graphs",
                         request["body"], boss.token)
    check("nor without all its users", status == 403, answer)
    made = boss.ask("POST", "/v1/approval_requests", request, 201)
    path = f"/v1/approval_requests/{made['request_id']}"
    for user in people:
        made = user.ask("POST", path + "/approve")
    check("all have approved it", made["status"] == "APPROVED", made)
    final = dana.ask("POST", path + "/result")["body"]
    runtime = next(iter(final["versions"]["1"]["runtime_configs"]))

    wait_for_domain(boss, agent, measurement, runtime)
    program, dataset = run(agent, measurement, runtime)
    sdkms = dataset["credentials"]["sdkms"]
    check("where the data lies is told",
          dataset["location"] == "https://store.example/patients", dataset)
    status, value = export(program.identity, sdkms)
    check("the very bytes come out", (status, value) == (200, SECRET), value)
    rotated = SECRET.replace(b"00ff", b"ff00")
    dana.ask("PATCH", f"/v1/datasets/{data}", {"credentials": {
        "contents": base64.b64encode(rotated).decode()}})
    status, value = export(program.identity, sdkms)
    check("and the new ones after a rotation",
          (status, value) == (200, rotated), value)

    other = Program("manager")
    status, task = ask("POST", "/v1/certificates",
                       {"csr": other.named(agent, measurement, runtime)})
    check("the manager issues a certificate as well", status == 200, task)
    shown = alex.ask("GET", f"/v1/certificates/{task['certificate_id']}")
    other.keep(shown["certificate"])
    status, value = export(other.identity, sdkms)
    check("which is as good", (status, value) == (200, rotated), value)

    status, answer = ask("DELETE", f"/v1/datasets/{data}", token=dana.token)
    check("what a workflow uses cannot be deleted", status == 409, answer)
    with open(f"{SCRATCH}/ccm.json", "w", encoding="ascii") as f:
        json.dump({"account": account, "graph": final["graph_id"],
                   "request": made["request_id"], "runtime": runtime,
                   "measurement": measurement, "data": data, "identity": program.identity,
                   "sdkms": sdkms}, f)


def withdraw(agent, measurement):
    with open(f"{SCRATCH}/ccm.json", encoding="ascii") as f:
        kept = json.load(f)
    dana = User("dana")
    dana.log_in()
    dana.join(kept["account"])
    dana.ask("DELETE", f"/v1/workflows/final/graphs/{kept['graph']}/1",
             want=204)
    status, answer = export(tuple(kept["identity"]), kept["sdkms"])
    check("after that nothing comes out", status in (401, 403), answer)
    status, answer = ask("GET", "/v1/runtime/app_configs",
                         certificate=tuple(kept["identity"]))
    check("nor is there a configuration", status == 403, answer)
    answer = Program("late").ask_agent(agent, measurement, kept["runtime"])
    check("nor a certificate, for all that is agreed now",
          answer.get("task_status") == "PENDING_WHITELIST" and
          "certificate" not in answer, answer)
    dana.ask("DELETE", f"/v1/datasets/{kept['data']}", want=204)


def unattested(sample):
    """No node is attested here, and this one has not reported since."""
    del sample["attested_at"], sample["status"]["last_seen_version"]


def unrequested(sample):
    """Of a certificate that came through the agent no request is kept."""
    del sample["csr"]


def placed(node):
    """The app, its node and its image say where its program got in."""
    with open(f"{SCRATCH}/ccm.json", encoding="ascii") as f:
        kept = json.load(f)
    dana = User("dana")
    dana.log_in()
    dana.join(kept["account"])
    [app] = dana.ask("GET", "/v1/apps")["items"]
    check("the app has its node",
          [n["node_id"] for n in app["nodes"]] == [node], app["nodes"])
    shown = dana.ask("GET", f"/v1/nodes/{node}")
    check("the node has its app", shown["apps"] == app["nodes"], shown)
    as_sample(55, shown, unattested)
    as_sample(56, dana.ask("GET", "/v1/nodes"),
              lambda sample: unattested(sample["items"][0]))
    [build] = dana.ask("GET", "/v1/builds?deployed_status=DEPLOYED")["items"]
    spots = dana.ask("GET", f"/v1/builds/deployments/{build['build_id']}")
    check("and so has its image", spots["items"] == app["nodes"], spots)
    path = f"/v1/apps/{app['app_id']}/node/{node}/certificate"
    certificate = dana.ask("GET", path)
    as_sample(58, certificate, unrequested)
    check("its certificate is there",
          certificate == app["nodes"][0]["certificate"] and
          certificate["status"] == "ISSUED" and
          certificate["certificate"].startswith("-----BEGIN"), certificate)
    details = dana.ask("GET", path + "-details")
    as_sample(59, details, lambda sample: None)
    check("and what was measured",
          details["enclave_info"]["mrenclave"] == kept["measurement"], details)


def propose(agent, measurement):
    """One more program of alex's, whose tasks a person with a key decides."""
    with open(f"{SCRATCH}/ccm.json", encoding="ascii") as f:
        kept = json.load(f)
    alex = User("alex")
    alex.log_in()
    alex.join(kept["account"])
    app = alex.ask("POST", "/v1/apps", {
        "name": "further", "description": "", "input_image_name": "in",
        "output_image_name": "out", "isvprodid": 0, "isvsvn": 0,
        "mem_size": 1024, "threads": 128,
        "allowed_domains": ["further.example"]})
    build = alex.ask("POST", "/v1/builds", {
        "mrenclave": measurement[::-1], "mrsigner": "00" * 32, "isvprodid": 0,
        "isvsvn": 0, "app_id": app["app_id"]})
    kept |= {"further": app["app_id"], "image": build["build_id"],
             "domains_task": app["pending_task_id"],
             "image_task": build["pending_task_id"]}
    with open(f"{SCRATCH}/ccm.json", "w", encoding="ascii") as f:
        json.dump(kept, f)


def decided(agent, measurement):
    """What alex sees of it: the image approved, the domain denied."""
    with open(f"{SCRATCH}/ccm.json", encoding="ascii") as f:
        kept = json.load(f)
    alex = User("alex")
    alex.log_in()
    alex.join(kept["account"])
    build = alex.ask("GET", f"/v1/builds/{kept['image']}")
    check("the image may have certificates",
          build["status"]["status"] == "WHITELISTED", build)
    app = alex.ask("GET", f"/v1/apps/{kept['further']}")
    check("the app does not have the domain",
          app["whitelisted_domains"] == [] and
          app["allowed_domains"] == [], app)
    task = alex.ask("GET", f"/v1/tasks/{kept['domains_task']}")
    check("who denied it is told",
          [(a["user_name"], a["status"]) for a in task["approvals"]
           if "status" in a] == [("Ada", "DENIED")], task)


def told(shown, *actions):
    with open(shown, encoding="utf-8") as f:
        details = [json.loads(leaf["detail"]) for leaf in json.load(f)]
    for action in actions:
        classes = {detail.get("class") for detail in details
                   if detail.get("action") == action}
        check(f"the log says {action}, and the class", classes == {"ccm"},
              classes)


if __name__ == "__main__":
    if sys.argv[1] in ("told", "placed"):
        {"told": told, "placed": placed}[sys.argv[1]](*sys.argv[2:])
    else:
        {"agree": agree, "withdraw": withdraw, "propose": propose,
         "decided": decided}[sys.argv[1]](int(sys.argv[2]), sys.argv[3])
