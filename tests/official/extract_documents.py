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
from dataclasses import dataclass, field
from pathlib import Path

# A document with n optional parts has 2^n texts; the longest of the old ones has six such parts.
MAX_PATHS = 128
PACKAGES = ("wandb", "wandb_workspaces")  # the second only beside the newest of the first

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
    """Every document of the `wandb` packages under site_packages, each text once."""
    found = [document for package in PACKAGES for document in _python_documents(site_packages / package)]
    core = site_packages / "wandb" / "bin" / "wandb-core"
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
                return index + 1
    return None


# --- the Python sources -----------------------------------------------------------------------


def _python_documents(package: Path):
    trees = {}
    for path in sorted(package.rglob("*.py")):
        if "vendor" not in path.parts and "proto" not in path.parts:
            trees[path] = ast.parse(path.read_text(encoding="utf-8"))
    constants = _shared_constants(trees)
    known = _Known(constants, _returned_strings(trees, constants), _passed_fragments(trees, constants))
    for path, tree in trees.items():
        evaluator = _Evaluator(known)
        evaluator.run(tree.body, [{}])
        for text in evaluator.texts:
            name = operation_name(text)
            if name is not None and not _is_template(text):
                yield Document(str(path.relative_to(package.parent)), name, text)


def _shared_constants(trees) -> dict[str, str]:
    """Module constants that hold GraphQL, by name: fragments are imported across modules."""
    constants: dict[str, str] = {}
    for _ in range(2):  # the second round resolves constants made of constants
        for tree in trees.values():
            assignments = [s for s in tree.body if isinstance(s, (ast.Assign, ast.AnnAssign))]
            for env in _Evaluator(_Known(constants)).run(assignments, [{}]):
                constants.update({k: v for k, v in env.items() if "{" in v or "FRAGMENT" in k})
    return constants


def _returned_strings(trees, constants) -> dict[str, list[str]]:
    """What a function answers, by its name: a fragment, or a field's name chosen by a probe."""
    returned: dict[str, list[str]] = {}
    for tree in trees.values():
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            evaluator = _Evaluator(_Known(constants))
            evaluator.run(function.body, [{}])
            for text in evaluator.returned:
                if re.fullmatch(r"\w+", text) or text.lstrip().startswith("fragment "):
                    returned.setdefault(function.name, []).append(text)
    return {name: list(dict.fromkeys(texts)) for name, texts in returned.items()}


def _passed_fragments(trees, constants) -> dict[str, list[list[str | None]]]:
    """For each function that is called with a fragment: the texts passed, by position, of each call."""
    passed: dict[str, list[list[str | None]]] = {}
    evaluator = _Evaluator(_Known(constants))
    for call in (node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.Call)):
        texts = [next(iter(evaluator.values(argument, {})), None) for argument in call.args]
        if any(text and "fragment " in text for text in texts) and _called_name(call) not in evaluator.SENDERS:
            passed.setdefault(_called_name(call), []).append(texts)
    return passed


@dataclass
class _Known:
    """What is known of the whole package before a body of it is followed."""

    constants: dict[str, str]
    returned: dict[str, list[str]] = field(default_factory=dict)
    passed: dict[str, list[list[str | None]]] = field(default_factory=dict)


