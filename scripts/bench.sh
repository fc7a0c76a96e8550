#!/bin/sh
# Measures; asserts nothing. Lengths in minutes as arguments; default 24 and 120.
set -eu
cd "$(dirname "$0")/.."
cargo build --release --locked -p vsg-bench
target/release/vsg-bench target/release/vsg-host media/bench "$@"
