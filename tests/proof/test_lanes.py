"""`make proof` runs every proof there is."""

from __future__ import annotations

from pathlib import Path

import proof
from proof.__main__ import NAMES


def test_every_proof_stands_in_one_lane() -> None:
    (folder,) = map(Path, proof.__path__)
    proofs = {file.stem for file in folder.glob("*.py") if "\ndef prove(" in file.read_text()}
    assert sorted(NAMES) == sorted(proofs)
