#!/usr/bin/env python3
"""Prints the 20 longest functions and fails on new ones that are too tangled (cyclomatic complexity above 25).

A size is a smell, not a law; tables and switches with a line per case may be as long as the list they are.
"""

import pathlib
import re
import sys

TANGLED = 25
FUNCTION = re.compile(r"^(?!\s|#|/|\}|typedef |extern )[\w\s\*]*?\b(\w+)\([^;{=]*\)\s*\{$", re.M)
BRANCH = re.compile(r"\b(?:if|for|while)\b|&&|\|\||\?(?!\?)")
NOISE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'', re.S)


def functions(text):
    for match in FUNCTION.finditer(text):
        end = text.find("\n}", match.end())
        if end < 0:
            continue
        body = text[match.end() : end]
        yield match.group(1), body.count("\n") + 2, 1 + len(BRANCH.findall(body))


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    rows = []
    for folder in ("base", "server", "cli", "client", "python/core"):
        for source in sorted((root / folder).glob("**/*.c")):
            text = NOISE.sub(lambda m: "\n" * m.group(0).count("\n"), source.read_text())
            for name, lines, complexity in functions(text):
                rows.append((lines, complexity, f"{source.relative_to(root)}:{name}"))
    rows.sort(reverse=True)
    print("lines  branches  function")
    for lines, complexity, place in rows[:20]:
        print(f"{lines:5}  {complexity:8}  {place}")
    tangled = [row for row in rows if row[1] > TANGLED]
    for lines, complexity, place in tangled:
        print(f"too tangled: {place} has {complexity} branches, {TANGLED} are allowed")
    return bool(tangled)


if __name__ == "__main__":
    sys.exit(main())
