"""What runs services in a process: adapters, parts, the HTTP listener."""
