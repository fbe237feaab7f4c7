"""One address that behaves like ECR: /v2/ goes to a registry, everything else to moto.

Adds what moto lacks: refusal of unknown repositories and of immutable tags, images known to the API once they are
pushed, previews of lifecycle policies, tokens of its own that end when it is told. Usage: front.py LISTEN API DATA REGION (each of the first three host:port)
GET /lab/expire-in-mid-push makes every token so far end at the next upload.
"""

import base64
import binascii
import datetime
import fnmatch
import hashlib
import http.client
import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
from botocore.exceptions import ClientError

LISTEN, API, DATA, REGION = sys.argv[1:]
FAR_FUTURE = 4102444800
HOP_BY_HOP = {"transfer-encoding", "content-length", "connection", "date", "server", "host"}
ecr = boto3.client(
    "ecr",
    region_name=REGION,
    endpoint_url=f"http://{API}",
    aws_access_key_id="front",
    aws_secret_access_key="front",
)


class Refused(Exception):
    """What ECR would not do; status, code and message as ECR words them."""


class Tokens:
    """Numbered tokens; all before a number have expired."""

    def __init__(self):
        self.lock = threading.Lock()
        self.given = 0
        self.first_good = 1
        self.ends_at_upload = False

    def new(self):
        with self.lock:
            self.given += 1
            return base64.b64encode(b"AWS:token-%d" % self.given)

    def end_at_next_upload(self):
        with self.lock:
            self.ends_at_upload = True

    def check(self, authorization, uploads):
        with self.lock:
            if uploads and self.ends_at_upload:
                self.ends_at_upload = False
                self.first_good = self.given + 1
            try:
                number = int(base64.b64decode(authorization.removeprefix("Basic ")).removeprefix(b"AWS:token-"))
            except (binascii.Error, ValueError):
                raise Refused(401, "UNAUTHORIZED", "authentication required") from None
            if number < self.first_good:
                raise Refused(403, "DENIED", "Your authorization token has expired. Reauthenticate and try again.")


tokens = Tokens()


def repository(name):
    try:
        return ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
    except ClientError:
        text = f"The repository with name '{name}' does not exist in the registry"
        raise Refused(404, "NAME_UNKNOWN", text) from None


def has_tag(name, tag):
    try:
        ecr.describe_images(repositoryName=name, imageIds=[{"imageTag": tag}])
        return True
    except ClientError:
        return False


def check_data_request(method, path):
    """ECR's own rules for a request to /v2/; the registry behind knows neither repositories nor immutability."""
    about = re.match(r"/v2/(.+?)/(manifests|blobs)/([^/?]*)", path)
    if not about:
        return
    name, kind, reference = about.groups()
    immutable = repository(name)["imageTagMutability"] == "IMMUTABLE"
    tagged = kind == "manifests" and not reference.startswith("sha256:")
    if method == "PUT" and tagged and immutable and has_tag(name, reference):
        text = f"The image tag '{reference}' already exists in the '{name}' repository and cannot be overwritten because the tag is immutable."
        raise Refused(400, "TAG_INVALID", text)


