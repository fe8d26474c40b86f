//! Has the suites, which are compiled in, looked at again when one of their files changes.

fn main() {
    println!("cargo::rerun-if-changed=suites");
}
