#!/usr/bin/env python3
"""Writes the migrations as one C table: embed_sql.py OUT.c 0001_name.sql ...

A migration's name begins with its version, and its first line says who may still write once it is applied:
`-- oldest writer: 0.1.0`.
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
    for source in sorted(sources, key=lambda path: path.name):
        text = source.read_text()
        name = re.match(r"(\d{4})_\w+\.sql$", source.name)
        header = re.match(r"-- oldest writer: (\d+\.\d+\.\d+)\n", text)
        if name is None or header is None:
            sys.exit(f"{source.name}: should be named NNNN_words.sql and begin with '-- oldest writer: X.Y.Z'")
        rows.append(f'    {{ {int(name[1])}, "{source.stem}", "{header[1]}",\n{c_string(text)} }},')
    out.write_text(
        '#include "server/store/db/db_driver.h"\n\nconst struct migration migrations[] = {\n'
        + "\n".join(rows)
        + "\n};\nconst size_t migration_count = sizeof migrations / sizeof migrations[0];\n"
    )


if __name__ == "__main__":
    main()
