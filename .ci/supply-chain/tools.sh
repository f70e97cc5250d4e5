# What the steps of the supply chain share. To be sourced, in the workspace's folder.

tools=${CARGO_TARGET_DIR:-$PWD/target}/tools
PATH=$tools/bin:$PATH

skip() {
    printf 'skipped: %s\n' "$1"
    exit 0
}

# tool NAME VERSION: builds it into target/tools, once, or skips the step. Quickly built is better here than quickly run.
tool() {
    grep -qs "^\"$1 $2 " "$tools/.crates.toml" && return
    mkdir -p "$tools"
    local log=$tools/$1.log
    # A target folder of its own, which cargo takes away again.
    env -u CARGO_TARGET_DIR cargo install --locked --debug --root "$tools" "$1@$2" >"$log" 2>&1 ||
        skip "$1 $2 cannot be had: $(tail -n 1 "$log")"
}

# published: the folders of the crates that would be published.
published() {
    grep -L '^publish = false' crates/*/Cargo.toml | xargs -n 1 dirname
}

# libraries: those of them that others build on.
libraries() {
    local folder
    for folder in $(published); do
        [ -f "$folder/src/lib.rs" ] && echo "$folder"
    done
}
