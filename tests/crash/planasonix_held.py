"""A simulated Planasonix as a process of its own, in which the first start of a stream is never done nor answered.

Says its url, and then `held` once that start has come.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from stackfile.engine.clock import SystemClock
from stackfile.testing.simulator import Answer, Conditions, Endpoint, Manners, Request, Simulator
from stackfile.testing.simulator.serving import serve
from stackfile_planasonix.simulator import KEY, Workspace
from stackfile_planasonix.simulator.streams import stream_endpoints


def held(endpoint: Endpoint, starts: list[str]) -> Endpoint:
    async def answer(request: Request) -> Answer:
        starts.append(request.at["id"])
        if len(starts) == 1:
            print("held", flush=True)
            await asyncio.Event().wait()
        done = endpoint.handler(request)
        assert isinstance(done, Answer)
        return done

    return replace(endpoint, handler=answer)


def main() -> None:
    workspace, starts = Workspace(Conditions(SystemClock()), starts_in=0.1), list[str]()
    endpoints = [held(one, starts) if one.path.endswith("/start") else one for one in stream_endpoints(workspace)]
    manners = Manners(settings={"api_key": KEY}, url_setting="base_url", guard=workspace.guard)
    service = Simulator("planasonix", endpoints, workspace.conditions, manners)
    serve(service, 0, lambda url: print(url, flush=True))


if __name__ == "__main__":
    main()
