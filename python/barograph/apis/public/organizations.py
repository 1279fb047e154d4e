"""organizations.py - Organization: teams under one roof, with registries of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from barograph.apis.client import ApiError

_ORGANIZATION = """query FetchOrganization($org: String!) { organization(name: $org) {
  id name orgEntity { __typename id name entityType } } }"""
_OF_ENTITY = """query OrganizationOfEntity($entity: String!) { entity(name: $entity) {
  organization { name orgEntity { name } } user { organizations { name orgEntity { name } } } } }"""


@dataclass(frozen=True)
class OrgEntity:
    """The entity that an organization's registries belong to."""

    id: str
    name: str


@dataclass(frozen=True)
class Organization:
    """An organization: id, name, org_entity. Made by `Api.organization`."""

    client: Any
    id: str
    name: str
    org_entity: OrgEntity

    def __repr__(self) -> str:
        return f"<Organization {self.name}>"


def fetch_organization(client: Any, name: str) -> Organization:
    """ValueError when there is none."""
    found = client.query(_ORGANIZATION, {"org": name}).get("organization")
    if found is None or found.get("orgEntity") is None:
        raise ApiError(f"Could not find organization {name!r}")
    entity = found["orgEntity"]
    return Organization(client, found["id"], found["name"], OrgEntity(entity["id"], entity["name"]))


def organization_of(client: Any, entity: str) -> tuple[str, str]:
    """(name, entity) of the only organization that an entity belongs to; ValueError when there are none or several."""
    found = client.query(_OF_ENTITY, {"entity": entity}).get("entity") or {}
    if found.get("organization"):
        listed = [found["organization"]]
    else:
        listed = [each for each in (found.get("user") or {}).get("organizations") or () if each.get("orgEntity")]
    if len(listed) != 1:
        several = "belongs to several organizations" if listed else "belongs to no organization"
        raise ApiError(f"{entity!r} {several}; name the organization: organization=..., or ORG/wandb-registry-NAME in a path")
    return listed[0]["name"], listed[0]["orgEntity"]["name"]
