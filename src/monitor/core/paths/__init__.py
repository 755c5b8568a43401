"""How a pair or a basket came to where it is: series of the past for charts, next to the numbers of now. Pure."""
