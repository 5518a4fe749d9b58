//! What the `.proto` files say in their comments.

use std::{collections::HashMap, sync::LazyLock};

use prost_reflect::{
    EnumDescriptor, EnumValueDescriptor, FieldDescriptor, FileDescriptor, MessageDescriptor,
    MethodDescriptor, ServiceDescriptor,
};

use crate::json;

/// Comments by file and by place in it, as descriptors number their places.
static COMMENTS: LazyLock<HashMap<(String, Vec<i32>), String>> = LazyLock::new(|| {
    let mut comments = HashMap::new();
    for file in json::files() {
        let Some(source) = &file.file_descriptor_proto().source_code_info else {
            continue;
        };
        for location in &source.location {
            let text = paragraphs(location.leading_comments());
            if !text.is_empty() {
                comments.insert((file.name().to_owned(), location.path.clone()), text);
            }
        }
    }
    comments
});

/// Lines of a comment that belong together on one line; an empty line stays.
fn paragraphs(comment: &str) -> String {
    let paragraphs: Vec<_> = comment
        .split("\n\n")
        .map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|paragraph| !paragraph.is_empty())
        .collect();
    paragraphs.join("\n\n")
}

/// Something that can have a comment.
pub(super) trait Commented {
    /// Its comment; empty if it has none.
    fn comment(&self) -> &'static str;
}

fn at(file: &FileDescriptor, path: &[i32]) -> &'static str {
    COMMENTS
        .get(&(file.name().to_owned(), path.to_vec()))
        .map_or("", String::as_str)
}

macro_rules! commented {
    ($($descriptor:ty: $file:expr;)*) => {$(
        impl Commented for $descriptor {
            fn comment(&self) -> &'static str {
                let file: fn(&$descriptor) -> FileDescriptor = $file;
                at(&file(self), self.path())
            }
        }
    )*};
}

commented! {
    ServiceDescriptor: |service| service.parent_file();
    MethodDescriptor: |method| method.parent_service().parent_file();
    MessageDescriptor: |message| message.parent_file();
    FieldDescriptor: |field| field.parent_message().parent_file();
    EnumDescriptor: |kind| kind.parent_file();
    EnumValueDescriptor: |value| value.parent_enum().parent_file();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_reach_from_the_file_to_here() {
        let method = json::method("/greet.Greeter/ServerStreaming").unwrap();
        let comment = method.comment();
        assert!(comment.starts_with("Server streaming: answers"), "{comment}");
        assert!(!comment.contains('\n'), "{comment}");
        assert_eq!(
            method.input().get_field_by_name("name").unwrap().comment(),
            "Whom to greet."
        );
        assert!(method.parent_service().comment().starts_with("Says hello"));
    }
}
