"""Exactly once, whatever fails: contract section 7 and rule 1.3."""
