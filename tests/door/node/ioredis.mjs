// ioredis at the door: `node ioredis.mjs URL`. Fails at the first claim that does not hold.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const { Redis } = require("ioredis");
const url = process.argv[2];
const client = new Redis(url);
const other = new Redis(url);

await client.flushall();
assert.equal(await client.set("greeting", "hello", "PX", 30000), "OK");
assert.equal(await client.get("greeting"), "hello");
assert.equal(await client.set("greeting", "again", "NX"), null);
assert.deepEqual(await client.getBuffer("greeting"), Buffer.from("hello"));
assert.equal(await client.hset("user", { name: "Ada", born: 1815 }), 2);
assert.deepEqual(await client.hgetall("user"), { name: "Ada", born: "1815" });
assert.equal(await client.zadd("ranks", 1, "a", 2.5, "b"), 2);
assert.deepEqual(await client.zrange("ranks", 0, -1, "WITHSCORES"), ["a", "1", "b", "2.5"]);

// A pipeline, a transaction, and one that fails because a key was written.
assert.deepEqual(await client.pipeline().incr("visits").incr("visits").exec(), [[null, 1], [null, 2]]);
assert.deepEqual(await client.multi().set("a", 1).get("a").exec(), [[null, "OK"], [null, "1"]]);
await client.watch("a");
await other.set("a", 2);
assert.equal(await client.multi().set("a", 3).exec(), null);

// An error, an unknown command.
await assert.rejects(client.incr("greeting"), /ERR value is not an integer or out of range/);
await assert.rejects(client.call("NOSUCH", "key"), /ERR unknown command/);

// Who waits is served; scanning; messages.
const popped = other.blpop("queue", 5);
await client.rpush("queue", "job");
assert.deepEqual(await popped, ["queue", "job"]);
const found = [];
for await (const keys of client.scanStream({ match: "*s*" })) found.push(...keys);
assert.deepEqual(found.sort(), ["ranks", "user", "visits"]);
const heard = new Promise((resolve) => other.once("message", (...message) => resolve(message)));
await other.subscribe("news");
assert.equal(await client.publish("news", "spring"), 1);
assert.deepEqual(await heard, ["news", "spring"]);

// A script of its own, sent by its SHA1 first.
client.defineCommand("addTwo", { numberOfKeys: 1, lua: "return redis.call('incrby', KEYS[1], ARGV[1])" });
assert.equal(await client.addTwo("visits", 2), 4);

await client.quit();
other.disconnect();
console.log("ioredis: all that was asked was answered");
