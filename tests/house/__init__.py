"""The rules of the house, each a pure function over the source tree, each seen to fail."""
