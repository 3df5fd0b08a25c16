"""What Snowflake says where a stage's files cannot be got at, or are not what they should be.

By its guide "Troubleshoot Snowpipe" and what drivers' users quote. The code of a file that is no Parquet is not known.
"""

from errors import SnowflakeError

CAUSES = (
    'There are several potential causes. The file might not exist. The required credentials may be missing or invalid. If '
    'you are running a copy command, please make sure files are not deleted when they are being loaded or files are not '
    'being loaded into two different tables concurrently with auto purge option.'
)


def not_found(file: str) -> SnowflakeError:
    return SnowflakeError('091016', '22000', f"Remote file '{file}' was not found. {CAUSES}")


def of_duckdb(text: str) -> SnowflakeError | None:
    """The error for what DuckDB says of a file or a bucket; None if that is about something else. `text` is all of it."""
    file = text.split("'")[1] if text.count("'") > 1 else text.partition('"')[2].partition('"')[0]
    first = text.split('\n')[0]
    if 'NoSuchBucket' in text:
        return _stage_area('The specified bucket does not exist (Status Code: 404; Error Code: NoSuchBucket)')
    if 'HTTP 403' in text and 'InvalidAccessKeyId' in text:
        return _stage_area('The AWS Access Key Id you provided is not valid.')
    if 'HTTP 403' in text:
        if file.count('/') > 3:
            told = 'Failed to access remote file: access denied. Please check your credentials'
            return SnowflakeError('100089', '42501', told)
        return _stage_area('Access Denied (Status Code: 403; Error Code: AccessDenied)')
    if 'Could not connect' in text or 'Could not establish connection' in text:
        return _stage_area(first)
    if 'HTTP 404' in text or 'No files found that match' in text:
        return not_found(file)
    for sign, told in _BROKEN.items():
        if sign in text:
            return SnowflakeError(
                '100000', '22000', f"Error parsing the parquet file: Invalid: {told}\n  File '{file}'"
            )
    return None


_BROKEN = {
    'No magic bytes found': 'Parquet magic bytes not found in footer. Either the file is corrupted or this is not a '
                            'parquet file.',
    'too small to be a Parquet file': 'Parquet file size is smaller than the minimum file footer (8 bytes)',
    'Failed to read file': 'a column chunk cannot be read',
    'Footer length error': 'the footer cannot be read',
    "Parquet footer": 'the footer cannot be read',
}  # fmt: skip


def _stage_area(cause: str) -> SnowflakeError:
    return SnowflakeError('091003', '22000', f'Failure using stage area. Cause: [{cause}]')
