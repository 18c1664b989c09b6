"""`make demo`: the main job before one's eyes, without any media server at hand."""
