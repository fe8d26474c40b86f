//! Tells cargo that the crate changes when a file is added to one of its data folders.

fn main() {
    for folder in ["data", "items", "problems"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}
