#!/bin/sh
# Measures; asserts nothing. Lengths in minutes as arguments; default 24 and 120.
set -eu
cd "$(dirname "$0")/.."
cargo build --release --locked -p vsg-bench
built=${CARGO_TARGET_DIR:-target}/release
"$built/vsg-bench" "$built/vsg-host" media/bench "$@"
