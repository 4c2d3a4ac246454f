"""Layers: verification, decompression, the tar walk, the index, whiteouts and visibility."""
