//! Small components: props in, callbacks out. None of them calls a peer.
//!
//! The page runs under `require-trusted-types-for 'script'`, and `view!` writes an element without anything
//! dynamic in it as one piece of HTML, which that forbids. So a literal stands in braces where nothing else of
//! its element is dynamic: `<kbd>{"1"}</kbd>`, `<span class={"dot"} />`.

pub mod action_button;
pub mod banner;
pub mod call_card;
pub mod copy_rows;
pub mod copyable;
pub mod icon;
pub mod inspect;
pub mod keys_dialog;
pub mod nav;
pub mod options_bar;
pub mod outcome_line;
pub mod peers;
pub mod row;
pub mod sequence;
pub mod switch;
pub mod target_picker;
