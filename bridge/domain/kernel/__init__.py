"""The ground of every room: ids, typed tables, the step under construction, timers, replies. It knows no room."""
