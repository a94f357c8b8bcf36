"""Let files go over a window of an app, as a file manager does: by XDND, the protocol for it between the
programs on a display.

    drop.py PID hover PATH...   carry them over its middle; once its window takes them, wait for standard
                                input to end, and carry them away again
    drop.py PID drop PATH...    the same, and let them go there

It says “over” once the window takes them, and ends once the window has heard how it went on. The messages
are sent as a program that offers files sends them, so no pointer has to be moved and no other window shown.
"""

import ctypes
import select
import sys
import time
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_ubyte, c_uint, c_ulong, c_void_p
from pathlib import Path

# Machines that test are slow and busy; what is waited for ends the waiting at once.
PATIENCE_S = 60
# The window takes nothing before it has read what is offered: it is told again where the files are.
AGAIN_S = 0.2

VERSION = 5
CLIENT_MESSAGE, SELECTION_REQUEST, SELECTION_NOTIFY = 33, 30, 31
ANY_TYPE, ATOM, CARDINAL = 0, 4, 6

x11 = ctypes.CDLL("libX11.so.6")


class Message(ctypes.Structure):
    """XClientMessageEvent, in its form of five longs."""

    _fields_ = [
        ("type", c_int),
        ("serial", c_ulong),
        ("send_event", c_int),
        ("display", c_void_p),
        ("window", c_ulong),
        ("message_type", c_ulong),
        ("format", c_int),
        ("data", c_long * 5),
    ]


class Asked(ctypes.Structure):
    """XSelectionRequestEvent."""

    _fields_ = [
        ("type", c_int),
        ("serial", c_ulong),
        ("send_event", c_int),
        ("display", c_void_p),
        ("owner", c_ulong),
        ("requestor", c_ulong),
        ("selection", c_ulong),
        ("target", c_ulong),
        ("property", c_ulong),
        ("time", c_ulong),
    ]


class Answer(ctypes.Structure):
    """XSelectionEvent."""

    _fields_ = [
        ("type", c_int),
        ("serial", c_ulong),
        ("send_event", c_int),
        ("display", c_void_p),
        ("requestor", c_ulong),
        ("selection", c_ulong),
        ("target", c_ulong),
        ("property", c_ulong),
        ("time", c_ulong),
    ]


class Event(ctypes.Union):
    _fields_ = [
        ("type", c_int),
        ("message", Message),
        ("asked", Asked),
        ("answer", Answer),
        ("room", c_long * 24),
    ]


def declare(name, result, *arguments):
    function = getattr(x11, name)
    function.restype, function.argtypes = result, arguments
    return function


open_display = declare("XOpenDisplay", c_void_p, c_char_p)
root_of = declare("XDefaultRootWindow", c_ulong, c_void_p)
intern = declare("XInternAtom", c_ulong, c_void_p, c_char_p, c_int)
query_tree = declare(
    "XQueryTree", c_int, c_void_p, c_ulong, POINTER(c_ulong), POINTER(c_ulong), POINTER(POINTER(c_ulong)), POINTER(c_uint)
)
get_property = declare(
    "XGetWindowProperty", c_int, c_void_p, c_ulong, c_ulong, c_long, c_long, c_int, c_ulong,
    POINTER(c_ulong), POINTER(c_int), POINTER(c_ulong), POINTER(c_ulong), POINTER(POINTER(c_long)),
)  # fmt: skip
change_property = declare(
    "XChangeProperty", c_int, c_void_p, c_ulong, c_ulong, c_ulong, c_int, c_int, c_char_p, c_int
)
get_geometry = declare(
    "XGetGeometry", c_int, c_void_p, c_ulong, POINTER(c_ulong), POINTER(c_int), POINTER(c_int),
    POINTER(c_uint), POINTER(c_uint), POINTER(c_uint), POINTER(c_uint),
)  # fmt: skip
translate = declare(
    "XTranslateCoordinates", c_int, c_void_p, c_ulong, c_ulong, c_int, c_int, POINTER(c_int), POINTER(c_int), POINTER(c_ulong)
)
create_window = declare(
    "XCreateSimpleWindow", c_ulong, c_void_p, c_ulong, c_int, c_int, c_uint, c_uint, c_uint, c_ulong, c_ulong
)
own_selection = declare("XSetSelectionOwner", c_int, c_void_p, c_ulong, c_ulong, c_ulong)
send_event = declare("XSendEvent", c_int, c_void_p, c_ulong, c_int, c_long, POINTER(Event))
next_event = declare("XNextEvent", c_int, c_void_p, POINTER(Event))
pending = declare("XPending", c_int, c_void_p)
connection = declare("XConnectionNumber", c_int, c_void_p)
flush = declare("XFlush", c_int, c_void_p)
# A window that goes away while it is looked at is no fault.
on_error = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p)(lambda _display, _error: 0)
x11.XSetErrorHandler(on_error)


