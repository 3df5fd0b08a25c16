"""Errors of Lambdas carry the names their code gave them."""

import json
import os
import subprocess

import lambda_workers
import pytest
from aws_twin import eventually, twin

NAMED = "export const handler = async () => { throw Object.assign(new Error('no answer'), { name: 'UnavailableError' }) }"


def invoke(aws, function: str) -> tuple[str | None, dict]:
    answer = aws.client("lambda").invoke(FunctionName=function, Payload=b"{}")
    return answer.get("FunctionError"), json.loads(answer["Payload"].read())


def test_an_error_keeps_its_name_and_message(aws):
    kind, body = invoke(aws, aws.function(NAMED))
    assert kind == "Unhandled"
    assert (body["errorType"], body["errorMessage"]) == ("UnavailableError", "no answer")
    assert body["trace"][0].endswith("no answer")


def test_an_error_thrown_at_once_keeps_its_name(aws):
    _, body = invoke(aws, aws.function("export const handler = () => { throw new RangeError('far') }"))
    assert (body["errorType"], body["errorMessage"]) == ("RangeError", "far")


def test_a_thrown_text_is_an_error_without_a_name_of_its_own(aws):
    _, body = invoke(aws, aws.function("export const handler = async () => { throw 'plain' }"))
    assert (body["errorType"], body["errorMessage"]) == ("Error", "plain")


def test_a_worker_that_died_is_an_exit(aws):
    _, body = invoke(aws, aws.function("export const handler = async () => process.exit(3)"))
    assert body["errorType"] == "Runtime.ExitError"


def test_a_timeout_is_named_as_one(aws):
    _, body = invoke(aws, aws.function("export const handler = () => new Promise((r) => setTimeout(r, 9000))", Timeout=1))
    assert body["errorType"] == "Sandbox.Timedout"


def test_the_next_call_after_an_error_succeeds(aws, tmp_path):
    code = """import { existsSync, writeFileSync } from 'node:fs'
    export const handler = async () => {
      const flag = process.env.FLAG
      if (existsSync(flag)) return 'well'
      writeFileSync(flag, '')
      throw new Error('first')
    }"""
    function = aws.function(code, Environment={"Variables": {"FLAG": str(tmp_path / "flag")}})
    assert invoke(aws, function)[0] == "Unhandled"
    assert invoke(aws, function) == (None, "well")


def test_a_worker_does_not_outlive_a_killed_twin(tmp_path):
    # The timer keeps the worker's event loop busy, as a pool of connections would.
    code = "export const handler = async () => { setInterval(() => {}, 1000); return process.pid }"
    with twin(tmp_path) as (process, aws):
        _, pid = invoke(aws, aws.function(code))
        assert not gone(pid)
        process.kill()
        eventually(lambda: gone(pid))


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True


def test_lambdas_run_on_the_node_of_the_path(aws):
    _, version = invoke(aws, aws.function("export const handler = async () => process.versions.node"))
    assert version == subprocess.check_output(["node", "-p", "process.versions.node"], text=True).strip()


def test_another_worker_script_is_refused():
    with pytest.raises(RuntimeError, match="lambda_workers.py must follow"):
        lambda_workers.worker_script("const nothing = 'known'")
