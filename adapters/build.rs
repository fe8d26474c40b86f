//! Tells cargo that the crate changes when a file is added to a region's folder.

fn main() {
    println!("cargo:rerun-if-changed=regions");
}
