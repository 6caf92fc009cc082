"""How the shipped sentiment models are trained; nothing here runs while the site serves."""
