"""From a folder to a running Rollbook: a database of its own where none is named, the processes, the commands."""
