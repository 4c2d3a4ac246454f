"""What every service of Scantling shares: events, bus, store, images, layers, telemetry."""
