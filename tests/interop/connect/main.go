// Calls routeguide with connect-go: its three protocols, both codecs, compressed
// and not, over HTTP/1.1 and HTTP/2. Prints a line for each test, as the other
// suites do.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

type message = dynamicpb.Message

// A way to call: everything that a client can choose.
type way struct {
	protocol string
	codec    string
	http     string
	isPacked bool
}

func (w way) String() string {
	name := fmt.Sprintf("%s %s over %s", w.protocol, w.codec, w.http)
	if w.isPacked {
		name += ", compressed"
	}
	return name
}

func ways() []way {
	var all []way
	for _, protocol := range []string{"Connect", "gRPC-Web", "gRPC"} {
		for _, codec := range []string{"proto", "JSON"} {
			for _, version := range []string{"HTTP/1.1", "HTTP/2"} {
				if protocol == "gRPC" && version == "HTTP/1.1" {
					continue
				}
				for _, isPacked := range []bool{false, true} {
					all = append(all, way{protocol, codec, version, isPacked})
				}
			}
		}
	}
	return all
}

// A connection of its own for each test.
func (w way) transport() *http.Client {
	protocols := new(http.Protocols)
	if w.http == "HTTP/2" {
		protocols.SetUnencryptedHTTP2(true)
	} else {
		protocols.SetHTTP1(true)
	}
	return &http.Client{Transport: &http.Transport{Protocols: protocols}}
}

func (w way) client(server, method string, more ...connect.ClientOption) *connect.Client[message, message] {
	descriptor := methods[method]
	options := []connect.ClientOption{
		connect.WithSchema(descriptor),
		connect.WithResponseInitializer(func(_ connect.Spec, reply any) error {
			if reply, ok := reply.(*message); ok {
				*reply = *dynamicpb.NewMessage(descriptor.Output())
			}
			return nil
		}),
	}
	switch w.protocol {
	case "gRPC":
		options = append(options, connect.WithGRPC())
	case "gRPC-Web":
		options = append(options, connect.WithGRPCWeb())
	}
	if w.codec == "JSON" {
		options = append(options, connect.WithProtoJSON())
	}
	if w.isPacked {
		options = append(options, connect.WithSendGzip())
	}
	options = append(options, more...)
	return connect.NewClient[message, message](w.transport(), server+method, options...)
}

// A request with its only string.
func request(method, text string) *message {
	input := methods[method].Input()
	request := dynamicpb.NewMessage(input)
	request.Set(input.Fields().ByNumber(1), protoreflect.ValueOfString(text))
	return request
}

// The string of a reply, or the number of its enum.
func first(reply *message) string {
	value := reply.Get(reply.Descriptor().Fields().ByNumber(1))
	if number, isEnum := value.Interface().(protoreflect.EnumNumber); isEnum {
		return fmt.Sprint(number)
	}
	return value.String()
}

func expect[T comparable](what string, got, wanted T) error {
	if got != wanted {
		return fmt.Errorf("%s is %v, not %v", what, got, wanted)
	}
	return nil
}

func getPerson(ctx context.Context, w way, server string) error {
	client := w.client(server, getPersonPath)
	reply, err := client.CallUnary(ctx, connect.NewRequest(request(getPersonPath, "Alice")))
	if err != nil {
		return err
	}
	age := reply.Msg.Get(reply.Msg.Descriptor().Fields().ByNumber(2)).Int()
	return errors.Join(expect("the name", first(reply.Msg), "Alice"), expect("the age", age, 30))
}

func notFound(ctx context.Context, w way, server string) error {
	client := w.client(server, getPersonPath)
	_, err := client.CallUnary(ctx, connect.NewRequest(request(getPersonPath, "Zoe")))
	return expect("the code", connect.CodeOf(err), connect.CodeNotFound)
}

func unknownMethod(ctx context.Context, w way, server string) error {
	client := w.client(server, unknownPath)
	_, err := client.CallUnary(ctx, connect.NewRequest(request(unknownPath, "Alice")))
	return expect("the code", connect.CodeOf(err), connect.CodeUnimplemented)
}

func unknownStream(ctx context.Context, w way, server string) error {
	stream := w.client(server, unknownPath).CallClientStream(ctx)
	_ = stream.Send(request(unknownPath, "Alice"))
	_, err := stream.CloseAndReceive()
	return expect("the code", connect.CodeOf(err), connect.CodeUnimplemented)
}

