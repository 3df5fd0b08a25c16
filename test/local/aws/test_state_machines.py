"""Executions end as on AWS, and tell the default bus about it."""

import json
import uuid

import pytest
from aws_twin import ROLE, eventually

ERROR = "export const handler = async (event) => { throw Object.assign(new Error('x'), { name: event.name }) }"


def task(function: str, **fields) -> dict:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        "OutputPath": "$.Payload",
        **fields,
    }


def machine(states: dict, start: str, **fields) -> dict:
    return {"StartAt": start, "States": states, **fields}


def test_catch_matches_the_error_s_own_name(aws):
    catch = [{"ErrorEquals": ["RefusedError"], "ResultPath": "$.error", "Next": "Refused"}]
    states = {"Work": task(aws.function(ERROR), Catch=catch, End=True), "Refused": {"Type": "Pass", "End": True}}
    arn = aws.machine(machine(states, "Work"))
    caught = aws.ended(aws.start(arn, {"name": "RefusedError"}))
    assert caught["status"] == "SUCCEEDED"
    assert json.loads(caught["output"])["error"]["Error"] == "RefusedError"
    other = aws.ended(aws.start(arn, {"name": "AuditError"}))
    assert (other["status"], other["error"]) == ("FAILED", "AuditError")


def test_a_function_at_its_reserved_concurrency_throttles_by_name(aws):
    function = aws.function("export const handler = async () => 1")
    aws.client("lambda").put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    ended = aws.ended(aws.start(aws.machine(machine({"Work": task(function, End=True)}, "Work"))))
    assert (ended["status"], ended["error"]) == ("FAILED", "Lambda.TooManyRequestsException")


@pytest.fixture
def status_events(aws):
    """A queue behind an EventBridge rule on every execution's status; answers the statuses seen of one execution."""
    sqs, events, name = aws.client("sqs"), aws.client("events"), f"q-{uuid.uuid4().hex[:8]}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.states"], "detail-type": ["Step Functions Execution Status Change"]}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
    seen: list[dict] = []

    def statuses(execution: str) -> list[str]:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            seen.append(json.loads(message["Body"])["detail"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [detail["status"] for detail in seen if detail["executionArn"] == execution]

    yield statuses
    events.remove_targets(Rule=name, Ids=["queue"])
    events.delete_rule(Name=name)


def wait_state(seconds: int) -> dict:
    return {"Wait": {"Type": "Wait", "Seconds": seconds, "End": True}}


def test_every_end_is_told_to_the_default_bus(aws, status_events):
    good = aws.start(aws.machine(machine({"Done": {"Type": "Succeed"}}, "Done")))
    bad = aws.start(aws.machine(machine({"No": {"Type": "Fail", "Error": "E", "Cause": "c"}}, "No")))
    stopped = aws.start(aws.machine(machine(wait_state(60), "Wait")))
    late = aws.start(aws.machine(machine(wait_state(60), "Wait", TimeoutSeconds=1)))
    aws.client("stepfunctions").stop_execution(executionArn=stopped)
    for execution, end in ((good, "SUCCEEDED"), (bad, "FAILED"), (stopped, "ABORTED"), (late, "TIMED_OUT")):
        eventually(lambda e=execution, s=end: s in status_events(e))
        assert status_events(execution) == ["RUNNING", end]


def test_a_rule_on_the_status_calls_a_lambda(aws):
    name = f"r-{uuid.uuid4().hex[:8]}"
    s3, events = aws.client("s3"), aws.client("events")
    s3.create_bucket(Bucket=name)
    code = """export const handler = async (event) => {
      await fetch(`${process.env.AWS_ENDPOINT_URL}/${process.env.BUCKET}/event`, { method: 'PUT', body: JSON.stringify(event) })
    }"""
    function = aws.function(code, Environment={"Variables": {"BUCKET": name}})
    arn = aws.machine(machine(wait_state(60), "Wait"))
    detail = {"stateMachineArn": [arn], "status": ["ABORTED", "TIMED_OUT"]}
    events.put_rule(Name=name, EventPattern=json.dumps({"source": ["aws.states"], "detail": detail}))
    events.put_targets(Rule=name, Targets=[{"Id": "report", "Arn": function}])
    execution = aws.start(arn)
    aws.client("stepfunctions").stop_execution(executionArn=execution)
    eventually(lambda: s3.list_objects_v2(Bucket=name)["KeyCount"])
    event = json.loads(s3.get_object(Bucket=name, Key="event")["Body"].read())
    assert (event["detail"]["executionArn"], event["detail"]["status"]) == (execution, "ABORTED")


def test_a_stopped_execution_starts_nothing_more(aws, tmp_path):
    """Stopped inside the first of two steps of a Map's item: the step may end, the next never begins.

    Another execution of the same machine starts when the first step is let go: when it has been through both steps,
    the stopped one, which is ahead of it, would have been as well.
    """
    code = f"""import {{ existsSync, writeFileSync }} from 'node:fs'
    import {{ setTimeout }} from 'node:timers/promises'
    export const handler = async ({{ run, step }}) => {{
      writeFileSync(`{tmp_path}/${{run}}-${{step}}`, '')
      while (step === 1 && !existsSync('{tmp_path}/go')) await setTimeout(5)
      if (step === 1) throw new Error('after the stop')
    }}"""
    function = aws.function(code)
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "Second"}]

    def step(number: int, **fields) -> dict:
        payload = {"run.$": "$$.Execution.Name", "step": number}
        return task(function, Parameters={"FunctionName": function, "Payload": payload}, ResultPath=None, OutputPath="$", **fields)

    items = {"StartAt": "First", "States": {"First": step(1, Catch=catch, End=True), "Second": step(2, End=True)}}
    item_map = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": items, "Catch": catch, "End": True}
    arn = aws.machine(machine({"Items": item_map, "Second": step(2, End=True)}, "Items"))

    stopped = aws.start(arn, {"items": [1]})
    seen = lambda execution, number: (tmp_path / f"{execution.rsplit(':', 1)[1]}-{number}").exists()  # noqa: E731
    eventually(lambda: seen(stopped, 1))
    aws.client("stepfunctions").stop_execution(executionArn=stopped, error="Stopped", cause="by a test")
    (tmp_path / "go").touch()
    other = aws.start(arn, {"items": [1]})
    assert aws.ended(other)["status"] == "SUCCEEDED"
    assert seen(other, 2)
    assert not seen(stopped, 2)
    described = aws.ended(stopped)
    assert (described["status"], described["error"], described["cause"]) == ("ABORTED", "Stopped", "by a test")


