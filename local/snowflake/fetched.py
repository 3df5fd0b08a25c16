"""A bucket's files brought here whole before they are read: one request each, where DuckDB asks for every row group."""

import contextlib
import os
import tempfile
from collections.abc import Iterator

from session import Session


@contextlib.contextmanager
def fetched(session: Session, files: list[str]) -> Iterator[dict[str, str]]:
    """Each file's name in the bucket, by where it is here for as long as the block lasts. Raises what DuckDB raises."""
    with tempfile.TemporaryDirectory(prefix='firn-copy-') as folder:
        here = {os.path.join(folder, f'{place}.parquet'): file for place, file in enumerate(files)}
        for place, file in here.items():
            (content,) = session.duck.execute('SELECT content FROM read_blob(?)', [file]).fetchone()
            with open(place, 'wb') as out:
                out.write(content)
        yield here
