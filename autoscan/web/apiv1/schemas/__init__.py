"""The shapes of what the API takes and answers, by subject."""
