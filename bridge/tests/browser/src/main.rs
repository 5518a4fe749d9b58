//! Checks of the bridge's browser end, made in a browser and reported to the server this page came from.

#[cfg(target_arch = "wasm32")]
mod bounds;
#[cfg(target_arch = "wasm32")]
mod kinds;
#[cfg(target_arch = "wasm32")]
mod losses;
#[cfg(target_arch = "wasm32")]
mod page;
#[cfg(target_arch = "wasm32")]
mod taps;

fn main() {
    #[cfg(target_arch = "wasm32")]
    wasm_bindgen_futures::spawn_local(page::run());
}
