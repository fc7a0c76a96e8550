#!/bin/sh
# Installs what is missing: tools for running; with the argument "test", also tools for testing. Does nothing if all is there.
set -eu

mode=${1:-run}

if ! command -v cargo >/dev/null 2>&1; then
    echo "Rust is missing. Install it from https://rustup.rs, then run this again." >&2
    exit 1
fi

missing=""
need() {
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need cc compiler
need ffmpeg ffmpeg
need ffprobe ffmpeg
need mkvmerge mkvtoolnix
need mkvextract mkvtoolnix

if [ -n "$missing" ]; then
    run() {
        if [ "$(id -u)" -ne 0 ] && command -v sudo >/dev/null 2>&1; then sudo "$@"; else "$@"; fi
    }
    # The name that a package manager gives to a C compiler.
    packages() {
        for item in $missing; do
            if [ "$item" = compiler ]; then echo "$1"; else echo "$item"; fi
        done | sort -u
    }
    echo "Installing:$missing"
    if command -v apt-get >/dev/null 2>&1; then
        run apt-get update -q
        # shellcheck disable=SC2046
        run env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $(packages build-essential)
    elif command -v dnf >/dev/null 2>&1; then
        # shellcheck disable=SC2046
        run dnf install -y $(packages gcc | sed 's/^ffmpeg$/ffmpeg-free/')
    elif command -v pacman >/dev/null 2>&1; then
        # shellcheck disable=SC2046
        run pacman -S --needed --noconfirm $(packages gcc | sed 's/^mkvtoolnix$/mkvtoolnix-cli/')
    elif command -v zypper >/dev/null 2>&1; then
        # shellcheck disable=SC2046
        run zypper --non-interactive install $(packages gcc)
    elif command -v brew >/dev/null 2>&1; then
        # shellcheck disable=SC2046
        brew install $(packages gcc)
    else
        echo "No known package manager. Please install:$missing" >&2
        exit 1
    fi
fi

if [ "$mode" = test ]; then
    for tool in deny machete; do
        command -v "cargo-$tool" >/dev/null 2>&1 || cargo install --locked --quiet "cargo-$tool"
    done
fi
