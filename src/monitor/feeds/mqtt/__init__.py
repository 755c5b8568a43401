"""Quotes from an MQTT broker (FEEDS section 7)."""
