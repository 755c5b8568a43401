"""What a source sent, before it counts: normal form, tick filter, state of the feed (DOMAIN 11.1)."""
