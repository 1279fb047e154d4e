"""teams.py - Team: people who share projects, and Member: one of them."""

from __future__ import annotations

from typing import Any, Mapping, MutableMapping

from barograph.apis.attrs import Attrs
from barograph.errors import CommError

from barograph.apis.client import ApiError

_TEAM = """query GetTeam($name: String!) { entity(name: $name) {
  id name photoUrl isTeam entityType privateOnly codeSavingEnabled defaultAccess isPaid
  members { id admin pending email username name photoUrl accountType apiKey role } } }"""


class Member(Attrs):
    """A member of a team: name, username, email, admin, pending, account_type."""

    def __init__(self, client: Any, team: str, attrs: Mapping[str, Any]) -> None:
        super().__init__(dict(attrs))
        self._client = client
        self.team = team

    def delete(self) -> bool:
        """Takes the member out of the team; False when it is refused."""
        document = """mutation DeleteInvite($id: String, $entity: String) {
          deleteInvite(input: {id: $id, entityName: $entity}) { success } }"""
        try:
            data = self._client.query(document, {"id": self._attrs["id"], "entity": self.team})
        except CommError:
            return False
        return bool((data.get("deleteInvite") or {}).get("success"))

    def __repr__(self) -> str:
        return f"<Member {self._attrs.get('name')} ({self._attrs.get('accountType')})>"


class Team(Attrs):
    """A team and its members. Made by `Api.team`."""

    def __init__(self, client: Any, name: str, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__(dict(attrs or {}))
        self._client = client
        self.name = name
        self.load()

    @classmethod
    def create(cls, api: Any, team: str, admin_username: str | None = None) -> Team:
        """Makes a team, or answers the one that is there."""
        document = """mutation CreateTeam($team: String!, $admin: String) {
          createTeam(input: {teamName: $team, teamAdminUserName: $admin}) { entity { id } } }"""
        try:
            api.client.query(document, {"team": team, "admin": admin_username})
        except CommError as error:
            try:
                return cls(api.client, team)
            except ValueError:
                raise error from None
        return cls(api.client, team)

    def load(self, force: bool = False) -> MutableMapping[str, Any]:
        """Fetches the team; when it was fetched already, only if forced to."""
        if force or not self._attrs:
            found = self._client.query(_TEAM, {"name": self.name}).get("entity")
            if found is None:
                raise ApiError(f"Could not find team {self.name}")
            self._attrs = dict(found)
            self._attrs["members"] = [Member(self._client, self.name, member) for member in found["members"]]
        return self._attrs

    def invite(self, username_or_email: str, admin: bool = False) -> bool:
        """Brings a user in; False when it is refused."""
        document = """mutation CreateInvite($entity: String!, $email: String, $username: String, $admin: Boolean) {
          createInvite(input: {entityName: $entity, email: $email, username: $username, admin: $admin}) { invite { id } } }"""
        who = "email" if "@" in username_or_email else "username"
        try:
            self._client.query(document, {"entity": self.name, "admin": admin, who: username_or_email})
        except CommError:
            return False
        return True

    def create_service_account(self, description: str) -> Member | None:
        """Makes an account for programs, with a key in its api_key; None when it is refused."""
        document = """mutation CreateServiceAccount($entity: String!, $description: String!) {
          createServiceAccount(input: {description: $description, entityName: $entity}) { user { id } } }"""
        known = {member._attrs["id"] for member in self._attrs["members"]}
        try:
            self._client.query(document, {"entity": self.name, "description": description})
        except CommError:
            return None
        self.load(force=True)
        new = [member for member in self._attrs["members"] if member._attrs["id"] not in known]
        return new[0] if new else None

    def __repr__(self) -> str:
        return f"<Team {self.name}>"
