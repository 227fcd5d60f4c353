"""A receiver of payment webhooks that keeps its state in a cache.

Start reading at `receiver.py`: it puts the other modules together, one concept each.
"""
