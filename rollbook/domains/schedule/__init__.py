"""Rooms, closing days, the weekly timetable of groups and the lessons made from it: when, where, by whom,
held, cancelled or not. Who came is not here: see journal."""
