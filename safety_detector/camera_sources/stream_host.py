"""The program that a process for each stream is forked from, so that they share what they import.

    python -m safety_detector.camera_sources.stream_host

Started afresh, each stream's process would hold 50 MB of Python, NumPy and OpenCV of its own;
forked from this one it shares them.  Standard input is a socket: each message on it brings two
others along, one for what the stream's process says, and one whose closing ends that process.  On
the latter this program writes the process's wait status when it has ended.

It knows nothing of streams and reads nothing that a camera sent.  When its parent is gone its
socket closes, so that it ends, and the kernel ends its children.  The kernel is not asked to end it
too: that would be when the thread ends that started it, which is one camera's, and every stream's
process would end with it.
"""

from __future__ import annotations

import ctypes
import gc
import os
import selectors
import signal
import socket
import struct
import sys
from contextlib import suppress

from safety_detector.camera_sources.streams.stream_process import run_stream

STATUS = struct.Struct(">i")

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PR_SET_DUMPABLE = 4
_DESCRIPTORS = 2


class _Children:
    """The running processes by the socket whose closing ends each."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._selector = selector
        self._by_pid: dict[int, socket.socket] = {}

    def add(self, pid: int, keeper: socket.socket) -> None:
        self._by_pid[pid] = keeper
        self._selector.register(keeper, selectors.EVENT_READ, pid)

    def end(self, pid: int) -> None:
        """Ends a process that nobody wants any more."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        # Its socket stays readable at the end of file; the process is reaped like any other.
        self._selector.unregister(self._by_pid[pid])

    def reap(self) -> None:
        """Tells of the processes that have ended."""
        while self._by_pid:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            keeper = self._by_pid.pop(pid)
            with suppress(KeyError):
                self._selector.unregister(keeper)
            with suppress(OSError):
                keeper.send(STATUS.pack(status))
            keeper.close()

    def close(self) -> None:
        """Closes the sockets; for a child, whom others' are none of its business."""
        for keeper in self._by_pid.values():
            keeper.close()


def main() -> None:
    """Forks until the parent has gone."""
    control = socket.socket(fileno=os.dup(0))
    _hide()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to judge
    woken, wake = socket.socketpair()
    wake.setblocking(False)
    woken.setblocking(False)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    gc.freeze()  # pages that the collector writes to are not shared
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        children = _Children(selector)
        while True:
            for key, _ in selector.select():
                if key.fileobj is control:
                    sockets = _receive(control)
                    if sockets is None:
                        return
                    _fork(sockets, children, (control, woken, wake), selector)
                elif key.fileobj is woken:
                    with suppress(BlockingIOError):
                        woken.recv(4096)
                elif key.data is not None and key.fd >= 0:
                    children.end(key.data)
            children.reap()


def _receive(control: socket.socket) -> tuple[socket.socket, socket.socket] | None:
    """The two sockets of a new stream; None when the parent has gone."""
    try:
        data, descriptors, _, _ = socket.recv_fds(control, 1, _DESCRIPTORS)
    except OSError:
        return None
    if not data or len(descriptors) != _DESCRIPTORS:
        return None
    channel, keeper = (socket.socket(fileno=one) for one in descriptors)
    return channel, keeper


def _fork(
    sockets: tuple[socket.socket, socket.socket],
    children: _Children,
    own: tuple[socket.socket, ...],
    selector: selectors.BaseSelector,
) -> None:
    channel, keeper = sockets
    try:
        pid = os.fork()
    except OSError:  # no more processes: the stream's reader finds its sockets closed
        channel.close()
        keeper.close()
        return
    if pid:
        channel.close()
        children.add(pid, keeper)
        return
    code = 1
    try:
        _become_child(children, keeper, own, selector)
        code = run_stream(channel)
    finally:
        os._exit(code)


def _become_child(
    children: _Children,
    keeper: socket.socket,
    own: tuple[socket.socket, ...],
    selector: selectors.BaseSelector,
) -> None:
    _end_with_parent()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    selector.close()
    children.close()
    for one in (keeper, *own):
        one.close()
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)
    gc.enable()


def _end_with_parent() -> None:
    """Asks the kernel to kill this process when the host dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _hide() -> None:
    """Asks the kernel to show this process's memory and environment to nobody; forks inherit it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0)


if __name__ == "__main__":
    main()
