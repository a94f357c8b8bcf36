"""Answer the system's own dialog for files as a screen reader does: by what it says of its parts.

    file_dialog.py PID give TITLE PATH   give it this path and accept; writes what it asks, if it asks
    file_dialog.py PID answer BUTTON     press this button of what it asks
    file_dialog.py PID leave TITLE       close it without a choice

It ends once the dialog, or the question, has gone. What a dialog says of itself goes over a bus of its own,
by the interfaces of AT-SPI. They are called directly: AT-SPI's library keeps what it has seen, and was seen
to wait for this app without end.
"""

import sys
import time

from gi.repository import Gio, GLib

# Machines that test are slow and busy; what is waited for ends the waiting at once.
PATIENCE_S = 60
# A dialog that still reads a folder may lose a key. It is pressed again after this long.
KEY_PATIENCE_S = 2

SAVING = "Save File"
ACCEPTING = {"Save", "Open", "Select"}

REGISTRY = "org.a11y.atspi.Registry"
DESKTOP = (REGISTRY, "/org/a11y/atspi/accessible/root")
KEYBOARD = (REGISTRY, "/org/a11y/atspi/registry/deviceeventcontroller")

# The numbers of AtspiRole and AtspiStateType.
ALERT, FILE_CHOOSER, LABEL, BUTTON, TEXT = 2, 19, 29, 43, 61
# Those that list files: each has many parts, and none that is needed.
LISTS = {31, 55, 66, 98}
ACTIVE, EDITABLE, SENSITIVE, SHOWING = 1, 7, 24, 25

# A key by its symbol, AtspiKeySynthType, and the symbol.
BY_SYMBOL, SLASH = 3, 0x2F


def main():
    pid, deed, *words = sys.argv[1:]
    app = App(int(pid))
    {"give": app.give, "answer": app.answer, "leave": app.leave}[deed](*words)


class App:
    """The app of a process, by what its windows say of themselves."""

    def __init__(self, pid):
        self.pid = pid
        self.bus = connect()

    def give(self, title, path):
        self.wait_for(f"the dialog “{title}”", lambda: self.dialog(title))
        if title != SAVING:
            self.show_field(title)
        self.wait_for(f"a field that takes {path}", lambda: self.holds(title, path))
        self.press(lambda: self.dialog(title), ACCEPTING)
        asked = self.wait_for("it closes or asks", lambda: self.question() or not self.dialog(title))
        if asked is not True:
            print(" ".join(self.name(label) for label in self.parts(asked, LABEL)))

    def answer(self, button):
        self.wait_for("a question", self.question)
        self.press(self.question, {button})
        self.wait_for("the question goes", lambda: not self.question())

    def leave(self, title):
        self.wait_for(f"the dialog “{title}”", lambda: self.dialog(title))
        self.press(lambda: self.dialog(title), {"Cancel"})
        self.wait_for(f"the dialog “{title}” goes", lambda: not self.dialog(title))

    def show_field(self, title):
        """A dialog for opening has a field for a path once a slash is typed."""

        def typed():
            if self.field(title):
                return True
            dialog = self.dialog(title)
            # Nobody manages the windows of this display, so nobody but us gives one the focus.
            self.call(dialog, "Component", "GrabFocus")
            if not self.has(dialog, ACTIVE):
                return False
            key = GLib.Variant("(isu)", (SLASH, "", BY_SYMBOL))
            self.call(KEYBOARD, "DeviceEventController", "GenerateKeyboardEvent", key)
            return self.soon(lambda: self.field(title), KEY_PATIENCE_S)

        self.wait_for("a field for a path", typed)

    def holds(self, title, path):
        """Whether the field holds the path, which it is given unless it does."""
        field = self.field(title)
        if field and self.text(field) != path:
            self.call(field, "Component", "GrabFocus")
            self.call(field, "EditableText", "SetTextContents", GLib.Variant("(s)", (path,)))
        return field and self.text(field) == path

    def press(self, where, names):
        def button():
            for one in self.parts(where(), BUTTON):
                if self.name(one) in names and self.has(one, SENSITIVE):
                    return one
            return None

        found = self.wait_for(f"a button {' or '.join(sorted(names))}", button)
        try:
            self.call(found, "Action", "DoAction", GLib.Variant("(i)", (0,)))
        except GLib.Error:
            # It may go before it has answered. Whether it went is looked at anyway.
            pass

    def dialog(self, title):
        return next((one for one in self.windows(FILE_CHOOSER) if self.name(one) == title), None)

    def question(self):
        return next(self.windows(ALERT), None)

    def field(self, title):
        fields = self.parts(self.dialog(title), TEXT)
        return next((one for one in fields if self.has(one, EDITABLE)), None)

    def windows(self, role):
        for app in self.children(DESKTOP):
            if self.pid_of(app) == self.pid:
                yield from self.parts(app, role, depth=1)

    def parts(self, within, role, depth=20):
        """All that is shown in it and has this role."""
        if within is None or depth == 0:
            return
        for child in self.children(within):
            if not self.has(child, SHOWING):
                continue
            its_role = self.call(child, "Accessible", "GetRole")[0]
            if its_role == role:
                yield child
            elif its_role not in LISTS:
                yield from self.parts(child, role, depth - 1)

    def children(self, within):
        return self.call(within, "Accessible", "GetChildren")[0]

    def has(self, one, state):
        low, high = self.call(one, "Accessible", "GetState")[0]
        return bool((high << 32 | low) >> state & 1)

    def name(self, one):
        asked = GLib.Variant("(ss)", ("org.a11y.atspi.Accessible", "Name"))
        return self.send(one, "org.freedesktop.DBus.Properties", "Get", asked)[0]

    def text(self, field):
        return self.call(field, "Text", "GetText", GLib.Variant("(ii)", (0, -1)))[0]

    def pid_of(self, app):
        bus = ("org.freedesktop.DBus", "/org/freedesktop/DBus")
        asked = GLib.Variant("(s)", (app[0],))
        return self.send(bus, "org.freedesktop.DBus", "GetConnectionUnixProcessID", asked)[0]

    def call(self, one, interface, method, arguments=None):
        return self.send(one, f"org.a11y.atspi.{interface}", method, arguments)

    def send(self, one, interface, method, arguments):
        name, path = one
        flags, limit_ms = Gio.DBusCallFlags.NONE, PATIENCE_S * 1000
        return self.bus.call_sync(
            name, path, interface, method, arguments, None, flags, limit_ms, None
        ).unpack()

    def wait_for(self, what, look):
        if seen := self.soon(look, PATIENCE_S):
            return seen
        shown = [self.name(one) for app in self.children(DESKTOP) for one in self.children(app)]
        sys.exit(f"waited {PATIENCE_S} s in vain: {what}; windows: {', '.join(shown)}")

    def soon(self, look, limit_s):
        """What is seen before the time is up, if anything is."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            try:
                if seen := look():
                    return seen
            except GLib.Error:
                # Something went away between two looks.
                pass
            time.sleep(0.03)
        return None


def connect():
    """The bus for accessibility, of which the session's own tells the address."""
    session = Gio.bus_get_sync(Gio.BusType.SESSION)
    place = ("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress")
    answer = session.call_sync(*place, None, None, Gio.DBusCallFlags.NONE, -1, None)
    flags = Gio.DBusConnectionFlags
    return Gio.DBusConnection.new_for_address_sync(
        answer.unpack()[0],
        flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION,
        None,
        None,
    )


main()
