// All four kinds of call with @improbable-eng/grpc-web, unchanged.

import assert from "node:assert/strict";

import improbable from "@improbable-eng/grpc-web";
import WebSocket from "ws";

import { origin, run, tellCancelled } from "./checks.mjs";
import { Greeter, HelloRequest } from "./greet.mjs";

globalThis.WebSocket = WebSocket;
const { grpc } = improbable;

/** A call: `messages` as they come, and `end` once it is over. */
function call(method, metadata = {}) {
  const client = grpc.client(method, { host: origin, transport: grpc.WebsocketTransport() });
  const arrived = [];
  let wake = () => {};
  const answer = { headers: undefined, client };
  client.onHeaders((headers) => (answer.headers = headers));
  client.onMessage((reply) => {
    arrived.push(reply.message);
    wake();
  });
  answer.end = new Promise((resolve) =>
    client.onEnd((code, message, trailers) => resolve({ code, message, trailers })),
  );
  answer.next = async () => {
    while (arrived.length === 0) await new Promise((resolve) => (wake = resolve));
    return arrived.shift();
  };
  answer.rest = arrived;
  client.start(new grpc.Metadata(metadata));
  return answer;
}

/** A call with these requests, heard to its end. */
async function whole(method, names, metadata) {
  const answer = call(method, metadata);
  for (const name of names) answer.client.send(new HelloRequest(name));
  answer.client.finishSend();
  return { ...(await answer.end), messages: answer.rest, headers: answer.headers };
}

await run({
  async unary() {
    const { code, messages, headers } = await whole(Greeter.OnlyResponse, ["Ana"]);
    assert.equal(code, grpc.Code.OK);
    assert.deepEqual(messages, ["hi Ana"]);
    assert.deepEqual(headers.get("answered-by"), ["a test"]);
  },

  async serverStreaming() {
    const { code, messages } = await whole(Greeter.ServerStreaming, ["Ana"]);
    assert.equal(code, grpc.Code.OK);
    assert.deepEqual(messages, [1, 2, 3, 4, 5].map((i) => `hi Ana ${i}`));
  },

  async clientStreaming() {
    const { code, messages } = await whole(Greeter.ClientStreaming, ["Ana", "Beto", "Caro"]);
    assert.equal(code, grpc.Code.OK);
    assert.deepEqual(messages, ["You have sent 3 messages. Please expect a delayed response."]);
  },

  async bidiIsLive() {
    const answer = call(Greeter.BidirectionalStreaming);
    for (const name of ["Ana", "Beto", "Caro"]) {
      answer.client.send(new HelloRequest(name));
      assert.equal(await answer.next(), `hi ${name}`);
    }
    answer.client.finishSend();
    assert.equal((await answer.end).code, grpc.Code.OK);
  },

  async metadata() {
    const { messages } = await whole(Greeter.OnlyResponse, ["metadata"], { k: ["v1", "v2"] });
    assert.match(messages[0], /^k: v1, ?v2$/m);
    const binary = await whole(Greeter.OnlyResponse, ["binary"], { "kx-bin": "AQI=" });
    assert.deepEqual(binary.messages, ['b"\\x01\\x02"']);
  },

  async refusal() {
    const { code, message } = await whole(Greeter.OnlyResponse, ["denied"]);
    assert.equal(code, grpc.Code.PermissionDenied);
    assert.equal(message, "50 % of ñandús say no\r\n");
  },

  async unknownMethod() {
    assert.equal((await whole(Greeter.Nothing, ["Ana"])).code, grpc.Code.Unimplemented);
  },

  async tooLarge() {
    const { code, message } = await whole(Greeter.ClientStreaming, ["n".repeat(5 << 20)]);
    assert.equal(code, grpc.Code.ResourceExhausted);
    assert.match(message, /at most 4194304/);
  },

  async cancelled() {
    const answer = call(Greeter.BidirectionalStreaming);
    answer.client.send(new HelloRequest("Ana"));
    assert.equal(await answer.next(), "hi Ana");
    answer.client.close();
    await tellCancelled();
  },
});
