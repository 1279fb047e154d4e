#!/usr/bin/env python3
"""Prints the manual page, made from what the program says of itself. Usage: man.py PROGRAM VERSION"""

import re
import subprocess
import sys

FILES = [
    ("/etc/barograph/barograph.env", "what the service is told, as BAROGRAPH_NAME=value"),
    ("/var/lib/barograph", "the data; admin.key holds the first administrator's key"),
    ("/usr/share/doc/barograph", "operations, accounts, moving, PostgreSQL and S3"),
]


def plain(text: str) -> str:
    """Text that means nothing to roff."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text


def help_of(program: str, *command: str) -> str:
    return subprocess.run([program, "help", *command], capture_output=True, text=True, check=True).stdout


def main(program: str, version: str) -> None:
    commands = re.findall(r"^  (\w+) +(.+)$", help_of(program), re.MULTILINE)
    print(f'.TH BAROGRAPH 1 "" "barograph {version}" "Barograph"')
    print(".SH NAME\nbarograph \\- tracker of machine\\-learning experiments")
    print(".SH SYNOPSIS\n.B barograph\n.I COMMAND\n.RI [ ARGUMENTS ]")
    print(".SH DESCRIPTION\nServer, store, web page and command line in one program.")
    print("Each option is also an environment variable: \\-\\-tls\\-cert is BAROGRAPH_TLS_CERT.")
    print(".SH COMMANDS")
    for name, summary in commands:
        print(f".SS {name}\n{plain(summary)}\n.PP\n.nf")
        print("\n".join(plain(line) for line in help_of(program, name).splitlines()))
        print(".fi")
    print(".SH FILES")
    for path, what in FILES:
        print(f".TP\n.I {plain(path)}\n{plain(what)}")
    print(".SH EXIT STATUS\n0: done. 1: it failed. 2: it was asked for wrongly.")


main(*sys.argv[1:3])
