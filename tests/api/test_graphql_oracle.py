"""Our GraphQL engine and graphql-core answer the same, over one toy world."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from graphql import (
    GraphQLError,
    build_client_schema,
    execute,
    get_introspection_query,
    lexicographic_sort_schema,
    parse,
    print_schema,
    specified_rules,
    validate,
)
from graphql.validation import NoUnusedFragmentsRule, NoUnusedVariablesRule

from tests.api.graphql_generator import Generator
from tests.api.graphql_world import schema_from

# What is declared and not used is fine with us: the official clients declare more than they use.
RULES = [rule for rule in specified_rules if rule not in (NoUnusedVariablesRule, NoUnusedFragmentsRule)]
RANDOM_REQUESTS = int(os.environ.get("BAROGRAPH_ORACLE_REQUESTS", "3000"))


class Probe:
    """The engine behind a pipe: one request a line, one answer a line."""

    def __init__(self, program: Path):
        self.program = program
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def ask(self, request: dict) -> tuple[int, dict]:
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the probe ended on {request}"
        status, answer = line.split(b" ", 1)
        return int(status), json.loads(answer)

    def schema(self) -> str:
        return subprocess.run([self.program, "schema"], check=True, capture_output=True, text=True).stdout

    def close(self) -> int:
        self.process.stdin.close()
        return self.process.wait(30)


@pytest.fixture(scope="module")
def probe(request):
    program = os.environ.get("BAROGRAPH_GQL_PROBE")
    if program is None:
        program = request.getfixturevalue("binary").parent / "tests/unit/server/graphql/gql_probe"
    probe = Probe(Path(program))
    yield probe
    assert probe.close() == 0


@pytest.fixture(scope="module")
def schema(probe):
    return schema_from(probe.schema())


def refused(status: int, answer: dict) -> bool:
    assert (status == 400) == (answer["data"] is None and "path" not in answer["errors"][0] if "errors" in answer else False)
    return status == 400


def expected(schema, request: dict) -> tuple[bool, object, set]:
    """Whether graphql-core refuses it, the data, and the paths of errors."""
    try:
        document = parse(request["query"])
    except GraphQLError:
        return True, None, set()
    if validate(schema, document, RULES):
        return True, None, set()
    result = execute(schema, document, variable_values=request.get("variables"),
                     operation_name=request.get("operationName") or None)
    errors = result.errors or []
    if result.data is None and any(error.path is None for error in errors):
        return True, None, set()
    return False, result.data, {tuple(error.path) for error in errors}


def keys_of(value) -> list:
    """Every key in the order written: == of dicts does not look at the order."""
    if isinstance(value, dict):
        return [item for key in value for item in (key, keys_of(value[key]))]
    return [keys_of(item) for item in value] if isinstance(value, list) else []


def compare(probe, schema, request: dict) -> bool:
    """True if both refuse it."""
    is_refused, data, paths = expected(schema, request)
    status, answer = probe.ask(request)
    told = json.dumps(request) + "\n" + json.dumps(answer)
    assert refused(status, answer) == is_refused, told
    if not is_refused:
        assert answer["data"] == data and keys_of(answer["data"]) == keys_of(data), told
        assert {tuple(error["path"]) for error in answer.get("errors", [])} == paths, told
    return is_refused


def test_engine__agrees_on_random_requests(probe, schema):
    count_refused = sum(compare(probe, schema, Generator(schema, seed).request()) for seed in range(RANDOM_REQUESTS))
    # A generator that makes only nonsense, or only sense, would test half of the engine.
    assert 0.1 < count_refused / RANDOM_REQUESTS < 0.7


DOCUMENTS = [
    # The language.
    "{dog{name}}", "#c\r\n{,dog,{name,#x\n}}", "\ufeffquery($a:Int,){need(number:1)}", "query Q{dog{name}}query R{human{name}}",
    "{", "query {dog{name}} }", "{dog(){name}}", "query(){dog{name}}", "{a b}", "", "  ", "{dog{name}}fragment on on Dog{name}",
    "fragment F on Dog{name}", "subscription{dog{name}}", "mutation{make(input:{x:1,label:\"l\"})}", "mutation M{__typename}",
    "type A{a:Int}", "{dog{name}} extend type A{a:Int}", "{true:dog{null:name false:name on:name}}", "{on:dog{name}}",
    "{query:dog{fragment:name}}", "{dog{...on}}", "{dog{... on Dog{name}...{id}...@include(if:false){nickname}}}",
    # Numbers.
    "{echo(any:01)}", "{echo(any:0)}", "{echo(any:-0)}", "{echo(any:1.)}", "{echo(any:.5)}", "{echo(any:1.5e)}", "{echo(any:1e5)}",
    "{echo(any:1E-3)}", "{echo(any:1x)}", "{echo(any:0x1)}", "{echo(any:1.5.2)}", "{echo(any:+1)}", "{echo(any:-)}", "{echo(any:1_0)}",
    "{echo(number:2147483648)}", "{echo(number:-2147483648)}", "{echo(number:1.0)}", "{echo(fraction:3)}", "{echo(id:123456789012345678901234567890)}",
    "{echo(id:1.5)}", "{echo(text:1)}", "{echo(yes:1)}", "{echo(yes:\"true\")}", "{echo(fraction:\"1\")}", "{echo(json:{a:1})}", "{echo(json:X)}",
    # Strings.
    '{echo(any:"\\u0041\\/\\b\\f\\n\\r\\t\\"\\\\")}', '{echo(any:"\\u{1F600}\\u{41}")}', '{echo(any:"\\uD83D\\uDE00")}', '{echo(any:"\\uD83D")}',
    '{echo(any:"\\uDE00")}', '{echo(any:"\\u{110000}")}', '{echo(any:"\\u{}")}', '{echo(any:"\\u00G0")}', '{echo(any:"\\x41")}', '{echo(any:"a\nb")}',
    '{echo(any:"open)}', '{echo(any:"")}', '{echo(any:"""""")}', '{echo(any:"""a""b\\"""c""")}', '{echo(any:"""\n\n    one\n      two\n\n    three\n  \n""")}',
    '{echo(any:"""  first\n    second\r\n   third\r    fourth""")}', '{echo(any:"""open)}', '{echo(any:"""\t\ttab\n\t\ttab2\n""")}', '{echo(any:"é😀")}',
    '{echo(any:"""\n\\u0041 raw\n""")}', '{echo(any:"\\uD83D\\u{DE00}")}', "{echo(any:'x')}", "{dog{name}} %", "{dog{name..}}",
    # Fields and types.
    "{nope}", "{dog{nope}}", "{dog}", "{dog{name{x}}}", "{catOrDog(id:1){name}}", "{catOrDog(id:1){__typename ...on Dog{barkVolume}}}",
    "{pet(id:3){name ...on Cat{meowVolume nickname} ...on Dog{barkVolume}}}", "{pet(id:2){name}}", "{pet(id:99){name}}", "{pet{name}}",
    "{dog{...on Human{name}}}", "{dog{...on Cat{name}}}", "{dog{...on Pet{name}}}", "{dog{...on CatOrDog{__typename}}}", "{dog{...on Nope{name}}}",
    "{dog{...on Int{name}}}", "{dog{...on Point{x}}}", "{human{...on Pet{name}}}", "{dog{__schema{types{name}}}}", "{__type(name:\"Nope\"){name}}",
    "{dog{__typename}__typename}", "{pet(id:\"1\",id:\"2\"){name}}", "{dog{name(x:1)}}", "{dog{knows}}", "{dog{knows(command:SIT)}}", "{dog{knows(command:null)}}",
    "{dog{knows(command:\"SIT\")}}", "{dog{knows(command:NOPE)}}", "{need}", "{need(number:null)}", "{need(number:5)}",
    # Fragments.
    "{dog{...F}}fragment F on Dog{name}", "{dog{...F}}", "{dog{...F}}fragment F on Dog{...F}", "{dog{...A}}fragment A on Dog{...B}fragment B on Dog{...A}",
    "{dog{...F}}fragment F on Dog{name}fragment F on Dog{id}", "{dog{name}}fragment U on Nope{x}", "{dog{name}}fragment U on Dog{nope}",
    "{dog{owner{...H}}}fragment H on Human{pets{...P}}fragment P on Pet{friends{name ...on Dog{owner{...H2}}}}fragment H2 on Human{name}",
    "{dog{name}}fragment U on Dog{friends{...U}}",
    # Merging.
    "{dog{name name}}", "{dog{a:name a:nickname}}", "{dog{a:name} dog{a:id}}", "{dog{name} dog{id}}", "{a:dog{name} a:human{name}}",
    "{pet(id:1){...on Dog{v:barkVolume} ...on Cat{v:meowVolume}}}", "{pet(id:1){...on Dog{v:name} ...on Cat{v:meowVolume}}}",
    "{pet(id:1){...on Dog{nickname} ...on Cat{nickname}}}", "{pet(id:1){name ...on Dog{name:nickname}}}", "{pet(id:1){x:name ...on Dog{x:id}}}",
    "{dog{friends(first:1){name}friends(first:2){name}}}", "{dog{friends(first:1){name}friends(first:1){id}}}", "{dog{friends{name}friends(first:10){id}}}",
    "query($a:Int,$b:Int){dog{friends(first:$a){name}friends(first:$b){name}}}", "query($a:Int){dog{friends(first:$a){name}friends(first:$a){id}}}",
    "{echo(any:{a:1,b:2}) echo(any:{b:2,a:1})}", "{echo(any:{a:1}) echo(any:{a:2})}", "{echo(any:[1]) echo(any:[1,2])}",
    "{pet(id:1){...on Dog{f:friends{x:name}} ...on Cat{f:friends{x:id}}}}", "{pet(id:1){...on Dog{f:friends{x:name}} ...on Cat{f:friends{x:name}}}}",
    "{pet(id:1){...on Dog{f:friends{name}} ...on Cat{f:friends{name:id}}}}", "{pet(id:1){...on Dog{f:owner{n:name}} ...on Cat{f:friends{n:name}}}}",
    "{pet(id:1){...on Dog{f:friends{i:id}} ...on Cat{f:friends{i:name}}f:friends{id}}}", "{pet(id:3){f:friends{i:id}...on Dog{f:friends(first:10){i:id}}}}",
    # Directives.
    "{dog{name@skip(if:true)id@include(if:false)}}", "{dog{name@skip(if:true)}}", "{dog@include(if:false){name}}", "{dog{name@skip}}", "{dog{name@skip(if:null)}}",
    "{dog{name@nope}}", "query@skip(if:true){dog{name}}", "{dog{name@deprecated}}", "{dog{name@skip(if:false)@include(if:true)}}", "{dog{...F@skip(if:true)name}}fragment F on Dog{id}",
    "{dog{...F}}fragment F on Dog@skip(if:true){name}", "{dog{name@skip(if:false,x:1)}}", "query($a:Int@skip(if:true)){need(number:$a)}",
    # Variables.
    "query($a:Int){need(number:$a)}", "query($a:Int!){need(number:$a)}", "query($a:Int=5){need(number:$a)}", "query($a:Int=null){need(number:$a)}", "query($a:[Int]){need(other:$a)}",
    "query($a:Nope){dog{name}}", "query($a:Dog){dog{name}}", "query($a:Int,$a:Int){dog{name}}", "{need(number:$a)}", "query($a:String){need(other:$a)}", "query($a:Int=\"x\"){dog{name}}",
    "query($a:Int!=3){need(number:$a)}", "query($a:Point={x:1}){echo(input:$a)}", "query($a:Point={}){echo(input:$a)}", "query($a:Int=$b,$b:Int){dog{name}}", "query($a:[Int!]!){dog{name}}",
    "{dog{...F}}fragment F on Dog{friends(first:$x){name}}", "query($x:Int){dog{...F}}fragment F on Dog{friends(first:$x){name}}",
    "query A($x:Int){dog{...F}}query B{dog{...F}}fragment F on Dog{friends(first:$x){name}}", "query($a:ID!){catOrDog(id:$a){__typename}}", "query($a:Boolean!){dog{name@skip(if:$a)}}",
    "query($a:Boolean){dog{name@skip(if:$a)}}", "query($a:[[Int]]){echo(matrix:$a)}", "query($a:Int){echo(matrix:[[$a,1]])}", "query($a:Int){echo(matrix:[$a])}",
    # Values.
    "{echo(choices:DOWN)}", "{echo(choices:[DOWN,SIT])}", "{echo(choices:null)}", "{echo(choices:[null])}", "{echo(choice:null)}", "{echo(matrix:1)}", "{echo(matrix:[1,2])}", "{echo(matrix:[[1],null])}",
    "{echo(input:{x:1})}", "{echo(input:{})}", "{echo(input:{x:1,y:null})}", "{echo(input:{x:1,zz:1})}", "{echo(input:{x:1,x:2})}", "{echo(input:1)}", "{echo(input:[{x:1}])}", "{echo(inputs:{x:1})}",
    "{echo(input:{x:1,inner:{x:2,inner:{x:3,tags:[\"a\"]}}})}", "{echo(input:{x:1,tags:\"a\"})}", "{echo(input:{x:1,tags:[1]})}", "{echo(any:{a:{b:[1,2.5,true,null,\"s\",E,{c:[]}]}})}", "{echo(any:null)}", "{echo}",
    "{echo(big:9007199254740993)}", "{echo(any:{a:1,a:2})}", "{echo(old:1)}", "{echo(input:{x:1,old:3})}",
    "query($a:Int){echo(any:{v:$a,w:[$a]})}", "query($a:JSONString){echo(json:$a)}", "query($a:JSON){echo(any:$a)}", "query($a:Int64){echo(big:$a)}",
    # Null and errors.
    "{halfPeople{name}}", "{halfPeople{broken}}", "{people{name}halfPeople{broken}}",
    "{human{broken name}}", "{human{brokenHard name}}", "{humanHard{brokenHard}}", "{humanHard{self{selfHard{brokenHard}}name}}", "{people{name broken}}", "{people{brokenHard}}", "{peopleHard{name}}",
    "{nothingHard}", "{dog{name}nothingHard}", "{pets(first:4){name ...on Cat{nickname}}}", "{human{pets(first:4){...on Cat{nickname}}}}", "{pets(first:-1){name}}", "{dog{friends(first:-1){name}}}", "{dog{friends(first:null){name}}}",
    "{busy dog{name}}", "{forbidden}", "{human{internal}}", "{numbers}", "{dog{owner{pets(first:3){friends{friends{name}}}}}}",
]
VARIABLES = [None, {"a": 1}, {"a": None}, {"a": "x"}, {"a": [1]}, {"a": True, "x": 1, "zz": 3}, {"a": {"x": 1}, "b": 2}, {"a": [[1, None], 2]}, {"a": 1.5}]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_engine__agrees_on_chosen_documents(probe, schema, document):
    for variables in VARIABLES if "$" in document else VARIABLES[:1]:
        compare(probe, schema, {"query": document, "variables": variables})


