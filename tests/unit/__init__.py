"""The rooms of the domain package that do no I/O."""
