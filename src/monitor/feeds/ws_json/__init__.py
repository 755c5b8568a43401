"""JSON over WebSocket by configuration alone (FEEDS section 6): a vendor is a file, not code."""