@pytest.mark.parametrize("name", [None, "", "Q", "R", "S"])
def test_engine__picks_the_operation_as_named(probe, schema, name):
    compare(probe, schema, {"query": "query Q{dog{name}}query R{human{name}}", "operationName": name})


def test_introspection__is_what_tools_expect(probe, schema):
    query = get_introspection_query(specified_by_url=True, directive_is_repeatable=True, schema_description=True,
                                    input_value_deprecation=True)
    status, answer = probe.ask({"query": query})
    assert status == 200 and "errors" not in answer
    told = build_client_schema(answer["data"])
    assert print_schema(lexicographic_sort_schema(told)) == print_schema(lexicographic_sort_schema(schema))


def test_introspection__agrees_on_everything_but_order(probe, schema):
    query = get_introspection_query(input_value_deprecation=True)
    _, ours = probe.ask({"query": query})
    theirs = execute(schema, parse(query)).data
    assert by_name(ours["data"]["__schema"]["types"]) == by_name(theirs["__schema"]["types"])


LANGUAGE_TYPES = {"String", "Int", "Float", "Boolean", "ID"}


def by_name(value):
    """Lists of named things as a mapping, without descriptions of the language's own types."""
    if isinstance(value, list) and value and isinstance(value[0], dict) and "name" in value[0]:
        return {item["name"]: by_name(item) for item in value
                if item["name"] not in LANGUAGE_TYPES and not item["name"].startswith("__")}
    if isinstance(value, list):
        return [by_name(item) for item in value]
    if isinstance(value, dict):
        return {key: by_name(item) for key, item in value.items()}
    return value