class _Evaluator:
    """Follows every path through a body and keeps each string that may be sent.

    An environment maps a name to the one string it holds on that path. Paths that differ in no
    string are one path, so that only choices about text multiply.
    """

    SENDERS = ("gql", "gql_compat", "execute_graphql", "execute", "_exec", "parse")

    def __init__(self, known: _Known):
        self.known = known
        self.texts: list[str] = []
        self.returned: list[str] = []

    def run(self, statements, envs):
        for statement in statements:
            envs = _distinct(self._statement(statement, envs))
        return envs

    def _statement(self, node, envs):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.run(node.body, self._with_arguments(node, envs))
            return envs
        if isinstance(node, ast.ClassDef):
            inner = self.run([s for s in node.body if not _is_function(s)], envs)
            self.run([s for s in node.body if _is_function(s)], inner)
            return envs
        if isinstance(node, ast.If):
            return self.run(node.body, envs) + self.run(node.orelse, envs)
        if isinstance(node, ast.Try):
            handled = [self.run(handler.body, envs) for handler in node.handlers]
            plain = self.run(node.body + node.orelse + node.finalbody, envs)
            return plain + list(itertools.chain.from_iterable(handled))
        if isinstance(node, (ast.For, ast.While)):
            return envs + self.run(node.body, envs)
        if isinstance(node, ast.With):
            return self.run(node.body, envs)
        return list(itertools.chain.from_iterable(self._simple(node, env) for env in envs))

    def _with_arguments(self, function, envs):
        """The environments at the function's first line, one for each call that passes a fragment."""
        names = [argument.arg for argument in function.args.args if argument.arg not in ("self", "cls")]
        calls = self.known.passed.get(function.name, [])
        bound = [{n: text for n, text in zip(names, texts) if text is not None} for texts in calls]
        return [{**env, **arguments} for env in envs for arguments in bound or [{}]]

    def _simple(self, node, env):
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and _called_name(call) in self.SENDERS:
                for argument in call.args[:2]:  # some take the connection first
                    self.texts += self.values(argument, env)
        value = getattr(node, "value", None)
        if isinstance(node, ast.Return) and value is not None:
            self.returned += self.values(value, env)
            self.texts += self.values(value, env)
            return []
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
            added = self.values(value, env)
            return [{**env, name: env.get(name, "") + text} for text in added] or [env]
        if not isinstance(node, (ast.Assign, ast.AnnAssign)) or value is None:
            return [env]
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        name = getattr(target, "id", getattr(target, "attr", ""))
        values = self.values(value, env)
        if name.isupper():
            self.texts += values
        return [{**env, name: text} for text in values] or [
            {k: v for k, v in env.items() if k != name}
        ]

    def values(self, node, env) -> list[str]:
        """What the expression may be; [] when it is not a string we can know."""
        if isinstance(node, ast.Constant):
            return [node.value] if isinstance(node.value, str) else []
        if isinstance(node, (ast.Name, ast.Attribute)):
            name = getattr(node, "id", getattr(node, "attr", ""))
            text = env.get(name, self.known.constants.get(name))
            return [] if text is None else [text]
        if isinstance(node, ast.IfExp):
            return self.values(node.body, env) + self.values(node.orelse, env)
        if isinstance(node, ast.JoinedStr):
            pieces = [getattr(v, "value", v) if isinstance(v, ast.FormattedValue) else v
                      for v in node.values]
            return _join([self.values(piece, env) or [""] for piece in pieces])
        if isinstance(node, ast.BinOp):
            return self._operator(node, env)
        if isinstance(node, ast.Call):
            return self._call(node, env)
        return []

    def _operator(self, node, env) -> list[str]:
        left = self.values(node.left, env)
        if isinstance(node.op, ast.Add):
            return _join([left or [""], self.values(node.right, env) or [""]])
        if not isinstance(node.op, ast.Mod):
            return []
        parts = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        choices = [self.values(part, env) or [""] for part in parts]
        return _attempt(lambda text, *filled: text % filled, left, *choices)

    def _call(self, node, env) -> list[str]:
        name = _called_name(node)
        if name in ("gql", "Template") and node.args:
            return self.values(node.args[0], env)
        if not isinstance(node.func, ast.Attribute):
            return self.known.returned.get(name, [])
        texts = self.values(node.func.value, env)
        if name == "replace" and len(node.args) >= 2:
            old, new = (self.values(argument, env) or [""] for argument in node.args[:2])
            return _attempt(str.replace, texts, old, new)
        if name in ("format", "substitute", "safe_substitute"):
            words = [keyword.arg for keyword in node.keywords if keyword.arg]
            given = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg)]
            choices = [self.values(argument, env) or [""] for argument in given]
            return _attempt(
                lambda text, *filled: text.format(
                    *filled[: len(node.args)], **dict(zip(words, filled[len(node.args) :]))
                ),
                texts,
                *choices,
            )
        return texts if name in ("strip", "dedent") else self.known.returned.get(name, [])


def _distinct(envs):
    """Each environment once, the first MAX_PATHS of them."""
    seen = {tuple(sorted(env.items())): env for env in envs}
    return list(itertools.islice(seen.values(), MAX_PATHS))


def _join(choices) -> list[str]:
    return ["".join(parts) for parts in itertools.product(*choices)]


def _attempt(assemble, *choices) -> list[str]:
    """assemble() over every combination; one that does not fit its template is no document."""
    results = []
    for combination in itertools.product(*choices):
        try:
            results.append(assemble(*combination))
        except (IndexError, KeyError, TypeError, ValueError):
            continue
    return results


def _is_function(node) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))


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
