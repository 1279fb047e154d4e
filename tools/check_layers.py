#!/usr/bin/env python3
"""Reads every #include and fails when a folder uses one that stands above it.

The order is the architecture: base knows nobody; http, graphql, blobs, sweep and store know base; history knows
store and blobs; api knows them all; the command line is on top. Server and client never meet.
"""

import pathlib
import re
import sys

ALLOWED = {
    "base": set(),
    "server/http": {"base"},
    "server/graphql": {"base"},
    "server/blobs": {"base"},
    "server/sweep": {"base"},
    "server/store": {"base"},
    "server/history": {"base", "server/store", "server/blobs"},
    "server/api": {"base", "server/http", "server/graphql", "server/blobs", "server/sweep", "server/store", "server/history"},
    "server/transfer": {"base", "server/blobs", "server/store"},
    "server": {"base", "server/http", "server/graphql", "server/blobs", "server/sweep", "server/store", "server/history", "server/api"},
    "client": {"base"},
    "python/core": {"base", "client"},
}
ALLOWED["cli"] = set(ALLOWED) - {"python/core"}

# The one door to SQL.
SQL_DOOR = re.compile(r'#include\s+[<"](sqlite3|libpq-fe)\.h')
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def folder_of(path):
    parts = path.split("/")
    for depth in (2, 1):
        name = "/".join(parts[:depth])
        if name in ALLOWED:
            return name
    return None


def main():
    wrong = []
    root = pathlib.Path(__file__).resolve().parent.parent
    for source in sorted(root.glob("**/*.[ch]")) + sorted(root.glob("**/*.cc")):
        path = source.relative_to(root).as_posix()
        folder = folder_of(path)
        if folder is None or path.startswith("build/"):
            continue
        text = source.read_text()
        for target in INCLUDE.findall(text):
            used = folder_of(target)
            if used is not None and used != folder and used not in ALLOWED[folder]:
                wrong.append(f"{path}: {folder} may not use {used} ({target})")
        if SQL_DOOR.search(text) and not path.startswith("server/store/"):
            wrong.append(f"{path}: SQL is only spoken in server/store")
    print("\n".join(wrong) or "layers: every include points the right way")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
