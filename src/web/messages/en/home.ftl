# The start.
