"""Mends what ministack's CloudFormation leaves out of our resources.

- AWS::Lambda::Function: ReservedConcurrentExecutions, so that the cap on MySQL connections is one here, too.
- AWS::Scheduler::Schedule: ScheduleExpressionTimezone.
"""


def mend() -> None:
    """Put the mendings into the imported ministack."""
    from ministack.services import lambda_svc, scheduler
    from ministack.services.cloudformation import provisioners

    functions = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    schedules = provisioners._RESOURCE_HANDLERS["AWS::Scheduler::Schedule"]

    def reserve(name: str, properties: dict) -> None:
        reserved = properties.get("ReservedConcurrentExecutions")
        lambda_svc._functions[name]["concurrency"] = None if reserved is None else int(reserved)

    def set_zone(name: str, properties: dict) -> None:
        schedule = scheduler._schedules[f"{properties.get('GroupName', 'default')}/{name}"]
        schedule["ScheduleExpressionTimezone"] = properties.get("ScheduleExpressionTimezone", "UTC")

    functions["create"] = _afterwards(functions["create"], 1, reserve)
    functions["update"] = _afterwards(functions["update"], 2, reserve)
    schedules["create"] = _afterwards(schedules["create"], 1, set_zone)
    schedules["update"] = _afterwards(schedules["update"], 2, set_zone)


def _afterwards(handler, position: int, then):
    """The handler, followed by `then(physical name, properties)`; the properties are its argument at `position`."""

    def handle(*arguments, **options):
        result = handler(*arguments, **options)
        then(result[0], arguments[position])
        return result

    return handle
