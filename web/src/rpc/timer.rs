//! A time that comes, for those who wait for it in a browser.

use std::{
    cell::Cell,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::task::AtomicWaker;
use wasm_bindgen::{JsCast, closure::Closure};

use crate::browser::now_ms;

/// One `setTimeout`, cleared when dropped.
pub(super) struct Timer {
    id: i32,
    /// By the clock of the page: a busy page is told late that it has come.
    due_ms: f64,
    fired: Rc<Fired>,
    _callback: Closure<dyn FnMut()>,
}

#[derive(Default)]
struct Fired {
    fired: Cell<bool>,
    waker: AtomicWaker,
}

impl Timer {
    /// The longest a browser waits; a longer timeout would fire at once.
    const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);

    /// None if the timeout is longer than a browser can wait, which is 24 days.
    pub(super) fn start(timeout: Duration) -> Option<Self> {
        if timeout > Self::LONGEST {
            return None;
        }
        let fired = Rc::<Fired>::default();
        let callback = Closure::<dyn FnMut()>::new({
            let fired = fired.clone();
            move || {
                fired.fired.set(true);
                fired.waker.wake();
            }
        });
        let id = web_sys::window()?
            .set_timeout_with_callback_and_timeout_and_arguments_0(
                callback.as_ref().unchecked_ref(),
                i32::try_from(timeout.as_millis()).ok()?,
            )
            .ok()?;
        Some(Self {
            id,
            due_ms: now_ms() + timeout.as_secs_f64() * 1_000.0,
            fired,
            _callback: callback,
        })
    }

    /// Ready once the time has come.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.fired.waker.register(context.waker());
        if self.fired.fired.get() || now_ms() >= self.due_ms {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            window.clear_timeout_with_handle(self.id);
        }
    }
}
