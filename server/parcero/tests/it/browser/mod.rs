//! The page in a real browser. Without one these tests say so and pass, unless `PARCERO_REQUIRE_ALL` is set.

mod calls;
mod copied;
mod failures;
mod far;
mod looks;
mod namesake;
mod network;
mod news;
mod page;
mod peer;
mod peers;
mod peers_looks;
