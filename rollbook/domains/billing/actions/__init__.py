"""What may be done. The only place that writes; one file per thing, all known here under their own names."""
