"""The whole product: a push at one end, a report at the other, and all that may go wrong between.

``pipeline`` runs every role in this process with faults injected, ``cluster`` every role as a
process of its own; both stand on adapters and parts that the product itself is hosted with.
"""
