"""Reads an xls from standard input and prints its sheets as JSON: a program of its own, so that a damaged file can do no harm.

The library believes the sizes that an xls names, and ends the process when it cannot have that much memory. `sheets.py` runs this with
`python -m`; here the memory is bounded, and whatever happens is no more than a file that cannot be read.
"""

import io
import resource
import sys

_MOST_MEMORY = 2 << 30
_MOST_SECONDS = 120
LOCKED = 3
"""The exit code for an xls with a password."""


def main() -> int:
    """Print title, whether it is hidden, and rows of each sheet; the exit code."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_SECONDS, _MOST_SECONDS))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    import orjson
    import python_calamine as calamine

    try:
        workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
    except calamine.PasswordError:
        return LOCKED
    sheets = [
        (
            sheet.name,
            sheet.visible != calamine.SheetVisibleEnum.Visible,
            workbook.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False),
        )
        for sheet in workbook.sheets_metadata
    ]
    sys.stdout.buffer.write(orjson.dumps(sheets, default=str))
    return 0


if __name__ == "__main__":
    sys.exit(main())
