"""Sources that come with a program of the vendor's: SDKs with threads of their own (FEEDS sections 8 and 9)."""
