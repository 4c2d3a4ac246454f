"""OpenAPI 3.1, generated from the declared routes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pydantic.json_schema import models_json_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel
    from pydantic.json_schema import JsonSchemaMode

    from scantling_common.http.endpoints import Endpoint, Route

VERSION: Final = "3.1.0"

_REF: Final = "#/components/schemas/{model}"
_PARAMETER: Final = re.compile(r"\{(\w+)(?::[^}]*)?\}")

PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "Problem details (RFC 9457) with a stable code.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "hint": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"where": {"type": "string"}, "what": {"type": "string"}},
            },
        },
    },
}


def document(title: str, version: str, routes: Sequence[Route]) -> dict[str, Any]:
    """Return the OpenAPI document of routes; the same routes give the same document."""
    endpoints = sorted(
        (route.endpoint for route in routes), key=lambda each: (each.path, each.method)
    )
    references, definitions = models_json_schema(_models(endpoints), ref_template=_REF)
    refs: _Refs = {key: dict(schema) for key, schema in references.items()}
    paths: dict[str, dict[str, Any]] = {}
    for declared in endpoints:
        path = _PARAMETER.sub(r"{\1}", declared.path)
        paths.setdefault(path, {})[declared.method.lower()] = _operation(declared, refs)
    schemas = {**definitions.get("$defs", {}), "Problem": PROBLEM}
    return {
        "openapi": VERSION,
        "info": {"title": title, "version": version, "license": {"name": "Apache-2.0"}},
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


_Refs = dict[tuple[type[Any], "JsonSchemaMode"], dict[str, Any]]


def _models(endpoints: Sequence[Endpoint]) -> list[tuple[type[BaseModel], JsonSchemaMode]]:
    models: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
    for declared in endpoints:
        if declared.request is not None:
            models[declared.request, "validation"] = None
        if declared.response is not None:
            models[declared.response, "serialization"] = None
    return list(models)


def _operation(declared: Endpoint, refs: _Refs) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(declared),
        "summary": declared.summary,
        "parameters": [*_path_parameters(declared.path), *_query_parameters(declared)],
        "responses": {
            str(declared.status): _success(declared, refs),
            "default": {
                "description": "The request could not be answered.",
                "content": {
                    "application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}
                },
            },
        },
        "security": [] if declared.role is None else [{"token": []}],
    }
    if declared.role is not None:
        operation["x-role"] = declared.role
    if declared.request is not None:
        schema = refs[declared.request, "validation"]
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    return operation


def _success(declared: Endpoint, refs: _Refs) -> dict[str, Any]:
    if declared.response is not None:
        schema = refs[declared.response, "serialization"]
        return {"description": "Done.", "content": {"application/json": {"schema": schema}}}
    if declared.status == 204:  # noqa: PLR2004 - No Content
        return {"description": "Done."}
    return {"description": "Done.", "content": {declared.media_type: {}}}


def _operation_id(declared: Endpoint) -> str:
    words = re.findall(r"\w+", declared.path.removeprefix("/api/v1"))
    return "_".join([declared.method.lower(), *words])


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(path)
    ]


def _query_parameters(declared: Endpoint) -> list[dict[str, Any]]:
    if declared.query is None:
        return []
    schema = declared.query.model_json_schema(ref_template=_REF)
    required = set(schema.get("required", ()))
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": details.pop("description", ""),
            "schema": details,
        }
        for name, details in schema.get("properties", {}).items()
    ]
