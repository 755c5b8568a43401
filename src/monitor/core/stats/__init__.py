"""Statistics of DOMAIN section 8: z-scores, beta and correlation, each a small state object or one function."""
