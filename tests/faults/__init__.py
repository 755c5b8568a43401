"""Everything that sources, networks, brokers and clocks do wrong, each against a server on this machine."""
