"""Yahoo's streamer and its chart service, as one source (FEEDS section 5)."""
