"""The extractor finds each document that a package would send, however the package assembles it."""

from __future__ import annotations

import pytest

from tests.official.extract_documents import extract

SOURCES = {
    "plain": ('Q = """query Plain { a }"""', {"query Plain { a }"}),
    "gql call": ('def f():\n    q = gql("query Call { a }")\n', {"query Call { a }"}),
    "fragment of another module": (
        "from wandb.fragments import PART_FRAGMENT\n"
        'def f(client):\n    client.execute(gql("query P { ...Part } " + PART_FRAGMENT))\n',
        {"query P { ...Part } fragment Part on T { b }"},
    ),
    "percent": ('def f():\n    gql("query P { a(%s) }" % ("x: 1" if y else "x: 2"))\n', {"query P { a(x: 1) }", "query P { a(x: 2) }"}),
    "format": ('def f():\n    gql("query F {{ {} }}".format("a"))\n', {"query F { a }"}),
    "f-string": ('def f():\n    name = "a"\n    return f"query S {{ {name} }}"\n', {"query S { a }"}),
    "branches that belong together": (
        "def f(new):\n"
        '    types = values = ""\n'
        "    if new:\n"
        '        types += "$x: Int"\n'
        '        values += "x: $x"\n'
        '    text = "mutation M($y: Int, _TYPES_HERE_) { m(y: $y, _VALUES_HERE_) }"\n'
        '    gql(text.replace("_TYPES_HERE_", types).replace("_VALUES_HERE_", values))\n',
        {"mutation M($y: Int, ) { m(y: $y, ) }", "mutation M($y: Int, $x: Int) { m(y: $y, x: $x) }"},
    ),
    "name chosen by a function": (
        'def pick(new):\n    if new:\n        return "newer"\n    return "older"\n'
        'def f():\n    gql("query N { %s }" % pick(True))\n',
        {"query N { newer }", "query N { older }"},
    ),
    "class constant": ('class C:\n    QUERY = gql("""query K { a }""")\n', {"query K { a }"}),
    "not a document": ('TEXT = "a query about { nothing }"\n', set()),
}


@pytest.mark.parametrize("name", SOURCES)
def test_extract__finds_documents_in_python(tmp_path, name):
    source, expected = SOURCES[name]
    package = tmp_path / "wandb"
    package.mkdir()
    (package / "fragments.py").write_text('PART_FRAGMENT = """fragment Part on T { b }"""\n')
    (package / "module.py").write_text(source)
    assert {" ".join(document.text.split()) for document in extract(tmp_path)} == expected


def test_extract__finds_documents_in_a_program(tmp_path):
    (tmp_path / "wandb" / "bin").mkdir(parents=True)
    documents = (
        b"\nquery First ($a: In = {b: 1}) {\n\tx(a: $a) {\n\t\t... F\n\t}\n}\nfragment F on T {\n\ty\n}\n",
        b"\nmutation Second {\n\tz\n}\n",
    )
    program = b"\x00text before" + documents[0] + b"runtime error: {" + documents[1] + b"\xffafter }"
    (tmp_path / "wandb" / "bin" / "wandb-core").write_bytes(program)
    found = {document.name: document.text for document in extract(tmp_path)}
    assert found == {"First": documents[0].decode()[:-1], "Second": documents[1].decode()[:-1]}