def record_push(path, body, media_type):
    """Tells moto of a pushed manifest, with the digest it really has."""
    name, reference = re.match(r"/v2/(.+)/manifests/([^/?]+)", path).groups()
    tag = {} if reference.startswith("sha256:") else {"imageTag": reference}
    try:
        ecr.put_image(
            repositoryName=name,
            imageManifest=body.decode(),
            imageManifestMediaType=media_type,
            imageDigest="sha256:" + hashlib.sha256(body).hexdigest(),
            **tag,
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ImageAlreadyExistsException":
            raise


previews = {}


def start_preview(request):
    previews[request["repositoryName"]] = json.loads(request["lifecyclePolicyText"])["rules"]
    return {"repositoryName": request["repositoryName"], "status": "IN_PROGRESS"}


def get_preview(request):
    """What the policy would expire: each image's fate is that of the first rule that it matches."""
    name = request["repositoryName"]
    images = [image for page in ecr.get_paginator("describe_images").paginate(repositoryName=name) for image in page["imageDetails"]]
    images.sort(key=lambda image: image["imagePushedAt"], reverse=True)
    ids = [{"imageDigest": image["imageDigest"]} for image in images]
    manifests = ecr.batch_get_image(repositoryName=name, imageIds=ids)["images"] if ids else []
    named = {entry["digest"] for one in manifests for entry in json.loads(one["imageManifest"]).get("manifests", [])}
    results = []
    seen = {}
    for image in images:
        rule = next((r for r in sorted(previews[name], key=lambda r: r["rulePriority"]) if matches(r, image)), None)
        for other in previews[name]:
            seen[other["rulePriority"]] = seen.get(other["rulePriority"], 0) + matches(other, image)
        if rule and image["imageDigest"] not in named and ends(rule, image, seen[rule["rulePriority"]]):
            results.append({"imageDigest": image["imageDigest"], "action": {"type": "EXPIRE"}})
    return {"repositoryName": name, "status": "COMPLETE", "previewResults": results}


def matches(rule, image):
    selection, tags = rule["selection"], image.get("imageTags", [])
    if selection["tagStatus"] != "tagged":
        return selection["tagStatus"] == "any" or not tags
    patterns = selection.get("tagPatternList", []) + [prefix + "*" for prefix in selection.get("tagPrefixList", [])]
    return bool(tags) and all(any(fnmatch.fnmatchcase(tag, pattern) for tag in tags) for pattern in patterns)


def ends(rule, image, place):
    selection = rule["selection"]
    if selection["countType"] == "imageCountMoreThan":
        return place > selection["countNumber"]
    age = datetime.datetime.now(datetime.timezone.utc) - image["imagePushedAt"]
    return age > datetime.timedelta(days=selection["countNumber"])


PLAYED = {"StartLifecyclePolicyPreview": start_preview, "GetLifecyclePolicyPreview": get_preview}


def as_this_ecr(body):
    """moto's answers name AWS's hosts and one token for all, which expired long ago."""
    body = re.sub(rb'("authorizationToken": ?")[^"]*', lambda found: found[1] + tokens.new(), body)
    body = re.sub(rb"https://\d+\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com", b"http://" + LISTEN.encode(), body)
    body = re.sub(rb"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com", LISTEN.encode(), body)
    return re.sub(rb'"expiresAt": ?[0-9.]+', b'"expiresAt": %d' % FAR_FUTURE, body)


class Front(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def read_body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def reply(self, status, headers, body):
        self.send_response(status)
        length = str(len(body))
        for name, value in headers:
            if name.lower() == "content-length" and self.command == "HEAD":
                length = value
            elif name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def forward(self, target, body):
        # Engines say each type they accept in a header of its own, in any order. All of them count: by the last alone a
        # registry may answer with a converted manifest whose digest it does not know.
        names = {name.lower() for name in self.headers if name.lower() not in HOP_BY_HOP}
        headers = {name: ", ".join(self.headers.get_all(name)) for name in names}
        headers["Host"] = self.headers.get("Host", LISTEN)
        connection = http.client.HTTPConnection(target, timeout=60)
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()

    def handle_request(self):
        body = self.read_body()
        data = self.path.startswith("/v2/")
        if self.path == "/lab/expire-in-mid-push":
            tokens.end_at_next_upload()
            return self.reply(200, [], b"")
        try:
            if data and not self.headers.get("Authorization"):
                challenge = [("WWW-Authenticate", f'Basic realm="http://{LISTEN}/",service="ecr.amazonaws.com"')]
                return self.reply(401, challenge, b"Not Authorized\n")
            if data:
                tokens.check(self.headers["Authorization"], self.command in ("PATCH", "PUT") and "/blobs/uploads/" in self.path)
                check_data_request(self.command, self.path)
            played = PLAYED.get(self.headers.get("X-Amz-Target", "").rpartition(".")[2])
            if played:
                answer = json.dumps(played(json.loads(body))).encode()
                return self.reply(200, [("Content-Type", "application/x-amz-json-1.1")], answer)
            status, headers, answer = self.forward(DATA if data else API, body)
            if not data:
                answer = as_this_ecr(answer)
            elif self.command == "PUT" and status == 201 and "/manifests/" in self.path:
                record_push(self.path, body, self.headers["Content-Type"])
            self.reply(status, headers, answer)
        except Refused as refused:
            status, code, message = refused.args
            answer = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
            self.reply(status, [("Content-Type", "application/json")], answer)

    do_GET = do_PUT = do_POST = do_PATCH = do_HEAD = do_DELETE = handle_request


host, port = LISTEN.rsplit(":", 1)
ThreadingHTTPServer((host, int(port)), Front).serve_forever()
