#!/bin/sh
# Measures generated pairs with known truth; ends with 1 if a limit is missed. Arguments go to vsg-accuracy, such as
# `--only drift`, `--case related/17` or `--long`; without any the table is written into the documentation.
set -eu
cd "$(dirname "$0")/.."
cargo build --release --locked
cargo build --release --locked -p vsg-accuracy
built=${CARGO_TARGET_DIR:-target}/release
[ $# -gt 0 ] || set -- --write docs/accuracy.md
"$built/vsg-accuracy" "$built/vsg-host" media/accuracy "$@"
