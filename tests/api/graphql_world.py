"""graphql_world.py - the toy world of tests/unit/server/graphql/world.c, answered by graphql-core."""

from __future__ import annotations

from graphql import GraphQLError, GraphQLSchema, Undefined, build_schema
from graphql.language import StringValueNode

CREATURES = [
    {"type": "Dog", "id": "1", "name": "Rex", "nickname": "Rexy", "volume": 7, "friends": ["2", "3"]},
    {"type": "Dog", "id": "2", "name": "Ada", "nickname": None, "volume": 3, "friends": ["1"]},
    {"type": "Cat", "id": "3", "name": 'Tom "the cat"', "nickname": None, "volume": 5, "friends": ["1", "2", "4"]},
    {"type": "Cat", "id": "4", "name": "Müsli", "nickname": "Mu", "volume": 1, "friends": []},
]
BY_ID = {creature["id"]: creature for creature in CREATURES}
HUMAN = {"type": "Human"}


def fail(*_, **__):
    raise ValueError("lost")


def friends(creature, _info, first=None, kind=None):
    first = 0 if first is None else first
    if first < 0:
        raise ValueError("first must not be negative")
    return [BY_ID[friend] for friend in creature["friends"][:first]]


def pets(_parent, _info, first=None):
    return CREATURES[: max(first or 0, 0)]


def plain(value):
    """graphql-core leaves its mark of absence inside JSON literals: a member is then absent, an item null."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items() if item is not Undefined}
    if isinstance(value, list):
        return [None if item is Undefined else plain(item) for item in value]
    return value


def echo(_parent, _info, **arguments):
    return {name: plain(arguments[name]) for name in sorted(arguments)}


PET = {"friends": friends}
RESOLVERS = {
    "Dog": {
        **PET,
        "barkVolume": lambda dog, _info: dog["volume"],
        "knows": lambda _dog, _info, command: command == "SIT",
        "owner": lambda dog, _info: HUMAN if dog["nickname"] else None,
    },
    "Cat": {**PET, "meowVolume": lambda cat, _info: cat["volume"]},
    "Human": {
        "broken": fail,
        "brokenHard": fail,
        "internal": fail,
        "name": lambda *_: "Eva",
        "pets": pets,
        "self": lambda human, _info: human,
        "selfHard": lambda human, _info: human,
    },
    "Query": {
        "busy": fail,
        "catOrDog": lambda _parent, _info, id: BY_ID.get(id),
        "dog": lambda *_: CREATURES[0],
        "echo": echo,
        "forbidden": fail,
        "halfPeople": fail,
        "human": lambda *_: HUMAN,
        "humanHard": lambda *_: HUMAN,
        "need": lambda _parent, _info, number, other=None: number,
        "nothingHard": lambda *_: None,
        "numbers": lambda *_: [1, None, [2.5]],
        "people": lambda *_: [HUMAN, None, HUMAN],
        "peopleHard": lambda *_: [HUMAN, None, HUMAN],
        "pet": lambda _parent, _info, id: BY_ID.get(id),
        "pets": pets,
    },
    "Mutation": {"make": lambda _parent, _info, input: input.get("label")},
}


def string_only(value):
    if not isinstance(value, str):
        raise GraphQLError("a JSONString is a string")
    return value


def string_literal_only(node, _variables=None):
    if not isinstance(node, StringValueNode):
        raise GraphQLError("a JSONString is a string")
    return node.value


def schema_from(sdl: str) -> GraphQLSchema:
    schema = build_schema(sdl)
    for type_name, fields in RESOLVERS.items():
        for name, resolve in fields.items():
            schema.type_map[type_name].fields[name].resolve = resolve
    for name in ("Pet", "CatOrDog"):
        schema.type_map[name].resolve_type = lambda creature, *_: creature["type"]
    json_string = schema.type_map["JSONString"]
    json_string.parse_value = json_string.coerce_input_value = string_only
    json_string.parse_literal = json_string.coerce_input_literal = string_literal_only
    return schema
