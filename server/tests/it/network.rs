//! Real peers in processes of their own, on one machine: how they find each other, what they may do, and how they call.

mod calls;
mod folder;
mod friends;
mod meeting;
mod same_table;
mod strangers;
mod versions;
