"""The AWS twin as its users meet it: a process of its own, spoken to by boto3."""

import io
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
import zipfile
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

TWIN = Path(__file__).parents[3] / "local" / "aws" / "twin.py"
ROLE = "arn:aws:iam::000000000000:role/test"


class Aws:
    """Clients of one twin, and the few things that every test does with them."""

    def __init__(self, endpoint: str):
        self.endpoint = endpoint

    def client(self, service: str):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
        )

    def function(self, code: str, **settings) -> str:
        """Deploys a Node Lambda from the text of its index.mjs; returns its ARN."""
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("index.mjs", code)
        created = self.client("lambda").create_function(
            FunctionName=f"f-{uuid.uuid4().hex[:12]}",
            Runtime="nodejs24.x",
            Handler="index.handler",
            Role=ROLE,
            Code={"ZipFile": package.getvalue()},
            **{"Timeout": 10, **settings},
        )
        return created["FunctionArn"]

    def machine(self, definition: dict) -> str:
        """Creates a state machine; returns its ARN."""
        created = self.client("stepfunctions").create_state_machine(
            name=f"m-{uuid.uuid4().hex[:12]}", definition=json.dumps(definition), roleArn=ROLE
        )
        return created["stateMachineArn"]

    def start(self, machine: str, data: object = None) -> str:
        started = self.client("stepfunctions").start_execution(stateMachineArn=machine, input=json.dumps(data or {}))
        return started["executionArn"]

    def ended(self, execution: str) -> dict:
        """The execution's description once it has ended."""
        sfn = self.client("stepfunctions")
        return eventually(lambda: (d := sfn.describe_execution(executionArn=execution))["status"] != "RUNNING" and d)


def eventually(ask, seconds: float = 20):
    """The first truthy answer. Fails when there is none in time; how long it waits decides nothing else."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := ask():
            return answer
        time.sleep(0.05)
    pytest.fail(f"no answer within {seconds} seconds")


@contextmanager
def twin(data: Path):
    """A twin in a folder: its process and its address. Ended, if it has not been, on the way out."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    with open(data / "twin.log", "w") as log:
        command = [sys.executable, str(TWIN), "--port", str(port), "--data", str(data)]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        eventually(lambda: process.poll() is None and healthy(endpoint), 60)
        yield process, Aws(endpoint)
    finally:
        process.terminate()
        process.wait(20)


def healthy(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
