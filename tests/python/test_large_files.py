"""Files of artifacts that go in parts: what a broken connection costs, and that the bytes are the same."""

from __future__ import annotations

import hashlib
import os

import pytest

from tests.support.relay import Relay

MIB = 1 << 20


@pytest.fixture
def cutter(user):
    relay = Relay(user.server.base_url)
    yield relay
    relay.stop()


LOG = """
    import barograph as wandb
    run = wandb.init(project="large", id="r")
    artifact = wandb.Artifact("model", "model")
    artifact.add_file("large.bin")
    artifact.add_file("small.txt")
    logged = run.log_artifact(artifact)
    logged.wait()
    run.finish()
    print(logged.state)
"""
READ = """
    import barograph as wandb, pathlib
    folder = pathlib.Path(wandb.Api().artifact("large/model:v0").download("there"))
    print((folder / "large.bin").read_bytes() == pathlib.Path("large.bin").read_bytes(), (folder / "small.txt").read_text())
"""


def write_files(folder, size: int) -> None:
    # Bytes that differ from part to part: parts in the wrong order would be seen.
    block = hashlib.sha256(b"block").digest() * 2048
    with open(folder / "large.bin", "wb") as file:
        for i in range(0, size, len(block)):
            file.write((i.to_bytes(8, "big") + block[8:])[: size - i])
    (folder / "small.txt").write_text("small")


def test_parts_that_arrived_are_not_sent_again(scripts, cutter):
    write_files(scripts.folder, 5 * MIB + 123)
    # Part 3 fails as often as a part is tried, so that the artifact itself is tried once more.
    cutter.cuts = {2: 1, 3: 4}
    told = scripts.run(LOG, BAROGRAPH_BASE_URL=cutter.url, BAROGRAPH_MULTIPART_BYTES=str(MIB))
    assert told.split() == ["COMMITTED"]
    assert cutter.arrived == {number: 1 for number in range(1, 7)}
    assert cutter.cuts[3] < 0, "part 3 was not cut off as often as it should be"
    assert scripts.run(READ).split() == ["True", "small"]


def test_a_file_below_the_limit_goes_whole(scripts, cutter):
    write_files(scripts.folder, MIB - 1)
    assert scripts.run(LOG, BAROGRAPH_BASE_URL=cutter.url, BAROGRAPH_MULTIPART_BYTES=str(MIB)).split() == ["COMMITTED"]
    assert cutter.arrived == {}
    assert scripts.run(READ).split() == ["True", "small"]


def sender_peak_kib(scripts, size: int) -> int:
    """The most memory that a sender had while it sent a file of that size."""
    write_files(scripts.folder, size)
    told = scripts.run(
        LOG.replace(
            "run.finish()",
            """
    import os, re
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            line = open(f"/proc/{pid}/cmdline").read()
            status = open(f"/proc/{pid}/status").read()
        except OSError:
            continue
        if "barograph-sender" in line and os.getcwd() in line:
            print("peak", re.search(r"VmHWM:\\s+(\\d+)", status)[1])
    run.finish()
""".rstrip(),
        ),
        BAROGRAPH_MULTIPART_BYTES=str(4 * MIB),
        BAROGRAPH_CONSOLE="off",
    )
    return int(told.split("peak")[1].split()[0])


def test_memory_stays_flat_however_large_the_file_is(scripts):
    small, large = (sender_peak_kib(scripts, size * MIB) for size in (8, 96))
    os.unlink(scripts.folder / "large.bin")
    assert large - small < 8 * 1024
