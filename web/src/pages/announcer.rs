//! What the page says aloud to those who do not see it: politely, and not too often.

use std::time::Duration;

use leptos::prelude::*;

use crate::browser::{Task, sleep};

/// News that come together are said together, this long after the first: a call is often over by then, and only
/// its end is worth a sentence.
const GATHER: Duration = Duration::from_millis(700);
/// More than this at once is noise; the first ones are dropped.
const AT_ONCE: usize = 4;

/// Says things aloud. A cheap copy of a handle.
#[derive(Debug, Clone, Copy)]
pub struct Announcer {
    said: RwSignal<String>,
    waiting: StoredValue<Vec<(&'static str, String)>>,
    saying: StoredValue<Option<Task>>,
}

impl Announcer {
    /// Provides it to everything below.
    pub fn provide() -> Self {
        let announcer = Self {
            said: RwSignal::new(String::new()),
            waiting: StoredValue::new(Vec::new()),
            saying: StoredValue::new(None),
        };
        provide_context(announcer);
        announcer
    }

    /// What was said last; for the live region.
    pub fn said(self) -> Signal<String> {
        self.said.into()
    }

    /// Says `text` soon. What is still waiting about the same thing is not said any more.
    pub fn say(self, about: &'static str, text: String) {
        let was_waiting = self.waiting.try_update_value(|waiting| {
            let was_waiting = !waiting.is_empty();
            waiting.retain(|(other, _)| *other != about);
            if waiting.len() == AT_ONCE {
                waiting.remove(0);
            }
            waiting.push((about, text));
            was_waiting
        });
        if was_waiting == Some(false) {
            self.saying.set_value(Some(Task::spawn(async move {
                sleep(GATHER).await;
                let waiting = self.waiting.try_update_value(std::mem::take).unwrap_or_default();
                let texts: Vec<_> = waiting.into_iter().map(|(_, text)| text).collect();
                self.said.set(texts.join(". "));
            })));
        }
    }
}
