"""The documents' commands, in a fresh copy of this project, in a folder with a space in its path."""