func getPeople(ctx context.Context, w way, server string) error {
	if w.http == "HTTP/1.1" {
		return getOneOfPeople(ctx, w, server)
	}
	stream := w.client(server, getPeoplePath).CallBidiStream(ctx)
	for _, name := range []string{"Bob", "Alice", "Bob"} {
		if err := stream.Send(request(getPeoplePath, name)); err != nil {
			return err
		}
		reply, err := stream.Receive()
		if err != nil {
			return err
		}
		if err := expect("the name", first(reply), name); err != nil {
			return err
		}
	}
	if err := stream.CloseRequest(); err != nil {
		return err
	}
	if _, err := stream.Receive(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("the stream does not end: %v", err)
	}
	return stream.CloseResponse()
}

// connect-go has no streams in both directions over HTTP/1.1. One reply is also
// that of a stream of requests.
func getOneOfPeople(ctx context.Context, w way, server string) error {
	stream := w.client(server, getPeoplePath).CallClientStream(ctx)
	for _, name := range []string{"Zoe", "Alice", "Yan"} {
		if err := stream.Send(request(getPeoplePath, name)); err != nil {
			return err
		}
	}
	reply, err := stream.CloseAndReceive()
	if err != nil {
		return err
	}
	return expect("the name", first(reply.Msg), "Alice")
}

func watch(ctx context.Context, w way, server string) error {
	stream, err := w.client(server, watchPath).CallServerStream(ctx, connect.NewRequest(request(watchPath, "RouteGuide")))
	if err != nil {
		return err
	}
	if !stream.Receive() {
		return fmt.Errorf("no status: %v", stream.Err())
	}
	return errors.Join(expect("the status", first(stream.Msg()), "1"), stream.Close())
}

func deadline(ctx context.Context, w way, server string) error {
	ctx, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	stream, err := w.client(server, watchPath).CallServerStream(ctx, connect.NewRequest(request(watchPath, "")))
	if err != nil {
		return err
	}
	for stream.Receive() {
	}
	return expect("the code", connect.CodeOf(stream.Err()), connect.CodeDeadlineExceeded)
}

func get(ctx context.Context, w way, server string) error {
	if w.protocol != "Connect" {
		return nil
	}
	client := w.client(server, getPersonPath, connect.WithHTTPGet(), connect.WithIdempotency(connect.IdempotencyNoSideEffects))
	call := connect.NewRequest(request(getPersonPath, "Alice"))
	reply, err := client.CallUnary(ctx, call)
	if err != nil {
		return err
	}
	return errors.Join(expect("the method", call.HTTPMethod(), "GET"), expect("the name", first(reply.Msg), "Alice"))
}

var tests = []struct {
	name string
	run  func(context.Context, way, string) error
}{
	{"GetPerson", getPerson},
	{"GetPerson by GET", get},
	{"a name that nobody has", notFound},
	{"a method that is not there", unknownMethod},
	{"a stream that is not there", unknownStream},
	{"GetPeople", getPeople},
	{"a watch of health", watch},
	{"a deadline", deadline},
}

func run() (failed int, err error) {
	serve := exec.Command(os.Getenv("ROUTEGUIDE_BIN"), "serve", "--listen", "127.0.0.1:0", "--missing", "status")
	said, err := serve.StderrPipe()
	if err != nil {
		return 0, err
	}
	if err := serve.Start(); err != nil {
		return 0, err
	}
	defer func() {
		_ = serve.Process.Kill()
		_ = serve.Wait()
	}()
	lines, server := bufio.NewScanner(said), ""
	for server == "" && lines.Scan() {
		if address, found := strings.CutPrefix(lines.Text(), "listening on "); found {
			server = "http://" + address
		}
	}
	if server == "" {
		return 0, errors.New("the server does not listen")
	}
	for _, w := range ways() {
		for _, test := range tests {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			err := test.run(ctx, w, server)
			cancel()
			if err != nil {
				failed++
				fmt.Printf("FAILED %s, %v\n    %v\n", test.name, w, err)
			} else {
				fmt.Printf("ok %s, %v\n", test.name, w)
			}
		}
	}
	return failed, nil
}

func main() {
	failed, err := run()
	if err != nil {
		fmt.Println("FAILED connect-go:", err)
	}
	if err != nil || failed > 0 {
		os.Exit(1)
	}
}
