# shellcheck shell=bash
# What the peers' `build` share. Sourced by them: `$here` is the peer's folder, `$out` the one to build in, `$log` what tools say.

# The tool is missing, or its packages cannot be had.
skip() {
    echo "skipped: $1" >&2
    exit 77
}

# It cannot be built with what is there.
fail() {
    cat "$log" >&2
    exit 1
}

# The line of the log that says most.
why() { grep -m1 -iE "${1:-error}" "$log" || tail -n1 "$log"; }

# Whether the packages of this lock file are in the folder already. `remember` says that they are.
installed() { cmp -s "$here/$1" "$out/installed"; }
remember() { cp "$here/$1" "$out/installed"; }

# The words as a JSON array.
command_line() {
    local word separator=
    printf '['
    for word in "$@"; do
        word=${word//\\/\\\\}
        printf '%s"%s"' "$separator" "${word//\"/\\\"}"
        separator=', '
    done
    printf ']\n'
}

if [ $# != 1 ]; then
    echo "usage: build OUTPUT_FOLDER" >&2
    exit 1
fi
here=$(cd "$(dirname "${BASH_SOURCE[1]}")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
log=$out/build.log
: >"$log"
