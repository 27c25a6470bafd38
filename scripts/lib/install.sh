# Sourced by the scripts: each need_* function sees to one tool, or says what to install.

postgres_bin() {
    local found
    if found=$(command -v initdb); then
        dirname "$(readlink -f "$found")"
    else
        # Debian keeps the server's programs off the path, one folder for each version.
        find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -1 | xargs -r dirname
    fi
}

need_postgres() {
    [[ -n $(postgres_bin) ]] || apt_install "the PostgreSQL server, 15 or later" postgresql
    [[ -x $(postgres_bin)/pg_ctl ]] || { echo "no pg_ctl beside initdb in $(postgres_bin)" >&2; return 1; }
}

need_redis() {
    command -v redis-server >/dev/null || apt_install "the Redis server, 5 or later" redis-server
}

need_cc() {
    command -v "${CC:-cc}" >/dev/null || apt_install "a C compiler" gcc libc6-dev
    # Of jemalloc.
    command -v make >/dev/null || apt_install "make" make
}

# scripts/fuzz builds libFuzzer.
need_cxx() {
    command -v "${CXX:-c++}" >/dev/null || apt_install "a C++ compiler" g++
}

need_node() {
    command -v npm >/dev/null || apt_install "Node.js with npm" nodejs npm
}

# The browser of tests/it/browser. CHROMIUM names another one than Debian's.
need_chromium() {
    # Without fonts a page has no text to look at.
    [[ -x ${CHROMIUM:-/usr/bin/chromium} ]] || apt_install "Chromium" chromium fonts-dejavu-core
}

need_rust_component() { # PROGRAM COMPONENT
    cargo "$1" --version >/dev/null 2>&1 && return
    if command -v rustup >/dev/null; then
        rustup component add "$2"
    else
        echo "please install $2, which comes with Rust" >&2
        return 1
    fi
}

need_cargo_tool() { # CRATE VERSION: any version that is there will do, this one is installed where none is
    command -v "$1" >/dev/null && return
    echo "installing $1 $2 into cargo's own folder (once, some minutes)"
    env -u CARGO_TARGET_DIR cargo install --locked --version "$2" "$1"
}

# The npm packages of a folder, with the Node that they need.
need_peers() {
    local peers=$1
    need_node
    cmp -s "$peers/package-lock.json" "$peers/node_modules/.installed" && return
    (cd "$peers" && npm ci --ignore-scripts --loglevel=error && cp package-lock.json node_modules/.installed)
}

# The Python client that the tests run through the gateway, in an environment of its own.
need_python_peer() {
    local folder=$1
    cmp -s "$folder/requirements.txt" "$folder/.venv/.installed" && return
    # Debian has the module that makes environments in a package of its own.
    python3 -c 'import ensurepip, venv' 2>/dev/null || apt_install "Python 3 with venv" python3 python3-venv
    rm -rf "$folder/.venv"
    python3 -m venv "$folder/.venv"
    "$folder/.venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
        --requirement "$folder/requirements.txt"
    cp "$folder/requirements.txt" "$folder/.venv/.installed"
}

apt_install() { # WHAT PACKAGE...
    local what=$1
    shift
    if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
        echo "please install $what (Debian: sudo apt-get install $*)" >&2
        return 1
    fi
    echo "installing $what: $*"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@"
}
