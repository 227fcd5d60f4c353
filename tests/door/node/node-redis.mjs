// node-redis at the door, in both protocols: `node node-redis.mjs URL`. Fails at the first claim that does not hold.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const { createClient } = require("redis");
const url = process.argv[2];

for (const RESP of [2, 3]) {
  const client = await createClient({ url, RESP }).connect();
  const other = await client.duplicate().connect();

  await client.flushAll();
  assert.equal(await client.set("greeting", "hello", { expiration: { type: "PX", value: 30000 } }), "OK");
  assert.equal(await client.get("greeting"), "hello");
  assert.ok((await client.pTTL("greeting")) > 0);
  assert.equal(await client.hSet("user", { name: "Ada", born: "1815" }), 2);
  assert.deepEqual({ ...(await client.hGetAll("user")) }, { name: "Ada", born: "1815" });
  assert.equal(await client.zAdd("ranks", [{ score: 1, value: "a" }, { score: 2.5, value: "b" }]), 2);
  assert.deepEqual(await client.zRangeWithScores("ranks", 0, -1), [
    { value: "a", score: 1 },
    { value: "b", score: 2.5 },
  ]);
  assert.equal(await client.sAdd("tags", ["x", "y"]), 2);
  assert.deepEqual([...(await client.sMembers("tags"))].sort(), ["x", "y"]);

  // Commands of one tick go out as a pipeline; a transaction; one that fails because a key was written.
  assert.deepEqual(await Promise.all([client.incr("visits"), client.incr("visits")]), [1, 2]);
  assert.deepEqual(await client.multi().set("a", "1").get("a").exec(), ["OK", "1"]);
  await client.watch("a");
  await other.set("a", "2");
  await assert.rejects(client.multi().set("a", "3").exec(), /watched keys/i);

  // An error, an unknown command.
  await assert.rejects(client.incr("greeting"), /ERR value is not an integer or out of range/);
  await assert.rejects(client.sendCommand(["NOSUCH", "key"]), /ERR unknown command/);

  // Who waits is served; scanning; messages; a script.
  const popped = other.blPop("queue", 5);
  await client.rPush("queue", "job");
  assert.deepEqual({ ...(await popped) }, { key: "queue", element: "job" });
  const found = [];
  for await (const keys of client.scanIterator({ MATCH: "*s*" })) found.push(...keys);
  assert.deepEqual(found.sort(), ["ranks", "tags", "user", "visits"]);
  const heard = new Promise((resolve) => {
    other.subscribe("news", (text, channel) => resolve([channel, text])).then(() => client.publish("news", "spring"));
  });
  assert.deepEqual(await heard, ["news", "spring"]);
  assert.equal(await client.eval("return redis.call('incrby', KEYS[1], ARGV[1])", { keys: ["visits"], arguments: ["2"] }), 4);

  await client.close();
  await other.close();
}
console.log("node-redis: all that was asked was answered");
