"""A pandas DataFrame of rows. pandas is an extra, imported where it is used."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from scratchnet.support.validation import InputError


def frame(rows: Sequence[Mapping[str, Any]]) -> Any:
    """One row for each mapping. A missing number is NaN. Raises InputError without pandas."""
    try:
        import pandas
    except ImportError as error:
        raise InputError('to_frame needs the library pandas: pip install "scratchnet[pandas]"') from error
    columns = list(rows[0]) if rows else []
    numbers = [name for name in columns if all(_is_number_or_none(row[name]) for row in rows)]
    filled = [{**row, **{name: math.nan for name in numbers if row[name] is None}} for row in rows]
    return pandas.DataFrame(filled, columns=columns)


def _is_number_or_none(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
