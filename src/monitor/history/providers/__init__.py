"""Where daily closes can be had from: one small port, one module a provider."""
