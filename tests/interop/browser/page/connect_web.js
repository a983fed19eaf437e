// A call with connect-web, in the protocol and the format that are asked for.
import { fromJson, toJson } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";

const TRANSPORTS = { connect: createConnectTransport, "grpc-web": createGrpcWebTransport };

export async function call({ server, service, method, message, metadata, timeout, most, replied, protocol, options }) {
  const transport = TRANSPORTS[protocol]({ baseUrl: server, ...options });
  const client = createClient(service, transport);
  const outcome = { code: 0, message: "", replies: [], headers: {}, trailers: {} };
  const enough = new AbortController();
  const settings = {
    headers: metadata,
    signal: enough.signal,
    timeoutMs: timeout,
    onHeader: (headers) => (outcome.headers = Object.fromEntries(headers)),
    onTrailer: (trailers) => (outcome.trailers = Object.fromEntries(trailers)),
  };
  const request = fromJson(method.input, message);
  try {
    if (method.methodKind === "unary") {
      outcome.replies.push(toJson(method.output, await client[method.localName](request, settings)));
      return outcome;
    }
    for await (const reply of client[method.localName](request, settings)) {
      outcome.replies.push(toJson(method.output, reply));
      replied();
      if (outcome.replies.length === most) {
        enough.abort();
      }
    }
  } catch (thrown) {
    const error = ConnectError.from(thrown);
    // Of an error, the headers are only here, with the trailers.
    Object.assign(outcome, { code: error.code, message: error.rawMessage });
    outcome.trailers = { ...outcome.trailers, ...Object.fromEntries(error.metadata) };
    outcome.isCancelledHere = enough.signal.aborted && error.code === Code.Canceled;
  }
  return outcome;
}
