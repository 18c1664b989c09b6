"""Watch Google Drive: what changed there becomes events like those of a webhook. The only room that knows Google."""
