"""test_types.py - the script that the types are held against also runs."""

from __future__ import annotations

from pathlib import Path


def test_the_typed_script_runs(scripts):
    output = scripts.run((Path(__file__).parent / "typed_script.py").read_text())
    assert output.startswith("None 0.1 ('typed',)")
    assert scripts.logs()
