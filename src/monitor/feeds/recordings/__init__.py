"""Events as files, written and read again."""
