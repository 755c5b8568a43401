"""A market that is made up, offered by a local server in Yahoo's protocol."""
