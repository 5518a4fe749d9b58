//! Real peers in processes of their own, on one machine: how they find each other, what they may do, and how they call.

mod audit;
mod calls;
mod control;
mod doctor;
#[cfg(unix)]
mod dying;
mod ending;
mod far;
mod folder;
mod forwarding;
mod friends;
mod friends_only;
mod meeting;
mod same_table;
mod secrets;
#[cfg(target_os = "linux")]
mod slow_readers;
mod standing;
mod strangers;
mod versions;
