# SPDX-License-Identifier: GPL-3.0-or-later
"""drag_source.py file | picture PATH: a window from which that file, or the picture in it, can be dragged."""
import sys

import gi

gi.require_version("Gdk", "4.0")
gi.require_version("Gtk", "4.0")
from gi.repository import Gdk, Gio, GLib, GObject, Gtk  # noqa: E402


def main(kind, path):
    Gtk.init()
    window, source = Gtk.Window(title="Source", default_width=200, default_height=200), Gtk.DragSource()
    file = Gio.File.new_for_path(path)
    value = GObject.Value()
    if kind == "file":
        value.init(Gdk.FileList)
        value.set_boxed(Gdk.FileList.new_from_list([file]))
    else:
        value.init(Gdk.Texture)
        value.set_object(Gdk.Texture.new_from_file(file))
    source.set_content(Gdk.ContentProvider.new_for_value(value))
    area = Gtk.Label(label="Drag me", hexpand=True, vexpand=True)
    area.add_controller(source)
    window.set_child(area)
    window.present()
    loop = GLib.MainLoop()
    window.connect("close-request", lambda _: loop.quit())
    loop.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
