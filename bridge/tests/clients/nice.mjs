// All four kinds of call with nice-grpc-web, unchanged.

import assert from "node:assert/strict";

import { ClientError, Metadata, Status, WebsocketTransport, createChannel, createClient } from "nice-grpc-web";

import { origin, run, tellCancelled } from "./checks.mjs";
import { Greeter, HelloRequest } from "./greet.mjs";

const greeter = createClient(Greeter, createChannel(origin, WebsocketTransport()));

async function* requests(names) {
  for (const name of names) yield new HelloRequest(name);
}

async function collect(replies) {
  const messages = [];
  for await (const reply of replies) messages.push(reply.message);
  return messages;
}

/** The error a call must end with. */
async function failure(answer) {
  try {
    await answer;
  } catch (error) {
    assert.ok(error instanceof ClientError, String(error));
    return error;
  }
  assert.fail("the call succeeded");
}

await run({
  async unary() {
    let header;
    const reply = await greeter.onlyResponse(new HelloRequest("Ana"), { onHeader: (arrived) => (header = arrived) });
    assert.equal(reply.message, "hi Ana");
    assert.equal(header.get("answered-by"), "a test");
  },

  async serverStreaming() {
    const messages = await collect(greeter.serverStreaming(new HelloRequest("Ana")));
    assert.deepEqual(messages, [1, 2, 3, 4, 5].map((i) => `hi Ana ${i}`));
  },

  async clientStreaming() {
    const reply = await greeter.clientStreaming(requests(["Ana", "Beto", "Caro"]));
    assert.equal(reply.message, "You have sent 3 messages. Please expect a delayed response.");
  },

  async bidiIsLive() {
    // Each request waits for the answer to the one before it.
    let goOn;
    async function* live() {
      for (const name of ["Ana", "Beto", "Caro"]) {
        const answered = new Promise((resolve) => (goOn = resolve));
        yield new HelloRequest(name);
        await answered;
      }
    }
    const messages = [];
    for await (const reply of greeter.bidirectionalStreaming(live())) {
      messages.push(reply.message);
      goOn();
    }
    assert.deepEqual(messages, ["hi Ana", "hi Beto", "hi Caro"]);
  },

  async metadata() {
    const metadata = Metadata({ k: ["v1", "v2"] });
    const reply = await greeter.onlyResponse(new HelloRequest("metadata"), { metadata });
    assert.match(reply.message, /^k: v1(, |\nk: )v2$/m);
    const binary = Metadata({ "kx-bin": [Uint8Array.of(1, 2), Uint8Array.of(3)] });
    const said = await greeter.onlyResponse(new HelloRequest("binary"), { metadata: binary });
    assert.equal(said.message, 'b"\\x01\\x02" b"\\x03"');
  },

  async refusal() {
    const error = await failure(greeter.onlyResponse(new HelloRequest("denied")));
    assert.equal(error.code, Status.PERMISSION_DENIED);
    assert.equal(error.details, "50 % of ñandús say no\r\n");
  },

  async unknownMethod() {
    const error = await failure(greeter.nothing(new HelloRequest("Ana")));
    assert.equal(error.code, Status.UNIMPLEMENTED);
  },

  async tooLarge() {
    const error = await failure(greeter.clientStreaming(requests(["n".repeat(5 << 20)])));
    assert.equal(error.code, Status.RESOURCE_EXHAUSTED);
    assert.match(error.details, /at most 4194304/);
  },

  async cancelled() {
    const abort = new AbortController();
    async function* endless() {
      yield new HelloRequest("Ana");
      await new Promise(() => {});
    }
    const replies = greeter.bidirectionalStreaming(endless(), { signal: abort.signal })[Symbol.asyncIterator]();
    assert.equal((await replies.next()).value.message, "hi Ana");
    abort.abort();
    await assert.rejects(replies.next());
    await tellCancelled();
  },
});