@pytest.mark.parametrize("probe_query", [
    '{ T: __type(name: "Point") { inputFields { name } fields { name args { name } } } }',
    '{ T: __type(name: "Query") { fields { name args { name } } inputFields { name } } }',
    '{ T: __type(name: "DogCommand") { enumValues { name } } U: __type(name: "DogCommand") { enumValues(includeDeprecated: true) { name isDeprecated deprecationReason } } }',
    '{ T: __type(name: "NoSuchType") { name fields { name } } }',
    '{ T: __type(name: "Pet") { kind possibleTypes { name } interfaces { name } } U: __type(name: "CatOrDog") { kind possibleTypes { name } fields { name } } }',
])
def test_introspection__answers_probes_of_types(probe, schema, probe_query):
    _, ours = probe.ask({"query": probe_query})
    theirs = execute(schema, parse(probe_query)).data
    for name in theirs:
        assert by_name(ours["data"][name]) == by_name(theirs[name])


@pytest.mark.parametrize("document", ["{}", "{dog{}}", "fragment F on Dog{} {dog{...F}}"])
def test_engine__refuses_empty_selections(probe, document):
    """As the specification does; graphql-core lets them pass."""
    assert probe.ask({"query": document})[0] == 400


def test_engine__takes_a_null_condition_for_false(probe):
    """graphql-core puts null for the whole object; the specification knows no right answer."""
    document = "query($a:Boolean=true){dog{name@skip(if:$a)id@include(if:$a)}}"
    assert probe.ask({"query": document, "variables": {"a": None}})[1]["data"] == {"dog": {"name": "Rex"}}


