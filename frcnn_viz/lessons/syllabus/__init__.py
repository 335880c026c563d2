"""The lessons that come with the program, one a file."""
