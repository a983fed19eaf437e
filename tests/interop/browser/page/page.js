// Makes the calls that ../page.py asks for, one after the other. Tells it of each reply at once, and at the end what became of
// the call.
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

import * as connectWeb from "./connect_web.js";
import * as grpcWeb from "./grpc_web.js";
// Of protoc: no code has to be generated.
import schema from "./schema.binpb";

const LIBRARIES = { "connect-web": connectWeb, "grpc-web": grpcWeb };

async function run() {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, schema));
  for (;;) {
    const asked = await (await fetch("/next")).json();
    const service = registry.getService(asked.service);
    const method = service.methods.find((method) => method.name === asked.method);
    const told = [];
    let outcome;
    try {
      const replied = () => told.push(fetch("/replied", { method: "POST" }));
      outcome = await LIBRARIES[asked.library].call({ ...asked, service, method, replied });
    } catch (error) {
      outcome = { failure: String(error.stack ?? error) };
    }
    await Promise.all(told);
    await fetch("/outcome", { method: "POST", body: JSON.stringify(outcome) });
  }
}

run();
