# The set-up that ./demo and ./test share: sourced in the project root, it leaves .venv with the pins of $lock.

stop() {
    printf '%s\n' "$*" >&2
    exit 1
}

new_enough='import sys; raise SystemExit(sys.version_info < (3, 11))'

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
    else
        set -- python3 python3.13 python3.12 python3.11
    fi
    for python in "$@"; do
        if "$python" -c "$new_enough" 2>/dev/null; then
            return
        fi
    done
    stop "SpendSense needs Python 3.11 or later and $* is not: install one, or set PYTHON to its path."
}

whole() {
    [ ! -e .venv/unfinished ] && .venv/bin/python -c "$new_enough" 2>/dev/null
}

create_venv() {
    find_python
    "$python" -c 'import venv, ensurepip' 2>/dev/null ||
        stop "$python has no venv module: install it (on Debian and Ubuntu: apt-get install python3-venv)."
    rm -rf .venv
    mkdir .venv 2>/dev/null || stop "Cannot create .venv in $PWD: make room there and make it writable."
    claim
    printf 'Creating .venv with %s\n' "$("$python" --version)"
    if ! said=$("$python" -m venv .venv 2>&1); then
        rm -rf .venv
        stop "$python could not create .venv: $(printf '%s' "$said" | tail -n 1)"
    fi
}

# The file that says ".venv is being changed" holds the process that changes it.
claim() {
    (set -C && echo $$ >.venv/unfinished) 2>/dev/null || stop "Cannot write to .venv: another set-up began just now."
}

refuse_two_setups() {
    other=$(cat .venv/unfinished 2>/dev/null) || return 0
    if [ -n "$other" ] && kill -0 "$other" 2>/dev/null; then
        stop "Process $other is setting up .venv: wait for it, or remove .venv if that is something else."
    fi
}

# uv, itself from the lock, is several times faster than pip; where there is none, pip does the same.
install_pins() {
    if command -v uv >/dev/null 2>&1; then
        uv pip install --quiet --python .venv/bin/python --require-hashes -r "$lock" && return
    fi
    awk '/^uv==/ { ours = 1 } ours { print } ours && !/\\$/ { exit }' "$lock" >.venv/uv.txt
    if [ -s .venv/uv.txt ] && pip_install .venv/uv.txt; then
        .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r "$lock" && return
    fi
    pip_install "$lock"
}

pip_install() {
    .venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r "$1"
}

set_up() {
    sum=$(cksum <"$lock") || stop "$lock is missing: run this in a complete checkout."
    if whole && [ "$(cat ".venv/$lock.installed" 2>/dev/null)" = "$sum" ]; then
        return
    fi
    refuse_two_setups
    if whole; then claim; else create_venv; fi
    printf 'Installing %s\n' "$lock"
    install_pins || stop "The pins of $lock could not be installed (see above): check the network and the disk."
    echo "$sum" >".venv/$lock.installed"
    rm .venv/unfinished
}

set_up
