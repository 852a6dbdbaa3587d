"""How the installation fares, for those who watch over it: readiness, figures, reports of errors."""