@pytest.mark.parametrize("document, message", [
    ("{dog{nope}}", 'Cannot query field "nope" on type "Dog".'),
    ("{dog{name(x:1)}}", 'argument "x" is not defined by field "Dog.name"'),
    ("{pet{name}}", 'argument "id" of field "Query.pet" is required'),
    ("{dog}", 'field "dog" of type "Dog" needs a selection of its fields'),
    ("{dog{name{x}}}", 'field "name" of type "String!" has no fields to select'),
    ("{dog{...F}}", 'fragment "F" is not defined'),
    ("{dog{...F}}fragment F on Dog{...F}", 'fragment "F" contains itself'),
    ("{dog{...on Nope{x}}}", 'type "Nope" is not defined'),
    ("{dog{...on Human{name}}}", 'an object of type "Dog" is never of type "Human"'),
    ("{dog{a:name a:id}}", 'fields "a" conflict: they are different fields; give one of them an alias'),
    ("query($a:Nope){dog{name}}", 'type "Nope" is not defined'),
    ("{need(number:$a)}", 'variable "$a" is not declared'),
    ("query($a:String){need(other:$a)}", 'variable "$a" of type "String" cannot stand where type "Int" is expected'),
    ("query($a:Int!){need(number:$a)}", 'variable "$a": expected type "Int!", got nothing'),
    ("{dog{name}", "syntax error: expected a name, found the end of the document"),
    ("query Q{dog{name}}query Q{dog{name}}", 'operation "Q" is defined twice'),
])
def test_refusals__say_what_is_wrong(probe, document, message):
    status, answer = probe.ask({"query": document})
    assert status == 400
    assert message in [error["message"] for error in answer["errors"]]
    assert all(error["extensions"]["code"] == "BAD_USER_INPUT" for error in answer["errors"])
