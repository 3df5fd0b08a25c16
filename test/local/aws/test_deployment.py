"""What our stack says to CloudFormation arrives in the resources."""

import json
import uuid

from aws_twin import ROLE

TEMPLATE = {
    "Resources": {
        "Extract": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "nodejs24.x",
                "Handler": "index.handler",
                "Role": ROLE,
                "Code": {"ZipFile": "exports.handler = async () => 1"},
                "ReservedConcurrentExecutions": 4,
            },
        },
        "Daily": {
            "Type": "AWS::Scheduler::Schedule",
            "Properties": {
                "Name": None,
                "ScheduleExpression": "cron(0 2 * * ? *)",
                "ScheduleExpressionTimezone": "America/Sao_Paulo",
                "FlexibleTimeWindow": {"Mode": "OFF"},
                "Target": {"Arn": "arn:aws:states:us-east-1:000000000000:stateMachine:m", "RoleArn": ROLE},
            },
        },
    },
    "Outputs": {"Function": {"Value": {"Ref": "Extract"}}},
}


def test_concurrency_and_time_zone_are_set_and_changed(aws):
    cloudformation, name = aws.client("cloudformation"), f"c-{uuid.uuid4().hex[:8]}"
    template = json.loads(json.dumps(TEMPLATE))
    extract, daily = (template["Resources"][part]["Properties"] for part in ("Extract", "Daily"))
    daily["Name"] = name
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    [output] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    assert settings(aws, output["OutputValue"], name) == (4, "America/Sao_Paulo")

    extract["ReservedConcurrentExecutions"], daily["ScheduleExpressionTimezone"] = 2, "Europe/Lisbon"
    cloudformation.update_stack(StackName=name, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    assert settings(aws, output["OutputValue"], name) == (2, "Europe/Lisbon")


def settings(aws, function: str, schedule: str) -> tuple[int | None, str]:
    reserved = aws.client("lambda").get_function_concurrency(FunctionName=function)
    zone = aws.client("scheduler").get_schedule(Name=schedule)["ScheduleExpressionTimezone"]
    return reserved.get("ReservedConcurrentExecutions"), zone
