"""How the tables came to be, step by step."""

#: The newest migration; a test holds it against the scripts.
HEAD = "0006"
