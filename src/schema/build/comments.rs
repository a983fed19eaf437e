//! The comments of fields, as far as a schema has them: files have, few servers do.

use std::collections::HashMap;

use prost::Message as _;

use super::schema::Schema;
use crate::schema::descriptor::descriptor_proto::FileDescriptorProto;

impl Schema {
    /// The first lines of the comments of all fields, by the fields' full names.
    pub fn field_comments(&self) -> HashMap<String, String> {
        let mut found = HashMap::new();
        for file in self.pool.files() {
            let info = self.files.get(file.name());
            let info = info.and_then(|bytes| FileDescriptorProto::decode(bytes.as_ref()).ok());
            let Some(info) = info.and_then(|file| file.source_code_info) else {
                continue;
            };
            let lines: HashMap<&[i32], &str> = info
                .location
                .iter()
                .filter_map(|location| {
                    let comment = location.leading_comments.as_deref()?;
                    let mut lines = comment.lines().map(str::trim);
                    Some((
                        location.path.as_slice(),
                        lines.find(|line| !line.is_empty())?,
                    ))
                })
                .collect();
            if lines.is_empty() {
                continue;
            }
            let mut messages: Vec<_> = file.messages().collect();
            while let Some(message) = messages.pop() {
                for field in message.fields() {
                    if let Some(line) = lines.get(field.path()) {
                        found.insert(field.full_name().to_owned(), (*line).to_owned());
                    }
                }
                messages.extend(message.child_messages());
            }
        }
        found
    }
}
