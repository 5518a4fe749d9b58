//! One call's hold on its `fetch`: dropping it aborts, and so does a deadline nobody keeps.

use std::{cell::Cell, time::Duration};

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{AbortController, AbortSignal, DomException};

use crate::rpc::failure::Failure;

/// The peer keeps the deadline itself, and its status is the better one to show. Only when it has said nothing
/// for this long after, the page ends the call: longer than a slow answer travels, shorter than patience.
const GRACE: Duration = Duration::from_secs(1);

/// What a `fetch` is aborted with when the deadline is over.
const DEADLINE: &str = "deadline";

/// Aborts its `fetch` when dropped, unless the call has ended.
pub(super) struct Abort {
    controller: AbortController,
    ended: Cell<bool>,
    deadline: Option<Timer>,
}

impl Abort {
    /// For a call that may take `timeout`.
    pub(super) fn new(timeout: Option<Duration>) -> Result<Self, JsValue> {
        let controller = AbortController::new()?;
        let deadline = timeout.and_then(|timeout| {
            let controller = controller.clone();
            Timer::start(timeout.saturating_add(GRACE), move || {
                controller.abort_with_reason(&JsValue::from_str(DEADLINE));
            })
        });
        Ok(Self {
            controller,
            ended: Cell::new(false),
            deadline,
        })
    }

    /// For `fetch`.
    pub(super) fn signal(&self) -> AbortSignal {
        self.controller.signal()
    }

    /// The call has ended by itself: there is nothing to abort.
    pub(super) fn call_ended(&self) {
        self.ended.set(true);
    }

    /// Why a promise of this call was broken with `reason`; `otherwise` if it was the network.
    pub(super) fn failure(&self, reason: &JsValue, otherwise: Failure) -> Failure {
        self.call_ended();
        if reason.as_string().as_deref() == Some(DEADLINE) {
            Failure::Deadline
        } else if reason
            .dyn_ref::<DomException>()
            .is_some_and(|why| why.name() == "AbortError")
        {
            Failure::GivenUp
        } else {
            otherwise
        }
    }
}

impl Drop for Abort {
    fn drop(&mut self) {
        // A timer that is dropped does not fire.
        self.deadline = None;
        if !self.ended.get() {
            self.controller.abort();
        }
    }
}

/// One `setTimeout`, cleared when dropped.
struct Timer {
    id: i32,
    _callback: Closure<dyn FnMut()>,
}

impl Timer {
    /// The longest a browser waits; a longer timeout would fire at once.
    const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);

    /// None if the timeout is longer than a browser can wait, which is 24 days.
    fn start(timeout: Duration, callback: impl FnMut() + 'static) -> Option<Self> {
        if timeout > Self::LONGEST {
            return None;
        }
        let callback = Closure::<dyn FnMut()>::new(callback);
        let id = web_sys::window()?
            .set_timeout_with_callback_and_timeout_and_arguments_0(
                callback.as_ref().unchecked_ref(),
                i32::try_from(timeout.as_millis()).ok()?,
            )
            .ok()?;
        Some(Self {
            id,
            _callback: callback,
        })
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            window.clear_timeout_with_handle(self.id);
        }
    }
}
