// The messages of greet.Greeter, written by hand: each is a few strings, so it needs no compiler.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const varint = (value) => {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
};

const field = (number, text) => {
  const bytes = encoder.encode(text);
  return text === "" ? [] : [Uint8Array.from([number * 8 + 2, ...varint(bytes.length)]), bytes];
};

const concat = (parts) => {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

/** The fields of a message whose fields all have a length: [[number, bytes], …]. */
const fields = (bytes) => {
  const found = [];
  let at = 0;
  const read = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const number = read() >> 3;
    const length = read();
    found.push([number, bytes.subarray(at, at + length)]);
    at += length;
  }
  return found;
};

const text = (bytes, wanted) => {
  const found = fields(bytes).find(([number]) => number === wanted);
  return found ? decoder.decode(found[1]) : "";
};

export class HelloRequest {
  constructor(name = "", greeting = "hi") {
    this.name = name;
    this.greeting = greeting;
  }

  serializeBinary() {
    return concat([...field(1, this.name), ...field(2, this.greeting)]);
  }

  static deserializeBinary(bytes) {
    return new HelloRequest(text(bytes, 1), text(bytes, 2));
  }

  toObject() {
    return { name: this.name, greeting: this.greeting };
  }
}

/** HelloReply, and DelayedReply as far as these tests look at it. */
export class Reply {
  constructor(message = "") {
    this.message = message;
  }

  serializeBinary() {
    return concat(field(1, this.message));
  }

  static deserializeBinary(bytes) {
    return new Reply(text(bytes, 1));
  }

  toObject() {
    return { message: this.message };
  }
}

/** The methods, as code generated for the first client describes them. */
export class Greeter {
  static serviceName = "greet.Greeter";
}

for (const [methodName, requestStream, responseStream] of [
  ["OnlyResponse", false, false],
  ["ServerStreaming", false, true],
  ["ClientStreaming", true, false],
  ["BidirectionalStreaming", true, true],
  ["Nothing", false, false],
]) {
  Greeter[methodName] = {
    methodName,
    service: Greeter,
    requestStream,
    responseStream,
    requestType: HelloRequest,
    responseType: Reply,
  };
}
