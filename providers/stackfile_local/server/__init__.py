"""The served engine: the event-streaming API over HTTP. The only place that knows starlette and uvicorn."""
