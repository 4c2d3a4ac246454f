"""Events: models, the topic registry, the CloudEvents codec, generated schemas."""
