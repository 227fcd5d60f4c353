"""The real thing behind the same interface: one node, Sentinel, Cluster; Redis and Valkey.

Needs the extra `redis` (redis-py). What is sent and how an answer is read is
in `operations`, for the synchronous and the asynchronous adapter alike.
"""
