"""The bus: port, the runner of subscriptions, the local adapter and the Kafka adapter."""
