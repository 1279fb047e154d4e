"""graphql_generator.py - random requests to a schema: most of them valid, some wrong in one way or another."""

from __future__ import annotations

import random

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_composite_type,
)

DEPTH = 5
LITERALS = ["1", "-7", "2147483647", "2147483648", "1.5", "-2e3", "0", "true", "false", "null", '"x"', '""', "SIT",
            "HEEL", "NOPE", '"SIT"', "[]", "{}", "[1, 2]", "[[1], [2, null]]", '["a", "b"]', "{x: 1}", "{x: 1, y: null}",
            '{x: 2, inner: {x: 3, tags: "one"}}', "{y: 1}", "{x: 1, zz: 2}", '"""\n  block\n    text\n  """',
            '"\\u00e9\\n\\ud83d\\ude00"', "{x: 1, command: DOWN}", "[{x: 1}, {x: 2}]", "[null]", '{label: "l", x: 1}']
VALUES = [1, -7, 2147483647, 2147483648, 1.5, 1.0, 0, True, False, None, "x", "", "SIT", "ROLL", "NOPE", [], {}, [1, 2],
          [[1], [2, None]], ["a", "b"], {"x": 1}, {"x": 1, "y": None}, {"x": 2, "inner": {"x": 3, "tags": "one"}},
          {"y": 1}, {"x": 1, "zz": 2}, ["SIT", "DOWN"], "3", {"x": "1"}, {"x": 1, "command": "DOWN"}, [{"x": 1}], [None]]
TYPES = ["Int", "Int!", "[Int]", "[[Int]]", "String", "String!", "[String!]", "ID", "ID!", "Float", "Boolean",
         "Boolean!", "JSON", "JSONString", "Int64", "Point", "Point!", "[Point!]", "DogCommand", "DogCommand!",
         "[DogCommand!]", "[DogCommand!]!"]


