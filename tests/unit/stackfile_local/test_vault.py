from __future__ import annotations

import stat
from pathlib import Path

import pytest

from stackfile.errors import ProviderError
from stackfile_local.engine.vault import FILE, Vault


def test_what_is_sealed_is_opened_again_and_cannot_be_read(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "engine")
    sealed = vault.seal({"Authorization": "Bearer hunter2"})
    assert "hunter2" not in str(sealed)
    assert Vault(tmp_path / "engine").opened({"headers": sealed, "name": "x"}) == {
        "headers": {"Authorization": "Bearer hunter2"},
        "name": "x",
    }
    assert vault.seal("x") != vault.seal("x")


def test_the_key_is_for_its_owner_alone_and_stays(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    vault.seal("x")
    key = (tmp_path / FILE).read_bytes()
    vault.seal("y")
    assert (tmp_path / FILE).read_bytes() == key
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_a_key_that_is_gone_or_another_one_is_named_with_the_way_out(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    sealed = vault.seal("x")
    key = tmp_path / FILE
    key.unlink()
    with pytest.raises(ProviderError) as missing:
        vault.open(sealed)
    assert str(missing.value) == (
        f"{key} is missing, by which secrets were sealed: bring it back, "
        "or give the secrets again with stack apply --resend ADDRESS"
    )
    vault.seal("y")
    with pytest.raises(ProviderError, match="is not the one by which secrets were sealed"):
        vault.open(sealed)
    key.write_bytes(b"short")
    with pytest.raises(ProviderError, match=r"secret\.key is damaged: it has 5 bytes, and a key has 32"):
        vault.open(sealed)


def test_a_secret_that_was_damaged_is_told(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    (mark, text) = next(iter(vault.seal("x").items()))
    with pytest.raises(ProviderError, match=f"a sealed secret in {tmp_path} is damaged: give the secrets again"):
        vault.open({mark: text[:-8] + "AAAAAAA="})
