"""`python -m bridge.main.fork_server`: a process that has loaded all that a controller needs, and forks controllers.

To load takes four seconds of processor time, and to fork a hundredth of one. A reserve that is needed is there at once,
and shares its memory with the others (fork(2), copy on write). The process never decides anything, opens no device and
has one thread only, so that nothing half done is forked.

The protocol is one JSON object a message, over a socket of type SOCK_SEQPACKET (unix(7)) that the supervisor made:

    fork server   {"loaded": true, "speaks": 1}
    supervisor    {"words": ["--supervised", "--standby"], "environment": {"NOTIFY_SOCKET": "/run/samband/notify.sock"}}
                                                             with descriptors: standard input, where to print, and the
                                                             API's sockets, which become `--api-socket=`
    fork server   {"pid": 4711}                              with a descriptor of the process (pidfd_open(2))
                  {"refused": "no room for one more process"}
    fork server   {"ended": 4711, "code": -9}                minus the signal's number, as subprocess tells it

The end of the socket is the supervisor's end. The fork server ends then, and each controller by its own lifeline.
"""

import gc
import importlib
import json
import os
import selectors
import socket
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn

from bridge.main.begun import CHANNEL
from bridge.main.forks import SPEAKS
from bridge.main.gentle import load_gently
from bridge.main.processes import call_it
from bridge.main.release import release

PROGRAM: Final = "bridge.main.process"
"""The module of a controller: its `main` is given the command line, and ends the process."""
FAILED: Final = 1
LONGEST: Final = 16_384
"""Bytes of a message."""
API_SOCKET: Final = "--api-socket="
_HANDED_OVER: Final = 2 + 16
"""Descriptors that come with an order at most: standard input, the output, and the API's sockets."""


def main(program: str = PROGRAM) -> NoReturn:
    """Load all of a controller, and fork controllers until the supervisor is gone."""
    [descriptor] = [word.removeprefix(CHANNEL) for word in sys.argv if word.startswith(CHANNEL)]
    call_it("samband forks")
    gc.disable()  # what is imported stays: collections that walk it again and again take a sixth of the start
    load_gently(program)
    become: Callable[[Sequence[str]], NoReturn] = importlib.import_module(program).main
    release()  # what is forked tells what was loaded, and not what lies there by then
    gc.freeze()
    serve(socket.socket(fileno=int(descriptor)), become)


def serve(channel: socket.socket, become: Callable[[Sequence[str]], NoReturn]) -> NoReturn:
    """Fork on order until the supervisor is gone; `become` is what the forked process does with its command line."""
    with selectors.DefaultSelector() as waiting:
        try:
            _tell(channel, loaded=True, speaks=SPEAKS)
            waiting.register(channel, selectors.EVENT_READ)
            while True:
                for key, _ in waiting.select():
                    if key.fileobj is channel:
                        _order(channel, waiting, become)
                    else:
                        _ended(channel, waiting, key.fd, key.data)
        except ConnectionError:
            os._exit(0)


def _order(
    channel: socket.socket, waiting: selectors.BaseSelector, become: Callable[[Sequence[str]], NoReturn]
) -> None:
    text, handed_over, _, _ = socket.recv_fds(channel, LONGEST, _HANDED_OVER)
    if not text:
        os._exit(0)
    try:
        pid = os.fork()
    except OSError as error:
        for one in handed_over:
            os.close(one)
        _tell(channel, refused=str(error))
        return
    if pid == 0:
        for key in list(waiting.get_map().values()):
            os.close(key.fd)
        waiting.close()
        _begin(become, json.loads(text), *handed_over)
    for one in handed_over:
        os.close(one)
    process = os.pidfd_open(pid)
    waiting.register(process, selectors.EVENT_READ, pid)
    _tell(channel, process, pid=pid)


def _begin(
    become: Callable[[Sequence[str]], NoReturn], order: dict[str, Any], lifeline: int, output: int, *sockets: int
) -> NoReturn:
    """In the forked process: be what is wanted, as if started by itself."""
    try:
        os.setsid()
        for old, new in ((lifeline, 0), (output, 1), (output, 2)):
            os.dup2(old, new)
        for one in (lifeline, output):
            os.close(one)
        os.environ.update(order.get("environment", {}))
        become([*order["words"], *(f"{API_SOCKET}{one}" for one in sockets)])
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(FAILED)


def _ended(channel: socket.socket, waiting: selectors.BaseSelector, process: int, pid: int) -> None:
    waiting.unregister(process)
    os.close(process)
    _, status = os.waitpid(pid, 0)
    _tell(channel, ended=pid, code=os.waitstatus_to_exitcode(status))


def _tell(channel: socket.socket, *descriptors: int, **message: object) -> None:
    socket.send_fds(channel, [json.dumps(message).encode()], descriptors)


if __name__ == "__main__":
    main()
