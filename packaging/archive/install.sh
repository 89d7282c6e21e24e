#!/bin/sh
# Installs beidd from this archive, updates it, or takes it out again. It needs systemd, D-Bus, pcscd with a driver (libccid), and
# a pinentry program; Debian and its relatives are better served by the packages.
set -eu
export LC_ALL=C
umask 022

usage() {
    cat <<'END'
usage: ./install.sh [--root DIR] [--with-simulator] install|remove|check

  install     compare this archive with its checksums, and put its files in place (as root), also over an older version;
              settings that were changed here stay
  remove      take out what install has put in place, but changed settings; records and keys of users stay
  check       say what beidd needs and this computer lacks; change nothing
  --root DIR  work below DIR instead of /, for images of systems
  --with-simulator  install the virtual card too, for integrators; once it is there, updates have it
END
}

version="#VERSION#"
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

say() { echo "install.sh: $*"; }
fail() {
    say "$*" >&2
    exit 1
}

# What was put in place: the version, then each file with its checksum; and directories that were missing, each on a line. They
# are taken out again, directories if nothing else is in them then.
noted=/usr/local/lib/beidd.files made=/usr/local/lib/beidd.directories
profile=/etc/apparmor.d/usr.local.bin.beidd
complain=/etc/apparmor.d/force-complain/usr.local.bin.beidd
# Suffix of settings that are put beside changed ones: programs that read whole directories pass over it, AppArmor's parser too.
beside=.dpkg-dist

# Files of the parts of this archive, each with its checksum and its path below /.
files() {
    for part in $parts; do
        sed -n "s#^\([0-9a-f]*\)  $part/#\1 $part /#p" "$here/SHA256SUMS"
    done
}

verify() {
    (cd "$here" && sha256sum --quiet --check SHA256SUMS &&
        test "$(find files simulator -type f | sort)" = "$(sed 's/^[^ ]*  //' SHA256SUMS | sort)") ||
        fail "the archive is damaged or was changed: nothing is installed. Fetch it again"
}

# Refuses what would end with two beidds, or with one that cannot read the files of a newer one.
fits() {
    if [ -e "$root/usr/bin/beidd" ]; then
        fail "a package of this system has installed beidd in /usr/bin: remove that first, or update it in place of this"
    fi
    there=$(sed -n 's/^version //p' "$root$noted" 2> /dev/null || true)
    # A candidate of a release is older than the release.
    newest=$(printf '%s\n' "$there" "$version" | tr - '~' | sort -V | tail -n 1 | tr '~' -)
    if [ "$newest" != "$version" ]; then
        fail "version $there is installed, and $version is older. If it has to be: ./install.sh remove first, which keeps records and keys"
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

# Tells settings that are there and are not what install has put in place.
is_changed() {
    case $1 in /etc/*) ;; *) return 1 ;; esac
    [ -e "$root$1" ] && ! grep -qxF "$(sha256sum < "$root$1" | cut -d ' ' -f 1)  $1" "$root$noted"
}

# Takes out one file, but no settings that were changed here.
take_out() {
    rm -f "$root$1$beside"
    if is_changed "$1"; then
        say "$1 was changed here, and stays"
    else
        rm -f "$root$1"
    fi
}

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
    if grep -q '  /usr/local/bin/beid-sim$' "$root$noted"; then parts="files simulator"; fi
    # The profile of AppArmor complains until an administrator has it enforced. That is said before it is there.
    if [ ! -e "$root$profile" ]; then
        make_directory "$(dirname "$complain")"
        ln -sfn "$profile" "$root$complain"
    fi
    # Files of an earlier version that this one does not have.
    files | while read -r _ _ file; do echo "$file"; done | sort > "$root$noted.new"
    sed -n 's#^[0-9a-f]*  /#/#p' "$root$noted" | sort | comm -23 - "$root$noted.new" | while read -r file; do take_out "$file"; done
    files | while read -r sum part file; do
        # Changed, or of somebody else; but what is the same as ours is none of both.
        if is_changed "$file" && ! cmp -s "$here/$part$file" "$root$file"; then
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
    {
        echo "version $version"
        files | while read -r sum _ file; do echo "$sum  $file"; done
    } > "$root$noted.new"
    mv "$root$noted.new" "$root$noted"
    make_directory /etc/beidd
    if [ -z "$root" ]; then
        if command -v systemd-sysusers > /dev/null; then
            systemd-sysusers /usr/local/lib/sysusers.d/beidd.conf
        else
            say "this system has no systemd-sysusers: a kiosk needs the user beidd, whose home is /var/lib/beidd-kiosk"
        fi
        if [ -d /run/systemd/system ]; then
            systemctl daemon-reload
            systemctl try-restart beidd-kiosk.service || say "beidd-kiosk does not start: systemctl status beidd-kiosk says why"
        fi
    fi
    say "installed. Sessions have this version from their next begin on; now: systemctl --user daemon-reload, then systemctl" \
        "--user restart beidd"
}

remove_files() {
    if [ ! -e "$root$noted" ]; then fail "nothing that install has put in place is noted in $noted"; fi
    # Where a package of this system has come beside it, kiosk, user and services are that package's.
    alone=no
    if [ -z "$root" ] && [ ! -e /usr/bin/beidd ]; then alone=yes; fi
    if [ "$alone" = yes ] && [ -d /run/systemd/system ]; then
        systemctl disable --now beidd-kiosk.service > /dev/null 2>&1 || true
    fi
    sed -n 's#^[0-9a-f]*  /#/#p' "$root$noted" | while read -r file; do take_out "$file"; done
    # A changed profile stays, and goes on complaining.
    if [ ! -e "$root$profile" ]; then rm -f "$root$complain"; fi
    rm -f "$root$noted"
    # The deepest first.
    sort -r "$root$made" | while read -r directory; do
        if [ -d "$root$directory" ]; then
            rmdir --ignore-fail-on-non-empty "$root$directory"
        fi
    done
    rm "$root$made"
    kept="~/.local/state/beidd of each user"
    if [ "$alone" = yes ]; then
        if [ -d /run/systemd/system ]; then
            systemctl daemon-reload
            # What users have running would go on asking for PINs until their sessions end. The files are gone: nothing starts it
            # again.
            for user in /run/user/*; do
                systemctl --user --machine="${user##*/}@" stop beidd.socket beidd.service > /dev/null 2>&1 || true
            done
        fi
        if [ -e /var/lib/beidd-kiosk ]; then
            kept="$kept and in /var/lib/beidd-kiosk, which is the user beidd's"
        elif [ "$(getent passwd beidd | cut -d: -f6)" = /var/lib/beidd-kiosk ]; then
            # A user of this name that an administrator has made stays.
            userdel beidd || say "the user beidd could not be deleted: userdel beidd says why"
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
