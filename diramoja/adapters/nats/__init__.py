"""The broker port on NATS JetStream: durable streams for commands and events, hints over core NATS.

In a deployment file:

    [ports]
    broker = "nats"

    [nats]
    url = "nats://127.0.0.1:4222"
"""
