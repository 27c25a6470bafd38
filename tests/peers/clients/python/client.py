"""Does what the environment's INPUT says with the client of PyPI `mcp`, as `../steps.mjs` does with others."""

import json
import os
import sys
import time
import warnings
from contextlib import AsyncExitStack

import anyio
import mcp_types as types
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.exceptions import MCPDeprecationWarning, MCPError
from mcp.shared.subscriptions import event_to_notification

PATIENCE = 30.0
BETWEEN = 0.05
INPUT = json.loads(os.environ["INPUT"])


def plain(model):
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


class Seen:
    """What the server sent since a step began, by method."""

    def __init__(self):
        self.all = {}

    def add(self, method, params):
        self.all.setdefault(method, []).append({key: value for key, value in (params or {}).items() if key != "_meta"})

    def has(self, wanted):
        return all(len(self.all.get(method, [])) >= count for method, count in wanted.items())

    def only(self, wanted):
        return {method: self.all[method][:count] for method, count in wanted.items()}


class Steps:
    """A connected client, and what it saw."""

    def __init__(self):
        self.seen = Seen()
        self.client = None
        self.tasks = None
        self.held = None

    async def sampled(self, _, params):
        self.seen.add("sampling/createMessage", plain(params))
        return types.CreateMessageResult.model_validate(INPUT["answers"]["sampling/createMessage"])

    async def elicited(self, _, params):
        self.seen.add("elicitation/create", plain(params))
        return types.ElicitResult.model_validate(INPUT["answers"]["elicitation/create"])

    async def rooted(self, _):
        self.seen.add("roots/list", {})
        return types.ListRootsResult.model_validate(INPUT["answers"]["roots/list"])

    async def notified(self, message):
        if isinstance(message, Exception):
            raise message
        dumped = plain(message)
        if dumped["method"] == "notifications/progress":
            return  # The callback of the call has it too.
        self.seen.add(dumped["method"], dumped.get("params"))

    async def listened(self, subscription):
        async for event in subscription:
            await self.notified(event_to_notification(event, meta={}))

    async def watch(self, uri):
        if INPUT["era"] == "legacy":
            return plain(await self.client.subscribe_resource(uri))
        wanted = {"tools_list_changed": True, "prompts_list_changed": True, "resource_subscriptions": [uri]}
        subscription = await self.held.enter_async_context(self.client.listen(**wanted))
        self.tasks.start_soon(self.listened, subscription)
        return plain(subscription.honored)

    async def tool(self, step, params):
        taken_back = False

        async def progressed(progress, total, message):
            nonlocal taken_back
            self.seen.add("notifications/progress", {"progress": progress, "total": total, "message": message})
            if step.get("cancel"):
                taken_back = True
                scope.cancel()

        wants = step.get("cancel") or "notifications/progress" in step.get("until", {})
        with anyio.CancelScope() as scope:
            meta = params.get("_meta")
            result = await self.client.call_tool(
                params["name"], params.get("arguments"), progress_callback=progressed if wants else None, meta=meta
            )
        return None if taken_back else plain(result)

    async def call(self, step):
        client, params = self.client, step.get("with") or {}
        match step["do"]:
            case "initialize":
                return {
                    "version": client.protocol_version,
                    "server": plain(client.server_info),
                    "capabilities": plain(client.server_capabilities),
                }
            case "ping":
                return plain(await client.send_ping())
            case "tools/list":
                return plain(await client.list_tools())
            case "tools/call":
                return await self.tool(step, params)
            case "resources/list":
                return plain(await client.list_resources())
            case "resources/templates/list":
                return plain(await client.list_resource_templates())
            case "resources/read":
                return plain(await client.read_resource(params["uri"]))
            case "watch":
                return await self.watch(params["uri"])
            case "prompts/list":
                return plain(await client.list_prompts())
            case "prompts/get":
                return plain(await client.get_prompt(params["name"], params.get("arguments")))
            case "completion/complete":
                ref = params["ref"]
                kind = types.PromptReference if ref["type"] == "ref/prompt" else types.ResourceTemplateReference
                return plain(await client.complete(kind.model_validate(ref), params["argument"]))
            case "logging/setLevel":
                return plain(await client.set_logging_level(params["level"]))
        raise ValueError(step["do"])

    async def once(self, step):
        try:
            result = await self.call(step)
        except MCPError as error:
            return {"error": {"code": error.code, "message": error.message}}
        return {"error": "taken back"} if step.get("cancel") else {"result": result}

    async def done(self, step):
        self.seen.all.clear()
        wanted, says = step.get("until", {}), step.get("says", "")
        outcome = await self.once(step)
        end = time.monotonic() + PATIENCE
        while step.get("again") and not (self.seen.has(wanted) and says in json.dumps(outcome)):
            if time.monotonic() > end:
                break
            await anyio.sleep(BETWEEN)
            outcome = await self.once(step)
        with anyio.fail_after(PATIENCE):
            while not self.seen.has(wanted):
                await anyio.sleep(BETWEEN)
        return {**outcome, "seen": self.seen.only(wanted)}


async def main():
    warnings.simplefilter("ignore", MCPDeprecationWarning)
    steps = Steps()
    headers = {} if INPUT["key"] is None else {"Authorization": f"Bearer {INPUT['key']}"}
    mode = "auto" if INPUT["era"] == "modern" else "legacy"
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(create_mcp_http_client(headers=headers))
        transport = streamable_http_client(INPUT["url"], http_client=http)
        steps.client = await stack.enter_async_context(
            Client(
                transport,
                mode=mode,
                sampling_callback=steps.sampled,
                elicitation_callback=steps.elicited,
                list_roots_callback=steps.rooted,
                message_handler=steps.notified,
            )
        )
        steps.tasks = await stack.enter_async_context(anyio.create_task_group())
        steps.held = await stack.enter_async_context(AsyncExitStack())
        outcomes = [await steps.done(step) for step in INPUT["steps"]]
        steps.tasks.cancel_scope.cancel()
    print(json.dumps(outcomes))


if __name__ == "__main__":
    sys.exit(anyio.run(main))
