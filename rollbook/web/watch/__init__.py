"""For machines that watch over us: one line in the log for each request, and the addresses that they ask."""
