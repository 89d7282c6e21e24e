"""A Debian system that is booted for a test: its own systemd, D-Bus, polkit and pcscd in namespaces, on this kernel.

Units are started by systemd itself, so that what they say of sandboxes, system calls and users is what happens. Left out is
what needs a machine: devices, and kernel variables, which are read-only.
"""

import os
import pty
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
# What a desk has before beidd comes; `apt install ./*.deb` then needs no network.
PACKAGES = """
    adduser ca-certificates curl dbus dbus-user-session libccid libnss3-tools libpam-systemd libpcsclite1 pcscd
    pinentry-curses pinentry-gtk2 polkitd procps systemd-sysv vsmartcard-vpcd
""".split()
# They would take dpkg's lock, or look for the network.
MASKED = ["apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "systemd-modules-load.service"]
BOOT_LIMIT = 60
# Seconds after which a command in the system has failed, with what it has said.
COMMAND_LIMIT = 100


def mirror():
    """Address of the Debian mirror that apt uses here."""
    asked = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    for address in subprocess.run(asked, check=True, stdout=subprocess.PIPE, text=True).stdout.split():
        if address.rstrip("/").endswith("/debian"):
            return address
    return "http://deb.debian.org/debian"


def base(suite, directory):
    """Archive of a system of that suite, made once for a list of packages."""
    archive, listed = directory / f"{suite}.tar", directory / f"{suite}.packages"
    wanted = " ".join(PACKAGES)
    if archive.exists() and listed.exists() and listed.read_text() == wanted:
        return archive
    listed.unlink(missing_ok=True)
    source = f"deb {mirror()} {suite} main"
    made = ["mmdebstrap", "--quiet", "--variant=apt", f"--include={','.join(PACKAGES)}", suite, str(archive), source]
    subprocess.run(made, check=True)
    # Last: it marks a complete archive.
    listed.write_text(wanted)
    return archive


def control_groups():
    """Directory of control groups of the second version, which systemd needs."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split()
        if kind == "cgroup2":
            return Path(place)
    raise SystemExit("packages: this system has no control groups of version 2, without which systemd does not start")


class Failed(Exception):
    """A command in the system that did not end as expected."""


class Debian:
    """A booted system."""

    def __init__(self, archive, root, log):
        self.root, self.log = root, log
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        with tarfile.open(archive) as packed:
            packed.extractall(root, filter=lambda member, _: None if member.isdev() else member, numeric_owner=True)
        for unit in MASKED:
            (root / "etc/systemd/system" / unit).symlink_to("/dev/null")
        (root / "etc/machine-id").write_text("")
        self.group = control_groups() / f"beidd-packages-{os.getpid()}-{root.name}"
        self.group.mkdir()
        self.console, theirs = pty.openpty()
        boot = [str(HERE / "boot.sh"), str(root), str(self.group)]
        self.outer = subprocess.Popen(boot, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
        os.close(theirs)
        self.first = self.wait("the first process", self.find_first)
        self.wait("systemd", lambda: self.call("systemctl is-system-running") in ("running", "degraded"))

    def find_first(self):
        children = Path(f"/proc/{self.outer.pid}/task/{self.outer.pid}/children").read_text().split()
        # Until it is systemd it is the shell that mounts.
        if children and Path(f"/proc/{children[0]}/comm").read_text().strip() == "systemd":
            return children[0]
        return None

    def wait(self, what, look):
        end = time.monotonic() + BOOT_LIMIT
        while time.monotonic() < end:
            if self.outer.poll() is not None:
                break
            if found := look():
                return found
            time.sleep(0.1)
        os.set_blocking(self.console, False)
        try:
            said = os.read(self.console, 20000).decode(errors="replace")
        except OSError:
            said = ""
        self.end()
        raise SystemExit(f"packages: {what} does not start\n{said}")

    def call(self, script, user=None):
        """Output of a script of the shell, whatever its status."""
        return self.start(script, user)[1].strip()

    def start(self, script, user):
        inside = ["nsenter", "--target", self.first, "--all", "--", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        inside += ["LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", "HOME=/root"]
        if user:
            number = self.start(f"id -u {user}", None)[1].strip()
            run = f"/run/user/{number}"
            inside += ["runuser", "-u", user, "--", "env", f"HOME=/home/{user}", f"XDG_RUNTIME_DIR={run}"]
            inside += [f"DBUS_SESSION_BUS_ADDRESS=unix:path={run}/bus"]
            script = f"cd\n{script}"
        command = ["timeout", str(COMMAND_LIMIT), *inside, "sh", "-euc", script]
        # A file and no pipe, which a program that is left in the background would hold open.
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
            said.seek(0)
            return done.returncode, said.read()

    def run(self, script, user=None, status=0, says=""):
        """Runs a script of the shell, writes it down with its output, and checks its status and that it says something."""
        code, output = self.start(script, user)
        shown = "\n".join(f"    {line}" for line in script.strip().splitlines())
        # dpkg says a hundred times how far it is.
        told = "".join(line for line in output.splitlines(keepends=True) if not line.startswith("(Reading database"))
        self.log.write(f"\n  as {user or 'root'}:\n{shown}\n  status {code}\n{told}")
        self.log.flush()
        if code != status:
            raise Failed(f"status {code} in place of {status}:\n{shown}\n{output}")
        if says not in output:
            raise Failed(f"{says!r} is not in what this says:\n{shown}\n{output}")
        return output.strip()

    def eventually(self, script, user=None, says=""):
        """Runs a script until it succeeds and says something, which may take some seconds."""
        for attempt in range(100):
            code, output = self.start(script, user)
            if code == 0 and says in output:
                break
            time.sleep(0.2)
        return self.run(script, user, says=says)

    def files(self):
        """Every path outside of homes, logs, caches and what the system notes about itself."""
        pruned = "/proc /sys /dev /run /tmp /home /old /var/log /var/cache /var/tmp /var/lib/dpkg /var/lib/apt /var/lib/systemd"
        prune = " -o ".join(f"-path {path}" for path in pruned.split())
        return set(self.call(f"find / -xdev \\( {prune} \\) -prune -o -print").splitlines())

    def end(self):
        if self.outer.poll() is None:
            # Its systemd is killed with it, and with that everything in the namespaces.
            self.outer.send_signal(signal.SIGKILL)
            self.outer.wait()
        os.close(self.console)
        groups = sorted((path for path in self.group.rglob("*") if path.is_dir()), reverse=True)
        for group in [*groups, self.group]:
            for attempt in range(50):
                try:
                    group.rmdir()
                    break
                except OSError:
                    time.sleep(0.1)
        shutil.rmtree(self.root, ignore_errors=True)
