#!/bin/sh
# Everything that must hold before a change is taken.
set -eu
cd "$(dirname "$0")/.."

step() {
    printf '\n== %s\n' "$1"
}

# A disk that fills up shows as failures of tests that have nothing to do with it.
free_mb=$(df -Pm . | awk 'NR == 2 { print $4 }')
[ "$free_mb" -ge 10000 ] || echo "warning: $free_mb MB are free here; a run from nothing writes about 8000" >&2

step "format"
cargo fmt --all --check

step "dependencies"
cargo deny --locked check --hide-inclusion-graph bans licenses sources
cargo machete

step "lints"
cargo clippy --locked --workspace --all-targets -- -D warnings

# Plugins are loaded as libraries by the tests of the host, so all of them are built first.
step "build"
cargo build --locked --workspace

step "tests"
cargo test --locked --workspace --no-fail-fast

step "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --quiet

step "pipelines"
for pipeline in pipelines/*.toml; do
    cargo run --locked --quiet -p vsg-host -- check "$pipeline"
done

printf '\nall is well\n'
