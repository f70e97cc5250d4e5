# shellcheck shell=bash
# What the steps share that drive the vault's program with an SDK of Azure's. Sourced by their `run`.

skip() {
    echo "skipped: $1"
    exit 0
}

# Where the step puts what it needs. It goes at the end, and the emulator with it.
work=$(mktemp -d)
emulator=

# It ends soon after a signal; where it does not, nobody waits for it.
end_emulator() {
    local id=$emulator
    emulator=
    kill "$id" 2>/dev/null || true
    for _ in $(seq 50); do
        kill -0 "$id" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -KILL "$id" 2>/dev/null || true
    return 1
}

# shellcheck disable=SC2317  # the trap calls it
clean() {
    if [ -n "$emulator" ]; then
        end_emulator || true
    fi
    # What Go downloaded is read-only.
    chmod -R u+w "$work" && rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Two clients, the second of which only reads, and 60 secrets.
seed() {
    local number separator=
    printf '{"clients": [
        {"id": "11111111-1111-4111-8111-111111111111", "secret": "owner-secret"},
        {"id": "22222222-2222-4222-8222-222222222222", "secret": "reader-secret", "permissions": ["get"]}
    ], "secrets": {'
    for number in $(seq -w 0 59); do
        printf '%s"Seeded-%s": "value %s"' "$separator" "$number" "$number"
        separator=', '
    done
    printf '}}'
}

# That the client asked for these paths: a token of one managed identity may come out of the cache of another.
asked() {
    local path
    for path in "$@"; do
        if ! grep -q "path=\"[^\"]*$path" "$work/emulator.log"; then
            echo "FAILED  nobody asked for $path"
            exit 1
        fi
    done
}

# Builds the program and starts it; `$work/ready.json` is its line, `$ca` its certificate.
start_emulator() {
    local target
    cargo build --quiet --package keyvault-emulator --bin keyvault-emulator
    target=$(cargo metadata --no-deps --format-version 1 | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
    seed >"$work/seed.json"
    "$target/debug/keyvault-emulator" --seed "$work/seed.json" >"$work/ready.json" 2>"$work/emulator.log" &
    emulator=$!
    for _ in $(seq 100); do
        [ -s "$work/ready.json" ] && break
        kill -0 "$emulator" 2>/dev/null || break
        sleep 0.1
    done
    if ! [ -s "$work/ready.json" ]; then
        echo "the emulator did not start"
        exit 1
    fi
    ca=$(sed -n 's/.*"ca":"\([^"]*\)".*/\1/p' "$work/ready.json")
    # Proxies are for the way out, not for this machine.
    export NO_PROXY=localhost,127.0.0.1 no_proxy=localhost,127.0.0.1
    # Only the step says how its client signs in.
    local variable
    for variable in $(compgen -e); do
        case $variable in AZURE_* | IDENTITY_* | MSI_* | IMDS_*) unset "$variable" ;; esac
    done
}
