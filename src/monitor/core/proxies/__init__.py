"""Fair values of what does not trade now, by what does (DOMAIN FV-1 to FV-4)."""
