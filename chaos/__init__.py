"""`make chaos`: kill and hinder Autoscan at random for minutes, and show that nothing it acknowledged is lost."""
