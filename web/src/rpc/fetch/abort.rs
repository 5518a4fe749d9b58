//! One call's hold on its `fetch`: dropping it aborts.

use std::cell::Cell;

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortController, AbortSignal, DomException};

use crate::rpc::failure::Failure;

/// Aborts its `fetch` when dropped, unless the call has ended.
pub(super) struct Abort {
    controller: AbortController,
    ended: Cell<bool>,
}

impl Abort {
    pub(super) fn new() -> Result<Self, Failure> {
        let controller = AbortController::new().map_err(|_| Failure::NoBrowser)?;
        Ok(Self {
            controller,
            ended: Cell::new(false),
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

    /// Why a promise of this call was broken; `otherwise` if it was the network.
    pub(super) fn failure(&self, reason: &JsValue, otherwise: Failure) -> Failure {
        self.call_ended();
        if reason
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
        if !self.ended.get() {
            self.controller.abort();
        }
    }
}
