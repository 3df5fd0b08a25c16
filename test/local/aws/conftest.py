"""One AWS twin for all tests; local/aws importable."""

import sys

import pytest
from aws_twin import TWIN, twin

sys.path.insert(0, str(TWIN.parent))


@pytest.fixture(scope="session")
def aws(tmp_path_factory):
    with twin(tmp_path_factory.mktemp("aws")) as (_, aws):
        yield aws
