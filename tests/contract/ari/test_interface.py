"""Every request, parameter, event and field that we wrote by hand is one that Asterisk says it has.

The description comes from the running Asterisk (`/ari/api-docs`) and is never kept.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import aiohttp
import msgspec
import pytest
import pytest_asyncio

from bridge.ari import model
from tests.harness.asterisk import running_asterisk

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
Description = Mapping[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def description(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[tuple[Description, ...]]:
    """Asterisk's own description of itself, one entry per resource."""
    state: Path = tmp_path_factory.mktemp("asterisk")
    async with running_asterisk(state) as world:
        login = {"Authorization": aiohttp.encode_basic_auth(*world.ari_login)}
        async with aiohttp.ClientSession(headers=login) as http:

            async def read(name: str) -> Description:
                async with http.get(f"{world.ari_url}/api-docs/{name}") as response:
                    answer: Description = await response.json(content_type=None)
                    return answer

            names = [api["path"].rpartition("/")[2] for api in (await read("resources.json"))["apis"]]
            found = await asyncio.gather(*(read(name.replace("{format}", "json")) for name in names))
        yield tuple(found)


def operations(description: tuple[Description, ...]) -> Iterator[tuple[str, str, Description]]:
    for resource in description:
        for api in resource["apis"]:
            for operation in api["operations"]:
                yield operation["httpMethod"], api["path"], operation


def fields_of(name: str, models: Mapping[str, Description]) -> Mapping[str, Description]:
    """A model's fields with those it inherits."""
    found = dict(models[name]["properties"])
    for parent, body in models.items():
        if name in body.get("subTypes", ()):
            found |= fields_of(parent, models)
    return found


async def test_every_request_we_make_is_described_with_its_parameters(description: tuple[Description, ...]) -> None:
    described = {(method, path): operation for method, path, operation in operations(description)}
    for ours in model.OPERATIONS:
        theirs = described.get((ours.method, ours.path))
        assert theirs is not None, f"{ours.method} {ours.path}"
        query = {p["name"] for p in theirs.get("parameters", ()) if p["paramType"] == "query"}
        body = {p["name"] for p in theirs.get("parameters", ()) if p["paramType"] == "body"}
        assert ours.query <= query, f"{ours.method} {ours.path}: {ours.query - query}"
        assert ours.body <= body, f"{ours.method} {ours.path}: {ours.body - body}"
        demanded = {p["name"] for p in theirs.get("parameters", ()) if p["paramType"] == "query" and p.get("required")}
        assert demanded <= ours.query, f"{ours.method} {ours.path} demands {demanded - ours.query}"


async def test_every_event_and_object_we_read_is_described_with_its_fields(
    description: tuple[Description, ...],
) -> None:
    models: dict[str, Description] = {}
    for resource in description:
        models |= resource.get("models", {})
    objects = {
        model.CallerId: "CallerID",
        model.DialplanPosition: "DialplanCEP",
        model.Channel: "Channel",
        model.MixingBridge: "Bridge",
        model.Playback: "Playback",
        model.LiveRecording: "LiveRecording",
        model.Endpoint: "Endpoint",
        model.Variable: "Variable",
    }
    kinds = {kind: kind.__name__ for kind in get_args(model.KnownEvent)} | objects
    for kind, name in kinds.items():
        assert name in models, name
        theirs = fields_of(name, models)
        for ours in msgspec.structs.fields(kind):
            assert ours.encode_name in theirs, f"{name}.{ours.encode_name}"
            if ours.required:
                assert theirs[ours.encode_name]["required"], f"{name}.{ours.encode_name} can be absent"


async def test_the_events_we_ask_not_to_be_sent_exist(description: tuple[Description, ...]) -> None:
    models = {name for resource in description for name in resource.get("models", {})}
    assert set(model.UNWANTED_EVENTS) <= models
