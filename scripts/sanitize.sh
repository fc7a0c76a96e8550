#!/bin/sh
# Runs the tests of the plugin boundary under the address sanitizer, which finds what is freed twice, too early or never.
# Not part of `make test`: it needs compiler flags that a stable toolchain only takes on demand, and builds everything anew.
set -eu
cd "$(dirname "$0")/.."
target=$(rustc -vV | sed -n 's/^host: //p')
export RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=address" CARGO_TARGET_DIR=target/sanitize
# Libraries and what they were loaded with are never unloaded.
export ASAN_OPTIONS=detect_leaks=1
cargo test --locked --target "$target" -p vsg-plugin-api --lib --test boundary
