"""Documents of feeds, in the exact form in which they are published."""
