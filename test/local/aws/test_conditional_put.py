"""S3's conditional writes, which chunks and leases rest upon. Not mended: ministack has them, and must keep them."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def bucket(aws):
    name = f"b-{uuid.uuid4().hex[:8]}"
    aws.client("s3").create_bucket(Bucket=name)
    return name


def refused(put) -> str:
    with pytest.raises(ClientError) as refusal:
        put()
    return refusal.value.response["Error"]["Code"]


def test_if_none_match_writes_once(aws, bucket):
    s3 = aws.client("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"first", IfNoneMatch="*")
    code = refused(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"second", IfNoneMatch="*"))
    assert code == "PreconditionFailed"
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"first"


def test_if_match_writes_over_what_was_read_only(aws, bucket):
    s3 = aws.client("s3")
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["ETag"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch=first)
    assert refused(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"3", IfMatch=first)) == "PreconditionFailed"
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"


def test_if_match_on_nothing_is_not_found(aws, bucket):
    put = lambda: aws.client("s3").put_object(Bucket=bucket, Key="none", Body=b"1", IfMatch='"abc"')  # noqa: E731
    assert refused(put) == "NoSuchKey"


def test_of_many_at_once_one_writes(aws, bucket):
    clients = [aws.client("s3") for _ in range(8)]

    def put(client) -> bool:
        try:
            client.put_object(Bucket=bucket, Key="k", Body=b"x", IfNoneMatch="*")
            return True
        except ClientError:
            return False

    with ThreadPoolExecutor(len(clients)) as pool:
        assert list(pool.map(put, clients)).count(True) == 1
