"""Where an instrument stands in its own history: regime, extremes (DOMAIN section 10)."""
