//! The command line, as a person or a script meets it.

mod data_dir;
mod ending;
mod hello;
mod json;
mod menu;
mod output;
mod peers;
mod refusals;
mod serve;
mod settings;
mod tickets;