def main():
    pid, deed, *paths = sys.argv[1:]
    drag = Drag(int(pid), "".join(f"{Path(path).absolute().as_uri()}\r\n" for path in paths))
    drag.over()
    print("over", flush=True)
    if deed == "drop":
        drag.drop()
    else:
        drag.hold()


class Drag:
    """Files on their way over the window of a process."""

    def __init__(self, pid, offered):
        self.display = open_display(None) or sys.exit("there is no display")
        self.root = root_of(self.display)
        self.offered = offered.encode()
        self.list = self.atom("text/uri-list")
        self.source = create_window(self.display, self.root, 0, 0, 1, 1, 0, 0, 0)
        own_selection(self.display, self.atom("XdndSelection"), self.source, 0)
        self.target = self.wait_for("a window that files can be carried over", lambda: self.window_of(pid))

    def over(self):
        self.tell("XdndEnter", VERSION << 24, self.list, 0, 0)
        self.wait_for("the window takes them", self.is_taken)

    def drop(self):
        self.tell("XdndDrop", 0, 0, 0, 0)
        self.wait_for("the window has them", lambda: self.hear("XdndFinished", PATIENCE_S))

    def hold(self):
        # The window goes on asking for what is offered.
        while not select.select([sys.stdin], [], [], 0)[0]:
            self.is_taken()
        self.tell("XdndLeave", 0, 0, 0, 0)
        flush(self.display)

    def is_taken(self):
        """Say where they are; whether the window would take them there."""
        x, y = self.middle()
        self.tell("XdndPosition", 0, x << 16 | y, 0, self.atom("XdndActionCopy"))
        status = self.hear("XdndStatus", AGAIN_S)
        return status and status[1] & 1

    def hear(self, name, limit_s):
        """What the window says under a name, answering all that it asks meanwhile."""
        end = time.monotonic() + limit_s
        event = Event()
        while (left := end - time.monotonic()) > 0:
            if not pending(self.display):
                select.select([connection(self.display)], [], [], left)
                continue
            next_event(self.display, byref(event))
            if event.type == SELECTION_REQUEST:
                self.give(event.asked)
            elif event.type == CLIENT_MESSAGE and event.message.message_type == self.atom(name):
                return list(event.message.data)
        return None

    def give(self, asked):
        """Write what is offered into the property that the window named."""
        given = asked.property if asked.target == self.list else 0
        if given:
            size = len(self.offered)
            change_property(self.display, asked.requestor, given, self.list, 8, 0, self.offered, size)
        answer = Event()
        answer.answer = Answer(
            type=SELECTION_NOTIFY,
            requestor=asked.requestor,
            selection=asked.selection,
            target=asked.target,
            property=given,
            time=asked.time,
        )
        send_event(self.display, asked.requestor, 0, 0, byref(answer))
        flush(self.display)

    def tell(self, name, *data):
        event = Event()
        event.message = Message(
            type=CLIENT_MESSAGE,
            window=self.target,
            message_type=self.atom(name),
            format=32,
            data=(c_long * 5)(self.source, *data),
        )
        send_event(self.display, self.target, 0, 0, byref(event))
        flush(self.display)

    def middle(self):
        where, sizes, root, child = (c_int(), c_int()), [c_uint() for _ in range(4)], c_ulong(), c_ulong()
        get_geometry(self.display, self.target, byref(root), *map(byref, where), *map(byref, sizes))
        half = [size.value // 2 for size in sizes[:2]]
        translate(self.display, self.target, self.root, *half, *map(byref, where), byref(child))
        return where[0].value, where[1].value

    def window_of(self, pid):
        for window in self.windows(self.root):
            if self.property(window, "_NET_WM_PID", CARDINAL) == pid:
                if self.property(window, "XdndAware", ATOM):
                    return window
        return None

    def windows(self, parent):
        root, above, children, count = c_ulong(), c_ulong(), POINTER(c_ulong)(), c_uint()
        query_tree(self.display, parent, byref(root), byref(above), byref(children), byref(count))
        for at in range(count.value):
            yield children[at]
            yield from self.windows(children[at])

    def property(self, window, name, kind):
        """The number that a property of a window holds, if it has one."""
        found, size, count, rest, value = c_ulong(), c_int(), c_ulong(), c_ulong(), POINTER(c_long)()
        get_property(
            self.display, window, self.atom(name), 0, 1, 0, kind,
            byref(found), byref(size), byref(count), byref(rest), byref(value),
        )  # fmt: skip
        return value[0] if count.value else None

    def atom(self, name):
        return intern(self.display, name.encode(), 0)

    def wait_for(self, what, look):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if seen := look():
                return seen
            time.sleep(0.03)
        sys.exit(f"waited {PATIENCE_S} s in vain: {what}")


main()
