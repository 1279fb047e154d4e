"""extract_documents.py - the GraphQL documents that an installed official client can send.

Nothing of that client is kept here: its documents are read out of the installed package each time
a test needs them. Python sources are evaluated symbolically (strings, `+`, `%`, `.format`,
`.replace`, f-strings and both branches of every `if`), because the older clients assemble their
documents at run time; the Go program keeps its documents as plain text, each one closed by its own
braces.

Run as a program it prints one line per document, or the documents themselves:

    python extract_documents.py SITE_PACKAGES [--show NAME]
"""

from __future__ import annotations

import ast
import itertools
import re
import sys
from dataclasses import dataclass
from pathlib import Path

# A document with several optional parts has a value for each choice; more than this many is a sign
# of a loop that we evaluate wrongly, and the first ones already name every field.
MAX_VALUES = 64

OPERATION = re.compile(r"^\s*(?:#[^\n]*\s+)*(query|mutation)\s*(\w*)\s*[({]", re.MULTILINE)
GO_OPERATION = re.compile(rb"\n(?:query|mutation) \w+ ?[({]")
GO_FRAGMENT = re.compile(rb"\nfragment \w+ on \w+ \{")


@dataclass(frozen=True)
class Document:
    """One text that may be sent, with the place it was found at."""

    source: str
    name: str
    text: str


def extract(site_packages: Path) -> list[Document]:
    """Every document of the `wandb` package under site_packages, each text once."""
    package = site_packages / "wandb"
    found = list(_python_documents(package))
    core = package / "bin" / "wandb-core"
    if core.exists():
        found += _go_documents(core)
    unique: dict[str, Document] = {}
    for document in found:
        unique.setdefault(" ".join(document.text.split()), document)
    return sorted(unique.values(), key=lambda d: (d.source, d.name, d.text))


def operation_name(text: str) -> str | None:
    """The name of the first operation in text, "" for one without name, None if there is none."""
    match = OPERATION.search(text)
    return match.group(2) if match else None


# --- the Go program ---------------------------------------------------------------------------


def _go_documents(core: Path) -> list[Document]:
    data = core.read_bytes()
    documents = []
    for match in GO_OPERATION.finditer(data):
        end = _end_of_braces(data, match.start())
        while end and (fragment := GO_FRAGMENT.match(data, end)):
            end = _end_of_braces(data, fragment.start())
        if end:
            text = data[match.start() : end].decode("utf-8", "replace")
            documents.append(Document("bin/wandb-core", operation_name(text) or "", text))
    return documents


def _end_of_braces(data: bytes, start: int, limit: int = 100_000) -> int | None:
    """Where the first selection set after start is closed; arguments' braces are in parentheses."""
    braces = parentheses = 0
    for index in range(start, min(len(data), start + limit)):
        byte = data[index : index + 1]
        if byte == b"(":
            parentheses += 1
        elif byte == b")":
            parentheses -= 1
        elif byte == b"{" and parentheses == 0:
            braces += 1
        elif byte == b"}" and parentheses == 0:
            braces -= 1
            if braces == 0:
                following = index + 1
                return following + 1 if data[following : following + 1] == b"\n" and not (
                    GO_FRAGMENT.match(data, following)
                ) else following
    return None


# --- the Python sources -----------------------------------------------------------------------


def _python_documents(package: Path):
    trees = {}
    for path in sorted(package.rglob("*.py")):
        if "vendor" not in path.parts and "proto" not in path.parts:
            trees[path] = ast.parse(path.read_text(encoding="utf-8"))
    shared = _shared_constants(trees)
    for path, tree in trees.items():
        source = str(path.relative_to(package))
        evaluator = _Evaluator(shared)
        evaluator.run(tree.body, dict(shared))
        for text in evaluator.texts:
            name = operation_name(text)
            if name is not None and "{" in text:
                yield Document(source, name, text)


def _shared_constants(trees) -> dict[str, list[str]]:
    """Module constants that hold GraphQL, by name: fragments are imported across modules."""
    constants: dict[str, list[str]] = {}
    for _ in range(2):  # the second round resolves constants made of constants
        for tree in trees.values():
            evaluator = _Evaluator(constants)
            env = dict(constants)
            evaluator.run([s for s in tree.body if isinstance(s, ast.Assign)], env)
            for name, values in env.items():
                if any("fragment " in v or operation_name(v) is not None for v in values):
                    constants[name] = values
    return constants


