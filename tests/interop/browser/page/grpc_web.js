// A call with the library of the gRPC project, in the format that is asked for. Its messages are whatever the functions of
// a method make of them; here, they are those of protobuf-es.
import { fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import { GrpcWebClientBase, MethodDescriptor, MethodType } from "grpc-web";

export function call({ server, service, method, message, metadata, timeout, most, replied, options }) {
  const path = `/${service.typeName}/${method.name}`;
  const isUnary = method.methodKind === "unary";
  const descriptor = new MethodDescriptor(
    path,
    isUnary ? MethodType.UNARY : MethodType.SERVER_STREAMING,
    Object,
    Object,
    (request) => toBinary(method.input, request),
    (bytes) => fromBinary(method.output, bytes),
  );
  const client = new GrpcWebClientBase(options);
  const request = fromJson(method.input, message);
  const sent = { ...metadata };
  if (timeout !== undefined) {
    sent.deadline = String(Date.now() + timeout);
  }
  const outcome = { code: 0, message: "", replies: [], headers: {}, trailers: {} };
  const arguments_ = [server + path, request, sent, descriptor];
  return new Promise((resolve) => {
    // This comes once, when the response is complete. A status in its headers follows in the same turn; one in its body came
    // before, perhaps much earlier.
    const complete = (headers) => {
      outcome.headers = headers;
      setTimeout(() => resolve(outcome));
    };
    const trailers = ({ metadata }) => Object.assign(outcome.trailers, metadata);
    const fail = (error) => {
      Object.assign(outcome, { code: error.code, message: error.message });
      trailers(error);
    };
    const take = (reply) => outcome.replies.push(toJson(method.output, reply));
    if (isUnary) {
      const stream = client.rpcCall(...arguments_, (error, reply) => {
        if (error) {
          fail(error);
        } else {
          take(reply);
        }
      });
      stream.on("metadata", complete);
      stream.on("status", trailers);
      return;
    }
    const stream = client.serverStreaming(...arguments_);
    stream.on("metadata", complete);
    stream.on("status", trailers);
    stream.on("error", fail);
    stream.on("data", (reply) => {
      take(reply);
      replied();
      if (outcome.replies.length === most) {
        stream.cancel();
        resolve({ ...outcome, isCancelledHere: true });
      }
    });
  });
}
