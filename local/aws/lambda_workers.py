"""Mends how ministack's Node workers report errors, and how they end.

- AWS names a Lambda's error after `err.name`, and Step Functions' Retry and Catch match on that name alone; ministack
  names every one of them Runtime.HandlerError. A worker that died is Runtime.ExitError, one that could not load its
  module says so in the error it threw.
- A worker must not outlive the twin, however the twin ended.
"""

import threading

_THROWN = 'status: "error", error: String(err.message || err), trace: err.stack || ""'
_THROWN_AT_ONCE = 'status: "error", error: e.message, trace: e.stack'
_READER = "const rl = readline.createInterface({ input: process.stdin, terminal: false });"

_ended = threading.local()


def _named(variable: str) -> str:
    """JavaScript: the fields of an error reply, for whatever was thrown, undefined included."""
    v = variable
    return (
        f'status: "error", errorType: ({v} && {v}.name) || "Error", '
        f'error: String(({v} && {v}.message) ?? {v}), trace: ({v} && {v}.stack) || ""'
    )


def worker_script(script: str) -> str:
    """The worker's script with errors named, and an exit when its standard input closes.

    Raises RuntimeError if ministack's script is not the one this was written for.
    """
    for old, new in (
        (_THROWN, _named("err")),
        (_THROWN_AT_ONCE, _named("e")),
        (_READER, _READER + '\nrl.on("close", () => process.exit(0));'),
    ):
        if script.count(old) != 1:
            raise RuntimeError("ministack's Lambda worker has changed: local/aws/lambda_workers.py must follow it")
        script = script.replace(old, new)
    return script


def named_body(body: dict, reply: dict) -> dict:
    """The error as Lambda returns it: errorType, errorMessage and trace, from the worker's reply."""
    if reply.get("errorType"):
        return {**body, "errorType": reply["errorType"], "trace": (reply.get("trace") or "").split("\n")}
    if reply.get("error") == "Worker process died":
        return {**body, "errorType": "Runtime.ExitError", "errorMessage": "Error: Runtime exited"}
    return body


def mend() -> None:
    """Put the mendings into the imported ministack."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    lambda_runtime._NODEJS_WORKER_SCRIPT = worker_script(lambda_runtime._NODEJS_WORKER_SCRIPT)
    invoke = lambda_runtime.Worker.invoke
    execute = lambda_svc._execute_function_warm

    # The name is lost between these two, which run one inside the other on one thread.
    def remembering(self, *arguments, **options):
        _ended.reply = reply = invoke(self, *arguments, **options)
        return reply

    def naming(func, event, request_id):
        _ended.reply = None
        result = execute(func, event, request_id)
        if result.get("error") and isinstance(result.get("body"), dict):
            result["body"] = named_body(result["body"], _ended.reply or {})
        return result

    lambda_runtime.Worker.invoke = remembering
    lambda_svc._execute_function_warm = naming
