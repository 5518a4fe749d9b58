//! The one binary, `parcero`.

fn main() {
    println!("{}", parcero::VERSION);
}
