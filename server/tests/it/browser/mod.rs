//! The page in a real browser. Without one these tests say so and pass, unless `PARCERO_REQUIRE_ALL` is set.

mod calls;
mod copied;
mod failures;
mod looks;
mod network;
mod page;
mod peer;
