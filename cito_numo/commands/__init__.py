"""The commands, a module for each group; what they share stands in `options`."""
