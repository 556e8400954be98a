"""Components of the core engine that the simulator knows, each with its fields in a short notation.

`name:type` is a field (without a type: text), `[]` a list, `{}` a map, `(...)` an object, `!` required, `=a|b` one of
these. A component that is no object itself is written after `@`. The names of fields are the engine's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache

CORE = ("input", "buffer", "processor", "output", "cache", "rate_limit", "scanner")


@dataclass(frozen=True, slots=True)
class Field:
    """`kind` is scalar, array or map; `type` a type of values, a type of components, or object."""

    name: str
    type: str = "string"
    kind: str = "scalar"
    required: bool = False
    children: tuple[Field, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def is_core(self) -> bool:
        return self.type in CORE

    @property
    def one(self) -> Field:
        """The same of one item."""
        return replace(self, kind="scalar")

    def child(self, name: str) -> Field | None:
        return next((one for one in self.children if one.name == name), None)


_TLS = (
    "tls(enabled:bool skip_cert_verify:bool enable_renegotiation:bool root_cas root_cas_file"
    " client_certs(cert key cert_file key_file password)[])"
)
_HTTP = (
    "url! verb headers{} metadata(include_prefixes[] include_patterns[]) dump_request_log_level oauth:any oauth2:any"
    f" basic_auth(enabled:bool username password) jwt:any {_TLS} extract_headers(include_prefixes[] include_patterns[])"
    " rate_limit timeout retry_period max_retry_backoff retries:int follow_redirects:bool backoff_on:int[]"
    " drop_on:int[] successful_on:int[] proxy_url disable_http2:bool"
)
_BATCHING = "(count:int byte_size:int period check:bloblang processors:processor[])"
_CORS = "cors(enabled:bool allowed_origins[])"
_SCANNED = "codec max_buffer:int scanner:scanner auto_replay_nacks:bool"

_COMPONENTS: dict[str, dict[str, str]] = {
    "input": {
        "generate": "mapping:bloblang! interval count:int batch_size:int auto_replay_nacks:bool",
        "file": f"paths[] {_SCANNED} delete_on_finish:bool",
        "csv": "paths[] parse_header_row:bool delimiter lazy_quotes:bool delete_on_finish:bool batch_count:int"
        " auto_replay_nacks:bool",
        "stdin": _SCANNED,
        "http_server": "address path ws_path ws_welcome_message ws_rate_limit_message allowed_verbs[] timeout"
        f" rate_limit cert_file key_file {_CORS} sync_response(status headers{{}}"
        " metadata_headers(include_prefixes[] include_patterns[])) tcp(reuse_addr:bool reuse_port:bool)",
        "http_client": f"{_HTTP} payload drop_empty_bodies:bool"
        " stream(enabled:bool reconnect:bool codec max_buffer:int scanner:scanner) auto_replay_nacks:bool",
        "socket": f"network=unix|tcp! address! {_SCANNED} open_message_mapping:bloblang {_TLS}",
        "broker": f"copies:int inputs:input[] batching{_BATCHING}",
        "read_until": "input:input check:bloblang idle_timeout restart_input:bool",
        "sequence": "sharded_join(type id_path iterations:int merge_strategy) inputs:input[]",
        "resource": "@string",
    },
    "buffer": {
        "none": "@object",
        "memory": "limit:int"
        " batch_policy(enabled:bool count:int byte_size:int period check:bloblang processors:processor[])",
        "system_window": "timestamp_mapping:bloblang size! slide offset allowed_lateness",
    },
    "processor": {
        "mapping": "@bloblang",
        "mutation": "@bloblang",
        "bloblang": "@bloblang",
        "dedupe": "cache! key! drop_on_err:bool",
        "log": "level fields_mapping:bloblang message fields{}",
        "switch": "@(check:bloblang processors:processor[] fallthrough:bool continue:bool)[]",
        "group_by_value": "value!",
        "split": "size:int byte_size:int",
        "archive": "format=binary|concatenate|json_array|lines|tar|zip! path",
        "unarchive": "format!",
        "catch": "@processor[]",
        "try": "@processor[]",
        "for_each": "@processor[]",
        "cache": "resource! operator=set|add|get|delete|exists! key! value ttl",
        "rate_limit": "resource!",
        "noop": "@object",
        "sleep": "duration!",
        "branch": "request_map:bloblang processors:processor[] result_map:bloblang",
        "resource": "@string",
    },
    "output": {
        "drop": "@object",
        "stdout": "codec",
        "file": "path! codec",
        "http_client": f"{_HTTP} batch_as_multipart:bool propagate_response:bool max_in_flight:int"
        f" batching{_BATCHING} multipart(content_type content_disposition body)[]",
        "http_server": f"address path stream_path ws_path allowed_verbs[] timeout cert_file key_file {_CORS}",
        "socket": f"network=unix|tcp|udp! address! codec {_TLS}",
        "switch": "retry_until_success:bool strict_mode:bool cases(check:bloblang output:output continue:bool)[]",
        "broker": f"copies:int pattern outputs:output[] batching{_BATCHING}",
        "fallback": "@output[]",
        "retry": "max_retries:int backoff(initial_interval max_interval max_elapsed_time) output:output",
        "reject": "@string",
        "reject_errored": "@output",
        "cache": "target! key ttl max_in_flight:int",
        "sync_response": "@object",
        "resource": "@string",
    },
    "cache": {
        "memory": "default_ttl compaction_interval init_values{} shards:int",
        "lru": "cap:int init_values{} algorithm=arc|standard|two_queues two_queues_recent_ratio:float"
        " two_queues_ghost_ratio:float optimistic:bool",
        "ttlru": "cap:int default_ttl ttl init_values{} optimistic:bool",
        "file": "directory!",
        "multilevel": "@string[]",
        "noop": "@object",
    },
    "rate_limit": {"local": "count:int interval"},
    "scanner": {
        "lines": "custom_delimiter max_buffer_size:int omit_empty:bool",
        "csv": "custom_delimiter parse_header_row:bool lazy_quotes:bool continue_on_error:bool",
        "json_array": "@object",
        "to_the_end": "@object",
        "re_match": "pattern! max_buffer_size:int",
        "chunker": "size:int!",
    },
}
_RESERVED = "type plugin:object meta:any{}"
_TOKEN = re.compile(r"\s*(?P<name>\w+)?(?::(?P<type>\w+))?(?P<open>\()?")
_SUFFIX = re.compile(r"(?P<kind>\[\]|\{\})?(?:=(?P<options>[\w|]+))?(?P<required>!)?")
_KINDS = {"[]": "array", "{}": "map", None: "scalar"}


@cache
def component(type: str, name: str) -> Field | None:
    """None for one that is not known."""
    written = _COMPONENTS[type].get(name)
    if written is None:
        return None
    if written.startswith("@"):
        return replace(_fields(f"{name}{written[1:] if written[1] == '(' else ':' + written[1:]}")[0], name=name)
    return Field(name, "object", children=_fields(written))


@cache
def reserved(type: str) -> dict[str, Field]:
    """Fields that every component of the type has beside its own."""
    more = " label" if type in ("input", "processor", "output", "cache", "rate_limit") else ""
    more += " processors:processor[]" if type in ("input", "output") else ""
    return {one.name: one for one in _fields(_RESERVED + more)}


def _fields(text: str) -> tuple[Field, ...]:
    found, end = _parse(text, 0)
    assert end == len(text), text  # noqa: S101 - the table above is ours
    return found


def _parse(text: str, at: int) -> tuple[tuple[Field, ...], int]:
    fields: list[Field] = []
    while at < len(text) and text[at] != ")":
        token = _TOKEN.match(text, at)
        if token is None or not token["name"]:
            break
        at = token.end()
        children: tuple[Field, ...] = ()
        if token["open"]:
            children, at = _parse(text, at)
            at += 1
        suffix = _SUFFIX.match(text, at)
        at, made = _made(token, suffix, children, at)
        fields.append(made)
    return tuple(fields), at


def _made(
    token: re.Match[str], suffix: re.Match[str] | None, children: tuple[Field, ...], at: int
) -> tuple[int, Field]:
    kind, options, required = (suffix["kind"], suffix["options"], suffix["required"]) if suffix else (None, None, None)
    made = Field(
        name=token["name"],
        type=token["type"] or ("object" if children else "string"),
        kind=_KINDS[kind],
        required=required is not None,
        children=children,
        options=tuple(options.split("|")) if options else (),
    )
    return (suffix.end() if suffix else at), made


STREAM = Field(
    "stream",
    "object",
    children=_fields("input:input buffer:buffer pipeline(threads:int processors:processor[]) output:output"),
)
