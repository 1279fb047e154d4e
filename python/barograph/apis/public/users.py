"""users.py - User: a person, or a service, that may log in."""

from __future__ import annotations

from typing import Any, MutableMapping

from barograph.apis.attrs import Attrs, nodes
from barograph.errors import CommError

USER_FIELDS = """id name username email admin flags entity deletedAt
  apiKeys { edges { node { id name description } } } teams { edges { node { name } } }"""


class User(Attrs):
    """A user: username, name, email, admin, entity. Made by `Api.user` and `Api.viewer`."""

    def __init__(self, client: Any, attrs: MutableMapping[str, Any], api_key: str | None = None) -> None:
        super().__init__(attrs)
        self._client = client
        self._api_key = api_key

    @classmethod
    def create(cls, api: Any, email: str, admin: bool | None = False) -> User:
        """Makes a user. Only administrators may."""
        document = """mutation CreateUser($email: String!, $admin: Boolean) {
          createUser(input: {email: $email, admin: $admin}) { user { id name username email admin } } }"""
        made = api.client.query(document, {"email": email, "admin": admin})["createUser"]
        return cls(api.client, made["user"])

    @property
    def user_api(self) -> Any:
        """An Api that asks as this user; None when its key is not known."""
        from barograph.apis.public.api import Api

        if not self._api_key:
            return None
        return Api({"base_url": self._client.base_url}, api_key=self._api_key)

    @property
    def api_keys(self) -> list[str]:
        """The keys' names: their first characters."""
        return [key["name"] for key in nodes(self._attrs.get("apiKeys"))]

    @property
    def teams(self) -> list[str]:
        """The teams it is in."""
        return [team["name"] for team in nodes(self._attrs.get("teams"))]

    def generate_api_key(self, description: str | None = None) -> str | None:
        """A new key, whole: it is shown this once. None when it is refused."""
        document = """mutation GenerateApiKey($description: String) {
          generateApiKey(input: {description: $description}) { apiKey { id name description } } }"""
        try:
            made = self._client.query(document, {"description": description})["generateApiKey"]["apiKey"]
        except CommError:
            return None
        self._attrs.setdefault("apiKeys", {"edges": []})["edges"].append({"node": made})
        return str(made["name"])

    def delete_api_key(self, api_key: str) -> bool:
        """Makes a key invalid; False when it is refused. ValueError for a key that is not this user's."""
        keys = list(nodes(self._attrs.get("apiKeys")))
        found = [key for key in keys if key["name"] == api_key]
        if not found:
            raise ValueError("the user has no such key; api_keys lists them")
        document = "mutation DeleteApiKey($id: String!) { deleteApiKey(input: {id: $id}) { success } }"
        try:
            self._client.query(document, {"id": found[0]["id"]})
        except CommError:
            return False
        self._attrs["apiKeys"]["edges"] = [{"node": key} for key in keys if key is not found[0]]
        return True

    def __repr__(self) -> str:
        name = next((self._attrs[key] for key in ("email", "username", "id", "name") if self._attrs.get(key)), "???")
        return f"<User {name}>"
