//! Writes `ui/src/lib/bindings.ts` anew: `cargo run -p plimsoll-desktop --example export-bindings`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    plimsoll_desktop::bindings::write(plimsoll_desktop::bindings::PATH.as_ref())
}
