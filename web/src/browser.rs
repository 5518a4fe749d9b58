//! The little the page asks of the browser itself: the time, a pause, what it remembers, the clipboard.

use std::{future::Future, time::Duration};

use futures_util::future::{AbortHandle, abortable};
use js_sys::Promise;
use leptos::prelude::{set_timeout, window};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, ResizeObserver};

/// A task of the page. Dropping it ends the task.
#[derive(Debug)]
pub struct Task(AbortHandle);

impl Task {
    /// Runs `future` until it ends or the task is dropped.
    pub fn spawn(future: impl Future<Output = ()> + 'static) -> Self {
        let (future, handle) = abortable(future);
        leptos::task::spawn_local(async {
            // Aborted or not, there is nothing left to do.
            let _ = future.await;
        });
        Self(handle)
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Tells when elements become larger or smaller. Dropping it ends that.
#[derive(Debug)]
pub struct SizeWatch {
    observer: ResizeObserver,
    /// What the observer calls.
    _changed: Closure<dyn Fn()>,
}

impl SizeWatch {
    /// Calls `changed` once the browser has laid the elements out, and whenever their size is another one then.
    /// None where the browser has no such thing.
    pub fn begin(elements: &[&Element], changed: impl Fn() + 'static) -> Option<Self> {
        let changed = Closure::<dyn Fn()>::new(changed);
        let observer = ResizeObserver::new(changed.as_ref().unchecked_ref()).ok()?;
        for element in elements {
            observer.observe(element);
        }
        Some(Self {
            observer,
            _changed: changed,
        })
    }
}

impl Drop for SizeWatch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// Milliseconds since the page was opened, by a clock that is never set.
pub fn now_ms() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

/// Waits; at least until the browser had time for a person.
pub async fn sleep(pause: Duration) {
    let promise = Promise::new(&mut |resolve, _| {
        let wake = move || {
            // The promise takes its value, whatever calling it answers.
            let _ = resolve.call0(&JsValue::NULL);
        };
        set_timeout(wake, pause);
    });
    // The promise is never rejected.
    let _ = JsFuture::from(promise).await;
}

/// Lets the browser draw and listen now and then, in the middle of long work.
#[derive(Debug)]
pub struct Breath {
    last_ms: f64,
}

impl Default for Breath {
    fn default() -> Self {
        Self { last_ms: now_ms() }
    }
}

impl Breath {
    /// Half of what a frame lasts at sixty in a second: the other half is for drawing it.
    const WORK_MS: f64 = 8.0;

    /// Pauses if the work since the last pause was long.
    pub async fn take(&mut self) {
        if now_ms() - self.last_ms >= Self::WORK_MS {
            sleep(Duration::ZERO).await;
            self.last_ms = now_ms();
        }
    }
}

/// What the browser remembers under this name.
pub fn remembered(name: &str) -> Option<String> {
    window()
        .local_storage()
        .ok()
        .flatten()?
        .get_item(name)
        .ok()
        .flatten()
}

/// Remembers `value` under this name for the next visit; nothing forgets it.
pub fn remember(name: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        // A storage that is full or forbidden forgets a choice, which is no reason to stop.
        let _ = storage.set_item(name, value);
    }
}

/// Forgets what was remembered under this name.
pub fn forget(name: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        // As in `remember`.
        let _ = storage.remove_item(name);
    }
}

/// Puts `text` on the clipboard; false if the browser does not allow it.
pub async fn copy(text: String) -> bool {
    let clipboard = window().navigator().clipboard();
    // Outside a secure context there is no clipboard at all; localhost is one.
    if JsValue::from(&clipboard).is_undefined() {
        return false;
    }
    JsFuture::from(clipboard.write_text(&text)).await.is_ok()
}

/// A page that breaks shows the sentence that `index.html` has for it, and tells the console why.
pub fn say_when_it_breaks() {
    std::panic::set_hook(Box::new(|why| {
        web_sys::console::error_1(&why.to_string().into());
        let sentence = leptos::prelude::document().get_element_by_id("failed");
        if let Some(sentence) = sentence {
            // Removing an attribute by a fixed name cannot fail.
            let _ = sentence.remove_attribute("hidden");
        }
    }));
}
