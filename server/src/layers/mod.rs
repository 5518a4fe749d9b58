//! What surrounds every call, by whichever door it came: figures, deadlines, limits, and an end from outside.
//!
//! From the outside in: [`CallLayer`] registers the call and can end it, [`MetadataLayer`] and [`MessageLayer`]
//! refuse what is too large.

mod call;
mod calls;
mod deadline;
mod ending;
mod message;
mod metadata;

pub use call::{CallLayer, CallService};
pub use calls::{Calls, Figures, How};
pub use deadline::Deadline;
pub use ending::Ending;
pub(crate) use ending::refuse;
pub use message::{MessageLayer, MessageService};
pub use metadata::{MetadataLayer, MetadataService};
