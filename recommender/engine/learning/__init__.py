"""Training of the project's own encoder: corpora, teachers, losses and the recipes that use them."""
