#!/bin/sh
# Installs beidd from this archive, or takes it out again. It needs systemd, D-Bus, pcscd with a driver (libccid), and a
# pinentry program; Debian and its relatives are better served by the packages.
set -eu

usage() {
    cat <<'END'
usage: ./install.sh [--root DIR] install|remove|check

  install     compare this archive with its checksums, and put its files in place (as root); settings that are there stay
  remove      take out what install has put in place, except changed settings; records and keys of users stay
  check       say what beidd needs and this computer lacks; change nothing
  --root DIR  work below DIR instead of /, for images of systems
END
}

here=$(cd "$(dirname "$0")" && pwd)
root=
if [ "${1-}" = --root ] && [ "$#" -ge 2 ]; then
    root=${2%/}
    shift 2
fi

say() { echo "install.sh: $*"; }
fail() {
    say "$*" >&2
    exit 1
}

# Files of this archive, as paths below /.
files() { (cd "$here/files" && find . -type f | sed 's/^\.//' | sort); }

verify() {
    (cd "$here/files" && sha256sum --quiet --check ../SHA256SUMS) ||
        fail "the archive is damaged or was changed: nothing is installed. Fetch it again"
}

check() {
    lacking=
    for need in "pcscd:the smart card service (pcsc-lite)" "dbus-daemon dbus-broker:D-Bus" "systemctl:systemd" \
        "pinentry pinentry-gnome3 pinentry-qt pinentry-gtk-2 pinentry-curses:a program for dialogs (pinentry)"; do
        found=no
        for program in ${need%%:*}; do
            if PATH=$PATH:/usr/sbin:/sbin command -v "$program" > /dev/null; then found=yes; fi
        done
        if [ "$found" = no ]; then lacking="$lacking
  ${need#*:}"; fi
    done
    # Programs are for the C library 2.36 and newer.
    if ! "$here/files/usr/local/bin/beidd" --version > /dev/null 2>&1; then
        lacking="$lacking
  a system that runs these programs: $(uname -m), with the GNU C library from 2.36 on"
    fi
    if [ -n "$lacking" ]; then
        say "this computer lacks:$lacking"
        return 1
    fi
    say "this computer has what beidd needs; after the installation beidctl doctor looks closer"
}

is_settings() { case $1 in /etc/*) return 0 ;; esac; return 1; }

install_files() {
    verify
    files | while read -r file; do
        if is_settings "$file" && [ -e "$root$file" ] && ! cmp -s "$here/files$file" "$root$file"; then
            say "$file is left as it is; the archive's is $file.new"
            install -D -m 644 "$here/files$file" "$root$file.new"
            continue
        fi
        # Beside it and then in its place: a program that runs is not written to.
        mode=644
        if [ -x "$here/files$file" ]; then mode=755; fi
        install -D -m "$mode" "$here/files$file" "$root$file.installing"
        mv "$root$file.installing" "$root$file"
    done
    if [ -z "$root" ]; then
        systemd-sysusers /usr/local/lib/sysusers.d/beidd.conf
        if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
    fi
    say "installed. Sessions start beidd from their next begin on; now: systemctl --user daemon-reload, then beidctl status"
}

remove_files() {
    if [ -z "$root" ] && [ -d /run/systemd/system ]; then
        systemctl disable --now beidd-kiosk.service > /dev/null 2>&1 || true
    fi
    files | while read -r file; do
        rm -f "$root$file.new"
        if is_settings "$file" && ! cmp -s "$here/files$file" "$root$file"; then
            if [ -e "$root$file" ]; then say "$file was changed here, and stays"; fi
            continue
        fi
        rm -f "$root$file"
        rmdir -p --ignore-fail-on-non-empty "$(dirname "$root$file")" 2> /dev/null || true
    done
    say "removed. Records, keys and tokens are in ~/.local/state/beidd of each user, and in /var/lib/beidd-kiosk"
}

if [ "$#" -ne 1 ]; then
    usage >&2
    exit 2
fi
case $1 in
    check) check ;;
    install | remove)
        if [ -z "$root" ] && [ "$(id -u)" != 0 ]; then fail "run this as root: sudo ./install.sh $1"; fi
        "$1_files"
        ;;
    -h | --help) usage ;;
    *) usage >&2; exit 2 ;;
esac