class _Evaluator:
    """Runs statements over sets of possible strings and keeps every string that may be a document."""

    def __init__(self, constants: dict[str, list[str]]):
        self.constants = constants
        self.texts: list[str] = []

    def run(self, statements, env) -> None:
        for statement in statements:
            self._statement(statement, env)

    def _statement(self, node, env) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            inner = dict(env)
            self.run(node.body, inner)
            if isinstance(node, ast.ClassDef):
                self._keep_unassembled(inner, env)
                env.update({k: v for k, v in inner.items() if k not in env})
            return
        if isinstance(node, ast.If):
            self._branches(env, [node.body, node.orelse])
        elif isinstance(node, ast.Try):
            handlers = [handler.body for handler in node.handlers]
            self._branches(env, [node.body + node.orelse + node.finalbody, *handlers])
        elif isinstance(node, (ast.For, ast.While)):
            self._branches(env, [node.body, []])
        elif isinstance(node, ast.With):
            self.run(node.body, env)
        else:
            self._calls(node, env)
            self._assign(node, env)

    def _branches(self, env, bodies) -> None:
        results = []
        for body in bodies:
            inner = dict(env)
            self.run(body, inner)
            results.append(inner)
        for name in {name for result in results for name in result}:
            values = itertools.chain.from_iterable(r.get(name, []) for r in results)
            env[name] = list(dict.fromkeys(values))[:MAX_VALUES]

    def _assign(self, node, env) -> None:
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            joined = self._join([env.get(node.target.id, []), self.values(node.value, env)])
            env[node.target.id] = joined
            return
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        for target in targets:
            name = target.id if isinstance(target, ast.Name) else getattr(target, "attr", None)
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and value is not None and name:
                values = self.values(value, env)
                if values:
                    env[name] = values
                self.texts += [v for v in values if self._is_whole(v, name)]

    def _keep_unassembled(self, inner, env) -> None:
        """A class may hold a whole document that only its methods send."""
        for name, values in inner.items():
            if name not in env:
                self.texts += [v for v in values if self._is_whole(v, name)]

    @staticmethod
    def _is_whole(text: str, name: str) -> bool:
        """Module constants in capitals are sent as they are, unless placeholders are left."""
        return bool(name.isupper() and operation_name(text) is not None and not _is_template(text))

    def _calls(self, node, env) -> None:
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and _called_name(call) in ("gql", "gql_compat", "parse"):
                for argument in call.args[:1]:
                    self.texts += self.values(argument, env)

    def values(self, node, env) -> list[str]:
        """What the expression may be; [] when it is not a string we can know."""
        if isinstance(node, ast.Constant):
            return [node.value] if isinstance(node.value, str) else []
        if isinstance(node, ast.Name):
            return env.get(node.id, [])
        if isinstance(node, ast.Attribute):
            return env.get(node.attr, [])
        if isinstance(node, ast.IfExp):
            both = self.values(node.body, env) + self.values(node.orelse, env)
            return list(dict.fromkeys(both))
        if isinstance(node, ast.JoinedStr):
            return self._join([self._piece(value, env) for value in node.values])
        if isinstance(node, ast.BinOp):
            return self._operator(node, env)
        if isinstance(node, ast.Call):
            return self._method(node, env)
        return []

    def _piece(self, node, env) -> list[str]:
        return self.values(getattr(node, "value", node) if isinstance(node, ast.FormattedValue)
                           else node, env) or [""]

    def _operator(self, node, env) -> list[str]:
        left = self.values(node.left, env)
        if isinstance(node.op, ast.Add):
            return self._join([left or [""], self.values(node.right, env) or [""]])
        if not isinstance(node.op, ast.Mod) or not left:
            return []
        parts = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        choices = [self.values(part, env) or [""] for part in parts]
        results = []
        for text, *filled in itertools.product(left, *choices):
            try:
                results.append(text % tuple(filled))
            except (TypeError, ValueError):
                continue
        return results[:MAX_VALUES]

    def _method(self, node, env) -> list[str]:
        if not isinstance(node.func, ast.Attribute):
            return self.values(node.args[0], env) if _called_name(node) in ("gql", "Template") and (
                node.args) else []
        texts = self.values(node.func.value, env)
        method = node.func.attr
        if method == "replace" and len(node.args) >= 2:
            old, new = (self.values(argument, env) or [""] for argument in node.args[:2])
            done = [t.replace(o, n) for t, o, n in itertools.product(texts, old, new)]
            return list(dict.fromkeys(done))[:MAX_VALUES]
        if method in ("format", "substitute", "safe_substitute"):
            return self._format(texts, node, env)
        if method in ("strip", "dedent"):
            return texts
        return []

    def _format(self, texts, node, env) -> list[str]:
        positional = [self.values(argument, env) or [""] for argument in node.args]
        named = {k.arg: self.values(k.value, env) or [""] for k in node.keywords if k.arg}
        results = []
        for text in texts:
            for choice in itertools.product(*positional, *named.values()):
                words = dict(zip(named, choice[len(positional) :]))
                try:
                    results.append(text.format(*choice[: len(positional)], **words))
                except (IndexError, KeyError, ValueError):
                    continue
        return list(dict.fromkeys(results))[:MAX_VALUES]

    @staticmethod
    def _join(choices) -> list[str]:
        return ["".join(parts) for parts in itertools.islice(itertools.product(*choices), MAX_VALUES)]


def _called_name(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _is_template(text: str) -> bool:
    return "%s" in text or re.search(r"\b_[A-Z]+(_[A-Z]+)+_\b", text) is not None


def main(arguments: list[str]) -> int:
    documents = extract(Path(arguments[0]))
    wanted = arguments[2] if arguments[1:2] == ["--show"] else None
    for document in documents:
        if wanted is None:
            print(f"{document.source}\t{document.name}\t{len(document.text)}")
        elif document.name == wanted:
            print(f"# {document.source}\n{document.text}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
