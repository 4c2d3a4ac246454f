"""Keys go where Kafka's default partitioner puts them."""

from __future__ import annotations

from aiokafka.partitioner import murmur2 as oracle
from hypothesis import given
from hypothesis import strategies as st

from scantling_common.bus.partition import murmur2, partition_of


@given(st.binary(max_size=200))
def test_the_hash_is_kafkas(key: bytes) -> None:
    assert murmur2(key) == oracle(key)


@given(st.binary(max_size=50), st.integers(1, 100))
def test_a_partition_is_one_of_them(key: bytes, partitions: int) -> None:
    assert partition_of(key, partitions) == (oracle(key) & 0x7FFFFFFF) % partitions


def test_known_values_of_the_java_client() -> None:
    # From org.apache.kafka.common.utils.UtilsTest.testMurmur2.
    assert murmur2(b"21") == -973932308 % 2**32
    assert murmur2(b"foobar") == -790332482 % 2**32
    assert murmur2(b"a-little-bit-long-string") == -985981536 % 2**32