def test_a_task_that_fails_after_the_stop_leaves_the_execution_aborted(aws, status_events, tmp_path):
    code = f"""import {{ existsSync, writeFileSync }} from 'node:fs'
    import {{ setTimeout }} from 'node:timers/promises'
    export const handler = async () => {{
      writeFileSync('{tmp_path}/begun', '')
      while (!existsSync('{tmp_path}/go')) await setTimeout(5)
      throw new Error('after the stop')
    }}"""
    arn = aws.machine(machine({"Work": task(aws.function(code), End=True)}, "Work"))
    stopped = aws.start(arn)
    eventually((tmp_path / "begun").exists)
    aws.client("stepfunctions").stop_execution(executionArn=stopped)
    (tmp_path / "go").touch()
    other = aws.start(arn)
    assert aws.ended(other)["status"] == "FAILED"
    eventually(lambda: "FAILED" in status_events(other))
    assert aws.ended(stopped)["status"] == "ABORTED"
    assert status_events(stopped) == ["RUNNING", "ABORTED"]


def test_a_machine_s_timeout_ends_the_execution(aws):
    ended = aws.ended(aws.start(aws.machine(machine(wait_state(60), "Wait", TimeoutSeconds=1))))
    assert (ended["status"], ended["error"]) == ("TIMED_OUT", "States.Timeout")


def test_a_machine_within_its_timeout_succeeds(aws):
    states = {"Done": {"Type": "Succeed"}}
    assert aws.ended(aws.start(aws.machine(machine(states, "Done", TimeoutSeconds=30))))["status"] == "SUCCEEDED"


def test_a_distributed_map_reads_its_items_from_the_bucket(aws):
    name, s3 = f"b-{uuid.uuid4().hex[:8]}", aws.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="tables.json", Body=json.dumps([{"table": "a"}, {"table": "b"}]))
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON"},
        "Parameters": {"Bucket": name, "Key.$": "$.items"},
    }
    item = {"StartAt": "Say", "States": {"Say": {"Type": "Pass", "End": True}}}
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **item}
    tables = {
        "Type": "Map",
        "ItemReader": reader,
        "ItemSelector": {"table.$": "$$.Map.Item.Value.table", "run.$": "$$.Execution.Name"},
        "ItemProcessor": processor,
        "End": True,
    }
    execution = aws.start(aws.machine(machine({"Tables": tables}, "Tables")), {"items": "tables.json"})
    run = execution.rsplit(":", 1)[1]
    assert json.loads(aws.ended(execution)["output"]) == [{"table": t, "run": run} for t in ("a", "b")]


def test_a_schedule_may_start_a_state_machine(aws):
    scheduler = aws.client("scheduler")
    arn = aws.machine(machine({"Done": {"Type": "Succeed"}}, "Done"))
    name = f"s-{uuid.uuid4().hex[:8]}"
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression="cron(0 2 * * ? *)",
        ScheduleExpressionTimezone="America/Sao_Paulo",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": ROLE, "Input": "{}"},
    )
    schedule = scheduler.get_schedule(Name=name)
    assert (schedule["ScheduleExpressionTimezone"], schedule["Target"]["Arn"]) == ("America/Sao_Paulo", arn)
