#!/usr/bin/env python3
"""Writes the migrations as one C table: embed_sql.py OUT.c 0001_name.sql ...

A migration's first line says who may still write once it is applied: `-- oldest writer: 0.1.0`.
"""

import pathlib
import re
import sys


def c_string(text):
    lines = text.splitlines(keepends=True)
    quoted = (line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") for line in lines)
    return "\n".join(f'      "{line}"' for line in quoted)


def main():
    out, *sources = map(pathlib.Path, sys.argv[1:])
    rows = []
    for version, source in enumerate(sorted(sources, key=lambda path: path.name), 1):
        text = source.read_text()
        header = re.match(r"-- oldest writer: (\d+\.\d+\.\d+)\n", text)
        if header is None or not source.name.startswith(f"{version:04}_"):
            sys.exit(f"{source.name}: should be number {version:04} and begin with '-- oldest writer: X.Y.Z'")
        rows.append(f'    {{ "{source.stem}", "{header[1]}",\n{c_string(text)} }},')
    out.write_text(
        '#include "server/store/db_driver.h"\n\nconst struct migration migrations[] = {\n'
        + "\n".join(rows)
        + "\n};\nconst size_t migration_count = sizeof migrations / sizeof migrations[0];\n"
    )


if __name__ == "__main__":
    main()
