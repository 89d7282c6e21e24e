#!/bin/sh
# Installs beidd from this archive, or takes it out again. It needs systemd, D-Bus, pcscd with a driver (libccid), and a
# pinentry program; Debian and its relatives are better served by the packages.
set -eu

usage() {
    cat <<'END'
usage: ./install.sh [--root DIR] [--with-simulator] install|remove|check

  install     compare this archive with its checksums, and put its files in place (as root); settings that are there stay
  remove      take out what install has put in place, except changed settings; records and keys of users stay
  check       say what beidd needs and this computer lacks; change nothing
  --root DIR  work below DIR instead of /, for images of systems
  --with-simulator  install the virtual card too: for integrators, not for computers of patients
END
}

here=$(cd "$(dirname "$0")" && pwd)
root= parts=files
while [ "$#" -gt 1 ]; do
    case $1 in
        --root)
            root=${2%/}
            shift 2
            ;;
        --with-simulator)
            parts="files simulator"
            shift
            ;;
        *) break ;;
    esac
done
umask 022

say() { echo "install.sh: $*"; }
fail() {
    say "$*" >&2
    exit 1
}

# What is put in place: files, and directories that were missing, each on a line. They are taken out again, directories if
# nothing else is in them then.
noted=/usr/local/lib/beidd.files made=/usr/local/lib/beidd.directories
profile=/etc/apparmor.d/usr.local.bin.beidd
complain=/etc/apparmor.d/force-complain/usr.local.bin.beidd
# Suffix of settings that are put beside changed ones: programs that read whole directories pass over it, AppArmor's parser too.
beside=.dpkg-dist

# Files of the parts of this archive, as PART and the path below /.
files() {
    for part in $1; do
        (cd "$here/$part" && find . -type f | sed "s#^\\.#$part #" | sort)
    done
}

verify() {
    (cd "$here" && sha256sum --quiet --check SHA256SUMS &&
        test "$(find files simulator -type f | sort)" = "$(sed 's/^[^ ]*  //' SHA256SUMS | sort)") ||
        fail "the archive is damaged or was changed: nothing is installed. Fetch it again"
}

# Number of a version as `--version` says it.
version_of() { "$1" --version 2> /dev/null | sed 's/.* //'; }

# Refuses what would end with two beidds, or with one that cannot read the files of a newer one.
fits() {
    if [ -e "$root/usr/bin/beidd" ]; then
        fail "a package of this system has installed beidd in /usr/bin: remove that first, or update it in place of this"
    fi
    there=$(version_of "$root/usr/local/bin/beidd") ours=$(version_of "$here/files/usr/local/bin/beidd")
    if [ "$(printf '%s\n' "$there" "$ours" | sort -V | tail -n 1)" != "$ours" ]; then
        fail "version $there is installed, and $ours is older. If it has to be: ./install.sh remove first, which keeps records and keys"
    fi
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

# Makes a directory and those above it that are missing, and notes them.
make_directory() {
    if [ -d "$root$1" ] || [ -z "$1" ] || [ "$1" = / ]; then return; fi
    make_directory "$(dirname "$1")"
    mkdir "$root$1"
    echo "$1" >> "$root$made"
}

install_files() {
    verify
    fits
    # Every system has it; the image of one may not yet.
    mkdir -p "$root/usr/local/lib"
    touch "$root$made" "$root$noted"
    # The profile of AppArmor complains until an administrator has it enforced. That is said before it is there.
    if [ ! -e "$root$profile" ]; then
        make_directory "$(dirname "$complain")"
        ln -sfn "$profile" "$root$complain"
    fi
    # Of an earlier version, and not of this one.
    files "$parts" | cut -d ' ' -f 2 | sort > "$root$noted.new"
    comm -23 "$root$noted" "$root$noted.new" | while read -r file; do take_out "$file"; done
    mv "$root$noted.new" "$root$noted"
    files "$parts" | while read -r part file; do
        if is_settings "$file" && [ -e "$root$file" ] && ! cmp -s "$here/$part$file" "$root$file"; then
            say "$file is left as it is; the archive's is $file$beside"
            install -m 644 "$here/$part$file" "$root$file$beside"
            continue
        fi
        make_directory "$(dirname "$file")"
        # Beside it and then in its place: a program that runs is not written to.
        mode=644
        if [ -x "$here/$part$file" ]; then mode=755; fi
        install -m "$mode" "$here/$part$file" "$root$file.installing"
        mv "$root$file.installing" "$root$file"
    done
    make_directory /etc/beidd
    if [ -z "$root" ]; then
        if command -v systemd-sysusers > /dev/null; then
            systemd-sysusers /usr/local/lib/sysusers.d/beidd.conf
        else
            say "this system has no systemd-sysusers: a kiosk needs the user beidd, whose home is /var/lib/beidd-kiosk"
        fi
        if [ -d /run/systemd/system ]; then
            systemctl daemon-reload
            systemctl try-restart beidd-kiosk.service
        fi
    fi
    say "installed. Sessions start beidd from their next begin on; now: systemctl --user daemon-reload, then beidctl status"
}

# Takes out one file, but no settings that were changed here.
take_out() {
    rm -f "$root$1$beside"
    # Unchanged settings are those of this archive.
    if is_settings "$1" && [ -e "$root$1" ] && ! cmp -s "$here/files$1" "$root$1"; then
        say "$1 was changed here, and stays"
        return
    fi
    rm -f "$root$1"
}

remove_files() {
    if [ -z "$root" ] && [ -d /run/systemd/system ]; then
        systemctl disable --now beidd-kiosk.service > /dev/null 2>&1 || true
        # What users have running would go on asking for PINs until their sessions end.
        for user in /run/user/*; do
            systemctl --user --machine="${user##*/}@" stop beidd.socket beidd.service > /dev/null 2>&1 || true
        done
    fi
    if [ ! -e "$root$noted" ]; then fail "nothing that install has put in place is noted in $noted"; fi
    while read -r file; do take_out "$file"; done < "$root$noted"
    rm -f "$root$complain" "$root$noted"
    # The deepest first.
    sort -r "$root$made" | while read -r directory; do
        if [ -d "$root$directory" ]; then
            rmdir --ignore-fail-on-non-empty "$root$directory"
        fi
    done
    rm "$root$made"
    kept="~/.local/state/beidd of each user"
    if [ -z "$root" ]; then
        if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
        if [ -e /var/lib/beidd-kiosk ]; then
            kept="$kept and in /var/lib/beidd-kiosk, which is the user beidd's"
        elif [ "$(getent passwd beidd | cut -d: -f6)" = /var/lib/beidd-kiosk ]; then
            # A user of this name that an administrator has made stays.
            userdel beidd
        fi
    fi
    say "removed. Records, keys and tokens are in $kept"
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
