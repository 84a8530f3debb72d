"""A person's rights over what is kept of them: to be forgotten (PIPL art. 47, #96), to have a copy (art. 45, #97)."""
