"""Every GraphQL document that a client of any age can send is valid against our schema."""

from __future__ import annotations

import functools

import pytest
from graphql import GraphQLError, build_schema, parse, validate
from graphql.validation import NoUnusedFragmentsRule, NoUnusedVariablesRule, specified_rules

from tests.official.client import AGES, REPOSITORY, site_packages_of
from tests.official.extract_documents import Document, extract

# Operations of things we do not serve. What is listed here and validates after all must be taken off.
UNSERVED = {
}
UNSERVED_NAMES = {name for names in UNSERVED.values() for name in names.split()}

# The client declares variables and adds fragments that the rest of its document does not use.
RULES = [rule for rule in specified_rules if rule not in (NoUnusedVariablesRule, NoUnusedFragmentsRule)]

# Parts that exclude each other are put together by the extractor too; such a text is never sent.
IMPOSSIBLE = ("is not defined by operation", "Unknown fragment", "Syntax Error")

# These are filled in by a nested function that the extractor does not follow.
NEVER_WHOLE = {"LinkArtifact"}


@functools.cache
def documents(age: str) -> list[Document]:
    return extract(site_packages_of(age))


@functools.cache
def schema():
    return build_schema((REPOSITORY / "docs" / "schema.graphql").read_text())


@functools.cache
def faults(document: Document) -> list[str] | None:
    """What is wrong with a document; None for a text that nobody sends."""
    try:
        messages = [error.message for error in validate(schema(), parse(document.text), RULES)]
    except GraphQLError as error:
        messages = [error.message]
    return None if any(known in message for message in messages for known in IMPOSSIBLE) else messages


@functools.cache
def invalid(age: str) -> dict[str, set[str]]:
    """Operation name -> everything that is wrong with its documents."""
    found: dict[str, set[str]] = {}
    for document in documents(age):
        if messages := faults(document):
            found.setdefault(document.name, set()).update(messages)
    return found


@pytest.mark.parametrize("age", AGES)
def test_extractor__finds_the_documents_of_the_age(age):
    names = {document.name for document in documents(age)}
    assert {"Run", "Runs", "RunFiles", "CreateRunFiles", "UpsertBucket", "CreateArtifact", "Heartbeat"} <= names
    assert len(names) > 110


def test_extractor__finds_those_of_reports_and_workspaces():
    names = {document.name for document in documents("0.31.0") if document.source.startswith("wandb_workspaces")}
    assert {"createAccessToken", "revokeAccessToken", "SpecificReport", "updateAccessTokenProjects", "upsertView", "View"} <= names


@pytest.mark.parametrize("age", AGES)
def test_extractor__puts_each_document_together(age):
    whole = {document.name for document in documents(age) if faults(document) is not None}
    assert {document.name for document in documents(age)} - whole <= NEVER_WHOLE


@pytest.mark.parametrize("age", AGES)
def test_documents__validate_against_our_schema(age):
    report = [
        f"{name}: {message}"
        for name, messages in sorted(invalid(age).items())
        if name not in UNSERVED_NAMES
        for message in sorted(messages)
    ]
    assert not report, "\n".join(report)


def test_unserved_documents__are_really_not_served():
    known = {document.name for age in AGES for document in documents(age)}
    refused = {name for age in AGES for name in invalid(age)}
    assert UNSERVED_NAMES <= known, "no client sends these any more"
    assert UNSERVED_NAMES <= refused, "these validate now: take them off the list"
