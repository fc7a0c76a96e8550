#!/bin/sh
# Measures; asserts nothing. Lengths in minutes as arguments; default 24 and 120, 0 for the framework alone.
set -eu
cd "$(dirname "$0")/.."
cargo build --release --locked
cargo build --release --locked -p vsg-bench -p misbehaving
built=${CARGO_TARGET_DIR:-target}/release
# Out of the folder from which users' runs take their plugins.
rm -rf "$built/bench-plugins"
mkdir "$built/bench-plugins"
mv "$built"/*misbehaving.* "$built/bench-plugins/"
"$built/vsg-bench" "$built/vsg-host" media/bench "$@"
