# SPDX-License-Identifier: GPL-3.0-or-later
"""copied.py file | picture PATH: what is in the clipboard of a display until this ends: that file, or the picture in it. Says when
it is there."""
import sys

import gi

gi.require_version("Gdk", "4.0")
gi.require_version("Gtk", "4.0")
from gi.repository import Gdk, Gio, GLib, GObject, Gtk  # noqa: E402


def main(kind, path):
    Gtk.init()
    value, file = GObject.Value(), Gio.File.new_for_path(path)
    if kind == "file":
        value.init(Gdk.FileList)
        value.set_boxed(Gdk.FileList.new_from_list([file]))
    else:
        value.init(Gdk.Texture)
        value.set_object(Gdk.Texture.new_from_file(file))
    Gdk.Display.get_default().get_clipboard().set_content(Gdk.ContentProvider.new_for_value(value))
    print("copied", flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main(*sys.argv[1:])
