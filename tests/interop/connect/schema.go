package main

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

const (
	getPersonPath = "/RouteGuide/GetPerson"
	getPeoplePath = "/RouteGuide/GetPeople"
	unknownPath   = "/RouteGuide/Other"
	watchPath     = "/grpc.health.v1.Health/Watch"
)

// The methods that are called. They are built here, so that no compiler for
// .proto files is needed, and nothing comes from the server under test.
var methods = map[string]protoreflect.MethodDescriptor{
	getPersonPath: method("RouteGuide", "GetPerson"),
	getPeoplePath: method("RouteGuide", "GetPeople"),
	unknownPath:   method("RouteGuide", "Other"),
	watchPath:     method("grpc.health.v1.Health", "Watch"),
}

// A part of the schema is enough: other fields are unknown, and JSON with those
// is read by the codec that discards them.
var files = func() *protoregistry.Files {
	set := &descriptorpb.FileDescriptorSet{File: []*descriptorpb.FileDescriptorProto{
		{
			Name:   proto.String("route_guide.proto"),
			Syntax: proto.String("proto3"),
			MessageType: []*descriptorpb.DescriptorProto{
				{Name: proto.String("Name"), Field: fields(text("name"))},
				{
					Name:  proto.String("Person"),
					Field: fields(text("name"), field("age", descriptorpb.FieldDescriptorProto_TYPE_INT32, "")),
				},
			},
			Service: []*descriptorpb.ServiceDescriptorProto{{
				Name: proto.String("RouteGuide"),
				Method: []*descriptorpb.MethodDescriptorProto{
					rpc("GetPerson", "Name", "Person", false, false),
					rpc("GetPeople", "Name", "Person", true, true),
					rpc("Other", "Name", "Person", true, true),
				},
			}},
		},
		{
			Name:    proto.String("health.proto"),
			Package: proto.String("grpc.health.v1"),
			Syntax:  proto.String("proto3"),
			EnumType: []*descriptorpb.EnumDescriptorProto{{
				Name:  proto.String("ServingStatus"),
				Value: []*descriptorpb.EnumValueDescriptorProto{number("UNKNOWN", 0), number("SERVING", 1)},
			}},
			MessageType: []*descriptorpb.DescriptorProto{
				{Name: proto.String("Request"), Field: fields(text("service"))},
				{
					Name: proto.String("Response"),
					Field: fields(field("status", descriptorpb.FieldDescriptorProto_TYPE_ENUM,
						".grpc.health.v1.ServingStatus")),
				},
			},
			Service: []*descriptorpb.ServiceDescriptorProto{{
				Name: proto.String("Health"),
				Method: []*descriptorpb.MethodDescriptorProto{
					rpc("Watch", "grpc.health.v1.Request", "grpc.health.v1.Response", false, true),
				},
			}},
		},
	}}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		panic(err)
	}
	return files
}()

func method(service, name protoreflect.FullName) protoreflect.MethodDescriptor {
	found, err := files.FindDescriptorByName(service + "." + name)
	if err != nil {
		panic(err)
	}
	return found.(protoreflect.MethodDescriptor)
}

func rpc(name, input, output string, sends, receives bool) *descriptorpb.MethodDescriptorProto {
	return &descriptorpb.MethodDescriptorProto{
		Name:            proto.String(name),
		InputType:       proto.String("." + input),
		OutputType:      proto.String("." + output),
		ClientStreaming: proto.Bool(sends),
		ServerStreaming: proto.Bool(receives),
	}
}

// Fields are numbered from 1.
func fields(all ...*descriptorpb.FieldDescriptorProto) []*descriptorpb.FieldDescriptorProto {
	for index, field := range all {
		field.Number = proto.Int32(int32(index + 1))
	}
	return all
}

func field(name string, kind descriptorpb.FieldDescriptorProto_Type, of string) *descriptorpb.FieldDescriptorProto {
	field := &descriptorpb.FieldDescriptorProto{
		Name:  proto.String(name),
		Type:  kind.Enum(),
		Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
	}
	if of != "" {
		field.TypeName = proto.String(of)
	}
	return field
}

func text(name string) *descriptorpb.FieldDescriptorProto {
	return field(name, descriptorpb.FieldDescriptorProto_TYPE_STRING, "")
}

func number(name string, value int32) *descriptorpb.EnumValueDescriptorProto {
	return &descriptorpb.EnumValueDescriptorProto{Name: proto.String(name), Number: proto.Int32(value)}
}
