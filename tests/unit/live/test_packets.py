from __future__ import annotations

import gzip

import orjson
import pytest
from websockets.frames import Frame, Opcode

from callbacks.live.packets import GZIP_FROM_BYTES, Packet, packet


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
def test_a_packet_of_any_size_is_one_complete_unmasked_frame(size: int) -> None:
    payload = bytes(i % 251 for i in range(size))
    made = Packet(payload, binary=True)
    assert made.wire == Frame(Opcode.BINARY, payload).serialize(mask=False)
    assert made.payload == payload


def test_a_text_packet_carries_the_text_opcode() -> None:
    made = packet({"k": "beat"})
    assert made.wire == Frame(Opcode.TEXT, b'{"k":"beat"}').serialize(mask=False)
    assert not made.binary


def test_only_large_packets_that_may_be_squeezed_become_gzip() -> None:
    large = {"text": "城" * GZIP_FROM_BYTES}
    assert not packet(large).binary
    assert not packet({"text": "城"}, squeeze=True).binary
    squeezed = packet(large, squeeze=True)
    assert squeezed.binary
    assert orjson.loads(gzip.decompress(squeezed.payload)) == large
    assert len(squeezed) < len(packet(large)) / 10
