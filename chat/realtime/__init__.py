"""The stream: tells browsers at once what changed. Without it they ask; nothing else depends on it.

A hint comes over the bus (bus.py), the hub (hub.py) marks whose streams it concerns, and each
stream (streams.py) reads the tables from its own cursor (reads.py) and writes to its own browser
(transports.py). Nothing is queued for anybody, so a slow reader harms nobody and a lost hint only
delays.
"""
