#!/usr/bin/env python3
"""Turns the built web page into a C table: path, media type, digest, and the bytes, compressed where that helps.

Usage: embed_assets.py FOLDER OUTPUT.c DEPFILE. A folder that does not exist gives an empty table: the server then
says that it was built without the page.
"""

import gzip
import hashlib
import pathlib
import sys

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


def c_bytes(data):
    lines = []
    for start in range(0, len(data), 32):
        lines.append(",".join(str(byte) for byte in data[start : start + 32]))
    return ",\n".join(lines) or "0"


def main():
    folder, output, depfile = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    found = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in MEDIA_TYPES)
    arrays, rows = [], []
    for number, path in enumerate(found):
        plain = path.read_bytes()
        small = gzip.compress(plain, 9, mtime=0)
        is_gzip = len(small) < len(plain) * 9 // 10
        data = small if is_gzip else plain
        arrays.append(f"static const unsigned char asset_{number}[] = {{\n{c_bytes(data)}\n}};\n")
        name = "/" + path.relative_to(folder).as_posix()
        digest = hashlib.sha256(plain).hexdigest()[:16]
        rows.append(
            f'    {{ STR_INIT("{name}"), STR_INIT("{MEDIA_TYPES[path.suffix]}"), STR_INIT("\\"{digest}\\""), '
            f"asset_{number}, sizeof asset_{number}, {str(is_gzip).lower()} }},\n"
        )
    text = '#include "server/api/web_assets.h"\n\n' + "\n".join(arrays)
    text += "\nconst struct web_asset web_assets[] = {\n" + "".join(rows)
    text += "    { .path = STR_INIT(\"\") },\n};\n"
    text += f"const size_t web_asset_count = {len(found)};\n"
    # Left alone when it is the same, so that the build does not compile it again.
    if not output.exists() or output.read_text() != text:
        output.write_text(text)
    depfile.write_text(f"{output.name}: " + " ".join(str(path).replace(" ", "\\ ") for path in found) + "\n")


if __name__ == "__main__":
    main()
