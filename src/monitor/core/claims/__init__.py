"""Claims of the press, and what makes a statement checkable (DOMAIN 1.3)."""
