"""The catalogue is whole, its rules fit its own defaults, and only the connectors that are used cost anything."""

from __future__ import annotations

import subprocess
import sys

import pytest

from stackfile.sdk.schema import schema_for, schema_of
from stackfile.sdk.traits import Trait
from stackfile_streamkap.catalogue import entries
from stackfile_streamkap.catalogue.wire import config_received, config_to_send
from stackfile_streamkap.kinds.destination import Destinations
from stackfile_streamkap.kinds.source import Sources
from stackfile_streamkap.simulator.connectors import kept

SECTIONS = ("sources", "destinations", "transforms")
ALL = [(section, name) for section in SECTIONS for name in entries.names(section)]


def test_every_connector_and_transform_is_there() -> None:
    assert [len(entries.names(section)) for section in SECTIONS] == [25, 24, 7]


@pytest.mark.parametrize("kind", [Sources, Destinations], ids=str)
def test_every_default_is_a_value_that_its_key_takes(kind: type[Sources] | type[Destinations]) -> None:
    wrong = []
    for connector in kind.variants:
        config = schema_for(kind, {"connector": connector}).fields["config"].inner
        assert config is not None
        values = {name: field.default for name, field in config.fields.items() if not field.has(Trait.COMPUTED)}
        given = {name: value for name, value in values.items() if value is not None}
        _, problems = config.normalise(given)
        wrong += [(connector, one.path) for one in problems if one.code != "field-missing"]
    assert wrong == []


@pytest.mark.parametrize("kind", [Sources, Destinations], ids=str)
def test_every_default_comes_back_from_the_service_as_it_was_said(kind: type[Sources] | type[Destinations]) -> None:
    wrong = []
    for name in kind.variants:
        entry, config = entries.connector(kind.section, name), schema_for(kind, {"connector": name}).fields["config"]
        assert config.inner is not None
        said, _ = config.inner.normalise({key.name: key.default for key in entry.keys.values() if not key.server})
        lists = {key: one for key, one in said.items() if entry.keys[key].type == "commas" and isinstance(one, list)}
        sent = {**said, **{key: ",".join(map(str, one)) for key, one in lists.items()}}
        echoed = config_received(entry, {key: kept(value) for key, value in sent.items()})
        wrong += [(name, key) for key, value in said.items() if value is not None and echoed.get(key) != value]
    assert wrong == []


def test_conditions_and_aliases_name_keys_that_are_there() -> None:
    for section, name in ALL:
        connector = entries.connector(section, name)
        needed = {one for key in connector.keys.values() for one in key.when} | {*connector.aliases.values()}
        assert needed <= {*connector.keys, "streamkap.snapshot.large.table.threshold"}


def test_what_a_service_gives_back_is_what_a_stackfile_would_say() -> None:
    clickhouse = entries.connector("destinations", "clickhouse")
    said = {
        "port": 8443,
        "ssl": True,
        "hostname": "5",
        "transforms.ToIntJ.fields.include.list": ["a", "b"],
        "topics.config.map": {"public.orders": {"delete.sql.execute": "x"}},
        "not.known": "7",
    }
    echoed = {
        "port": "8443",
        "ssl": "true",
        "hostname": "5",
        "transforms.ToIntJ.fields.include.list": " a, b,",
        "topics.config.map": '{"public.orders": "{\\"delete.sql.execute\\": \\"x\\"}"}',
        "not.known": 7,
        "table.name.prefix": "",
        "database": None,
    }
    assert config_received(clickhouse, echoed) == said
    assert config_to_send(clickhouse, said)["topics.config.map"] == echoed["topics.config.map"]


def test_a_value_that_does_not_fit_stays_as_it_came() -> None:
    clickhouse = entries.connector("destinations", "clickhouse")
    assert config_received(clickhouse, {"port": "many", "ssl": "perhaps"}) == {"port": "many", "ssl": "perhaps"}


def test_secrets_are_never_compared_with_what_comes_back() -> None:
    config = schema_of(Sources.variants["postgresql"]).fields["config"].inner
    assert config is not None
    assert [field.name for field in config.with_trait(Trait.WRITE_ONLY)] == ["database.password"]


def test_the_models_of_connectors_that_nobody_uses_are_not_made() -> None:
    script = (
        "from stackfile_streamkap import Streamkap\n"
        "from stackfile_streamkap.catalogue.models import model_of\n"
        "sources = Streamkap.kind_types[0]\n"
        "assert 'postgresql' in sources.variants and len(list(sources.variants)) == 25\n"
        "sources.variants['postgresql']\n"
        "print(model_of.cache_info().currsize)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "1\n"
