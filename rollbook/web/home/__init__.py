"""The first page: that of the first section one may see."""
