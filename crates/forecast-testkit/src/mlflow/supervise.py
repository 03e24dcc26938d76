"""Runs a command until our standard input closes, then removes its directory.

A pipe closes however the process at its other end dies, kill -9 included: so
no server outlives the test that started it. A command that ends by itself
leaves its directory, with the log, to be read.

usage: supervise.py DIRECTORY USER SIGNAL COMMAND...   (USER "-": stay who we are)
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading

GRACE_SECONDS = 5

stopping = threading.Event()


def start(directory: str, user: str, command: list[str]) -> subprocess.Popen:
    identity = {}
    if user != "-":
        entry = pwd.getpwnam(user)
        identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, cwd=directory, start_new_session=True, **identity
    )


def signal_group(child: subprocess.Popen, number: int) -> None:
    try:
        os.killpg(child.pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def stop_when_stdin_closes(child: subprocess.Popen, directory: str, number: int) -> None:
    while os.read(0, 1024):
        pass
    stopping.set()
    signal_group(child, number)
    try:
        child.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    # What the command started may have stayed behind.
    signal_group(child, signal.SIGKILL)
    shutil.rmtree(directory, ignore_errors=True)
    os._exit(0)


def main() -> None:
    directory, user, stop_signal, *command = sys.argv[1:]
    # Ctrl-C reaches the test too, which closes the pipe; there is cleaning up to do after that.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = start(directory, user, command)
    stopper = threading.Thread(
        target=stop_when_stdin_closes, args=(child, directory, signal.Signals[stop_signal])
    )
    stopper.daemon = True
    stopper.start()
    child.wait()
    if stopping.is_set():
        stopper.join()  # It ends us.
    signal_group(child, signal.SIGKILL)
    os._exit(1)


main()
