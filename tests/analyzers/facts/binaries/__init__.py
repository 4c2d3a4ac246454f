"""Tests of the reader of programs and libraries."""
