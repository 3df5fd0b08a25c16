"""Mends how ministack begins and ends executions, and names one error in them.

- StopExecution: ministack marks the execution ABORTED, but goes on with the states of its Maps and branches, and a task
  that fails afterwards turns the execution FAILED. As on AWS, nothing is started any more and the status stays.
- TimeoutSeconds of a state machine: ministack has none. The execution ends TIMED_OUT, with its event on the default bus.
- A function at its reserved concurrency is Lambda.TooManyRequestsException to Retry and Catch, not Lambda.Unknown.
- ministack pauses before an execution's first state; AWS does not, and here it would be counted as the pipeline's time.
"""

import contextvars
import inspect
import json
import threading

_running: contextvars.ContextVar[dict | None] = contextvars.ContextVar("execution", default=None)


_PAUSE_BEFORE_FIRST_STATE = 0.15


class _Time:
    """The module `time` without that pause."""

    def __init__(self, time):
        self._time = time

    def __getattr__(self, name):
        return getattr(self._time, name)

    def sleep(self, seconds):
        if seconds != _PAUSE_BEFORE_FIRST_STATE:
            self._time.sleep(seconds)


class ExecutionEnded(Exception):
    """The execution was stopped or timed out. Not ministack's own error class, so that no Retry or Catch sees it."""


def timeout_seconds(definition: str) -> float | None:
    """The state machine's own TimeoutSeconds, or None. A definition that cannot be read has none."""
    try:
        value = json.loads(definition).get("TimeoutSeconds")
    except (ValueError, AttributeError):
        return None
    return float(value) if isinstance(value, (int, float)) else None


def mend() -> None:
    """Put the mendings into the imported ministack."""
    from ministack.services import stepfunctions as sfn

    if inspect.getsource(sfn._run_execution).count(f"time.sleep({_PAUSE_BEFORE_FIRST_STATE})") != 1:
        raise RuntimeError("ministack's executions begin otherwise: local/aws/state_machines.py must follow it")
    run, fail, invoke, sleep = sfn._run_execution, sfn._fail_execution, sfn._invoke_resource, sfn._scaled_sleep
    call = sfn._call_lambda

    def go_on() -> None:
        execution = _running.get()
        if execution is not None and execution["status"] != "RUNNING":
            raise ExecutionEnded(f"the execution is {execution['status']}")

    def run_with_limit(arn):
        execution = sfn._executions.get(arn)
        machine = sfn._state_machines.get(execution["stateMachineArn"]) if execution else None
        limit = timeout_seconds(machine["definition"]) if machine else None
        if limit is None:
            _running.set(execution)
            return run(arn)
        context = contextvars.copy_context()
        timer = threading.Timer(limit, context.run, (time_out, sfn, execution))
        timer.daemon = True
        _running.set(execution)
        timer.start()
        try:
            return run(arn)
        finally:
            timer.cancel()

    def invoke_while_running(resource, data):
        go_on()
        result = invoke(resource, data)
        go_on()
        return result

    def call_naming_throttles(function, event):
        try:
            return call(function, event)
        except sfn._ExecutionError as error:
            if "TooManyRequestsException" in error.cause and error.error == "Lambda.Unknown":
                raise sfn._ExecutionError("Lambda.TooManyRequestsException", error.cause) from None
            raise

    def sleep_while_running(seconds):
        go_on()
        sleep(seconds)
        go_on()

    def fail_while_running(execution, error, cause):
        if execution["status"] == "RUNNING":
            fail(execution, error, cause)

    sfn.time = _Time(sfn.time)
    sfn._run_execution = run_with_limit
    sfn._invoke_resource = invoke_while_running
    sfn._call_lambda = call_naming_throttles
    sfn._scaled_sleep = sleep_while_running
    sfn._fail_execution = fail_while_running


def time_out(sfn, execution: dict) -> None:
    """End an execution that is still running as TIMED_OUT."""
    if execution["status"] != "RUNNING":
        return
    execution.update(status="TIMED_OUT", stopDate=sfn.now_iso(), error="States.Timeout", cause=None)
    sfn._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {"error": "States.Timeout"}})
    sfn._emit_execution_status_event(execution)