class Generator:
    """One random request: Generator(schema, seed).request()."""

    def __init__(self, schema: GraphQLSchema, seed: int):
        self.schema = schema
        self.random = random.Random(seed)
        self.variables: dict[str, str] = {}
        self.fragments: list[str] = []
        self.is_constant = False  # in a default, where variables cannot stand
        self.mistakes = self.random.random() < 0.4

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def mistake(self, probability: float) -> bool:
        return self.mistakes and self.chance(probability)

    def request(self) -> dict:
        selections = self.selections(self.schema.query_type, 0)
        head = self.head()
        parts = [f"{head}{selections}", *self.fragments]
        self.random.shuffle(parts)
        return {"query": "\n".join(parts), "variables": self.values()}

    def head(self) -> str:
        if not self.variables:
            return self.random.choice(["", "query ", "query Q "])
        self.is_constant = True
        declared = [f"${name}: {type_}{self.default(type_)}" for name, type_ in self.variables.items()]
        return f"query Q({self.random.choice([', ', ' '])}{', '.join(declared)}) "

    def default(self, type_: str) -> str:
        if not self.chance(0.15):
            return ""
        literal = self.literal_for(type_) if not self.mistake(0.3) else self.random.choice(LITERALS)
        return f" = {literal}"

    def values(self) -> dict:
        return {name: self.value_for(type_) for name, type_ in self.variables.items()
                if self.chance(0.85 if not type_.endswith("!") else 0.97)}

    # --- selections ---

    def selections(self, type_, depth: int) -> str:
        items = [self.selection(type_, depth) for _ in range(self.random.randint(1, 4))]
        return "{ " + " ".join(items) + " }"

    def selection(self, type_, depth: int) -> str:
        if depth < DEPTH and self.chance(0.2):
            return self.fragment(type_, depth)
        if isinstance(type_, GraphQLUnionType) or self.chance(0.1):
            return "__typename" if not self.mistake(0.2) else "nope"
        return self.field(type_, depth)

    def field(self, type_, depth: int) -> str:
        names = [name for name, field in type_.fields.items()
                 if name != "whoIfPets" and (depth < DEPTH or not is_composite_type(get_named_type(field.type)))]
        name = self.random.choice(names or ["__typename"])
        if name == "__typename":
            return name
        field = type_.fields[name]
        alias = f"{self.random.choice('abcdefghijklmnop')}: " if self.chance(0.3) else ""
        text = alias + (name if not self.mistake(0.03) else name + "X") + self.arguments(field.args) + self.directive()
        target = get_named_type(field.type)
        if is_composite_type(target) != self.mistake(0.02):
            text += " " + self.selections(target if is_composite_type(target) else self.schema.query_type, depth + 1)
        return text

    def fragment(self, type_, depth: int) -> str:
        condition = self.condition(type_)
        selections = self.selections(self.schema.type_map[condition] if condition else type_, depth + 1)
        if condition and self.chance(0.4):
            name = f"F{len(self.fragments)}" if not self.mistake(0.05) else "F0"
            self.fragments.append(f"fragment {name} on {condition} {selections}")
            return f"...{name}{self.directive()}"
        return f"... {'on ' + condition if condition else ''}{self.directive()} {selections}"

    def condition(self, type_) -> str:
        if self.chance(0.2):
            return ""
        if self.mistake(0.1):
            return self.random.choice(["Dog", "Cat", "Human", "Pet", "CatOrDog", "Query"])
        names = [type_.name]
        for other in self.schema.type_map.values():
            if isinstance(other, (GraphQLObjectType, GraphQLInterfaceType, GraphQLUnionType)) and self.overlap(type_, other):
                names.append(other.name)
        return self.random.choice(names)

    def overlap(self, a, b) -> bool:
        def objects(type_):
            if isinstance(type_, GraphQLObjectType):
                return {type_.name}
            return {possible.name for possible in self.schema.get_possible_types(type_)}

        return bool(objects(a) & objects(b))

    def directive(self) -> str:
        if not self.chance(0.1):
            return ""
        if self.mistake(0.1):
            return self.random.choice([" @nope", " @skip", " @include(if: 1)", " @skip(if: true) @skip(if: false)"])
        value = self.random.choice(["true", "false", self.variable("Boolean!")])
        return f" @{self.random.choice(['skip', 'include'])}(if: {value})"

    # --- arguments ---

    def arguments(self, declared: dict) -> str:
        given = []
        for name, argument in declared.items():
            type_ = str(argument.type)
            is_required = type_.endswith("!") and not self.mistake(0.1)
            if is_required or self.chance(0.35):
                given.append(f"{name}: {self.argument(type_)}")
        if self.mistake(0.03):
            given.append("nope: 1")
        if given and self.mistake(0.03):
            given.append(given[0])
        self.random.shuffle(given)
        return f"({', '.join(given)})" if given else ""

    def argument(self, type_: str) -> str:
        if self.mistake(0.1):
            return self.random.choice(LITERALS)
        if self.chance(0.4):
            return self.variable(type_ if not self.mistake(0.1) else self.random.choice(TYPES))
        return self.literal_for(type_)

    def variable(self, type_: str) -> str:
        if type_ not in TYPES:
            type_ = "Int"
        if self.is_constant:
            return "1"
        if self.chance(0.3) and not type_.endswith("!"):
            type_ += "!"
        same = [name for name, declared in self.variables.items() if declared == type_]
        if same and self.chance(0.5):
            return f"${self.random.choice(same)}"
        name = f"v{len(self.variables)}"
        if not self.mistake(0.03):
            self.variables[name] = type_
        return f"${name}"

    def literal_for(self, type_: str) -> str:
        type_ = type_.removesuffix("!")
        choices = {
            "Int": ["0", "-7", "41"], "String": ['"x"', '"\\"y\\" \\u00e9"', '"""b\n  c"""'], "ID": ['"1"', "3", '"9"'],
            "Float": ["1", "2.5", "-1e2"], "Boolean": ["true", "false"], "JSONString": ['"{}"'],
            "Int64": ["9007199254740993", "1"], "DogCommand": ["SIT", "DOWN", "ROLL"],
            "JSON": ["{a: [1, {b: null}], c: X}", '"s"', "[]", f"{{v: {self.variable('Int')}}}", "1.25"],
            "Point": ["{x: 1}", '{x: 2, inner: {x: 3, tags: "one"}}', f"{{x: 1, y: {self.variable('Int')}}}",
                      f"{{x: {self.variable('Int!')}, label: null}}"],
        }
        if type_.startswith("["):
            item = type_[1:-1]
            many = [self.literal_for(item) for _ in range(self.random.randint(0, 3))]
            return self.random.choice([f"[{', '.join(many)}]", self.literal_for(item)])
        return self.random.choice(choices[type_])

    def value_for(self, type_: str):
        if self.mistake(0.15) or self.chance(0.01):
            return self.random.choice(VALUES)
        type_ = type_.removesuffix("!")
        choices = {
            "Int": [0, -7, 41, 2.0], "String": ["x", "é"], "ID": ["1", 3, "9"], "Float": [1, 2.5], "Boolean": [True, False],
            "JSONString": ["{}"], "Int64": [9007199254740993, 1], "DogCommand": ["SIT", "DOWN", "ROLL"],
            "JSON": [{"a": [1, {"b": None}]}, "s", [], 1.25],
            "Point": [{"x": 1}, {"x": 2, "inner": {"x": 3, "tags": "one"}}, {"x": 1, "y": None}],
        }
        if type_.startswith("["):
            item = type_[1:-1]
            return self.random.choice([[self.value_for(item) for _ in range(self.random.randint(0, 3))],
                                       self.value_for(item)])
        return self.random.choice(choices[type_])
