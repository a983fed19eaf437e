//! Services and their methods.

use super::{Writer, below};
use crate::error::Result;
use crate::schema::descriptor::descriptor_proto::{
    MethodDescriptorProto, ServiceDescriptorProto, tag,
};
use crate::schema::descriptor::full_name::join;

impl Writer<'_> {
    pub fn service(&mut self, service: &ServiceDescriptorProto, path: &[i32]) -> Result<()> {
        let name = join(self.file.package(), service.name());
        let settings = self.read_options("ServiceOptions", service.options.as_ref(), &name)?;
        let head = format!("service {}{}", service.name(), settings.remark());
        let location = self.locations.of(path);
        self.block(&head, &location, |writer| {
            writer.option_statements(&settings, &[path, &[tag::service::OPTIONS]].concat());
            for (at, method) in service.method.iter().enumerate() {
                writer.method(method, &below(path, tag::service::METHOD, at), &name)?;
            }
            Ok(())
        })
    }

    pub fn method(
        &mut self,
        method: &MethodDescriptorProto,
        path: &[i32],
        service: &str,
    ) -> Result<()> {
        let name = join(service, method.name());
        let settings = self.read_options("MethodOptions", method.options.as_ref(), &name)?;
        let side = |is_stream: bool, message: &str| {
            let stream = if is_stream { "stream " } else { "" };
            format!("{stream}{}", self.reference(message, service))
        };
        let head = format!(
            "rpc {}({}) returns ({}){}",
            method.name(),
            side(method.client_streaming(), method.input_type()),
            side(method.server_streaming(), method.output_type()),
            settings.remark()
        );
        let location = self.locations.of(path);
        if settings.list.is_empty() {
            self.text.before(&location);
            self.text.statement(&format!("{head};"), &location);
            return Ok(());
        }
        // protoc expects the trailing comment after the opening brace, protox after the closing one.
        self.block(&head, &location, |writer| {
            writer.option_statements(&settings, &[path, &[tag::method::OPTIONS]].concat());
            Ok(())
        })
    }
}
