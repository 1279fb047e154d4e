"""query_generator.py - filters of runs as the web page writes them, and as Mongo's query language has them."""

from __future__ import annotations

from typing import Any

_SECTIONS = {"config": "config.", "summary": "summary_metrics.", "keys_info": "keys_info.keys.", "tags": "tags."}
_RUN_FIELDS = ("createdAt", "updatedAt", "created_at", "updated_at", "heartbeat_at", "name", "sweep", "state")


class QueryGenerator:
    """Translates between {"key": ..., "op": ..., "value": ...} and Mongo's filters, and between keys and paths."""

    INDIVIDUAL_OP_TO_MONGO = {
        "!=": "$ne",
        ">": "$gt",
        ">=": "$gte",
        "<": "$lt",
        "<=": "$lte",
        "IN": "$in",
        "NIN": "$nin",
        "REGEX": "$regex",
    }
    MONGO_TO_INDIVIDUAL_OP = {mongo: op for op, mongo in INDIVIDUAL_OP_TO_MONGO.items()}
    GROUP_OP_TO_MONGO = {"AND": "$and", "OR": "$or"}
    MONGO_TO_GROUP_OP = {mongo: op for op, mongo in GROUP_OP_TO_MONGO.items()}

    @classmethod
    def format_order_key(cls, key: str) -> str:
        """An order such as "-summary_metrics.loss" of a metric's or field's name; descending without a sign."""
        sign, name = (key[0], key[1:]) if key[:1] in ("+", "-") else ("-", key)
        first = name.split(".", 1)[0]
        is_known = first in ("config", "summary_metrics", "tags") if "." in name else name in _RUN_FIELDS
        return sign + (name if is_known else f"summary_metrics.{name}")

    def key_to_server_path(self, key: dict[str, str]) -> str:
        """ "config.lr" of {"section": "config", "name": "lr"}."""
        if key["section"] == "run":
            return key["name"]
        if key["section"] not in _SECTIONS:
            raise ValueError(f"a key's section is run, {', '.join(_SECTIONS)}, got {key['section']!r}")
        return _SECTIONS[key["section"]] + key["name"]

    def server_path_to_key(self, path: str) -> dict[str, str]:
        """{"section": "config", "name": "lr"} of "config.lr"."""
        for section, prefix in _SECTIONS.items():
            if path.startswith(prefix):
                return {"section": section, "name": path[len(prefix) :]}
        return {"section": "run", "name": path}

    def keys_to_order(self, keys: dict[str, Any]) -> list[str]:
        """Orders of {"keys": [{"key": ..., "ascending": True}]}."""
        return [("+" if each.get("ascending") else "-") + self.key_to_server_path(each["key"]) for each in keys["keys"]]

    def order_to_keys(self, order: list[str]) -> dict[str, Any]:
        """The other way round."""
        keys = []
        for each in order:
            if each[:1] not in ("+", "-"):
                raise ValueError(f"an order begins with + (ascending) or - (descending), got {each!r}")
            keys.append({"key": {"section": "run", "name": each[1:]}, "ascending": each[0] == "+"})
        return {"keys": keys}

    # ---- filters ----

    def filter_to_mongo(self, filter: dict[str, Any]) -> dict[str, Any] | None:
        """Mongo's form of a filter; None for one that is switched off or not filled in."""
        if filter.get("key") is not None:
            return self._individual_to_mongo(filter)
        if filter.get("filters") is None:
            return None
        parts = [self.filter_to_mongo(part) for part in filter["filters"]]
        return {self.GROUP_OP_TO_MONGO[filter["op"]]: [part for part in parts if part]}

    def _individual_to_mongo(self, filter: dict[str, Any]) -> dict[str, Any] | None:
        key, op, value = filter["key"], filter["op"], filter.get("value")
        if key["name"] == "" or filter.get("disabled") or (value is None and op not in ("=", "!=")):
            return None
        if key["section"] == "tags":
            if op == "IN":
                return {"tags": {"$in": value}}
            if value is False:
                return {"$or": [{"tags": None}, {"tags": {"$ne": key["name"]}}]}
            return {"tags": key["name"]}
        return {self.key_to_server_path(key): value if op == "=" else {self.INDIVIDUAL_OP_TO_MONGO[op]: value}}

    def mongo_to_filter(self, filter: dict[str, Any] | None) -> dict[str, Any] | None:
        """The page's form of a Mongo filter, group by group."""
        if filter is None:
            return None
        if len(filter) > 1:
            return {"op": "AND", "filters": [self.mongo_to_filter({path: value}) for path, value in filter.items()]}
        ((path, value),) = filter.items()
        if path in self.MONGO_TO_GROUP_OP:
            return {"op": self.MONGO_TO_GROUP_OP[path], "filters": [self.mongo_to_filter(part) for part in value]}
        key = self.server_path_to_key(path)
        if not isinstance(value, dict):
            return {"key": key, "op": "=", "value": value}
        parts = [{"key": key, "op": self._op(op), "value": operand} for op, operand in value.items()]
        return parts[0] if len(parts) == 1 else {"op": "AND", "filters": parts}

    def _op(self, mongo: str) -> str:
        if mongo == "$eq":
            return "="
        if mongo not in self.MONGO_TO_INDIVIDUAL_OP:
            raise ValueError(f"{mongo!r} cannot be shown as a filter of the page; one of {', '.join(self.MONGO_TO_INDIVIDUAL_OP)} can")
        return self.MONGO_TO_INDIVIDUAL_OP[mongo]
