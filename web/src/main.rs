//! The page, started by the browser.

fn main() {
    parcero_web::start();
}
