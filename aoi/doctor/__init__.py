"""What is right and wrong with an installation, on one page, and what to do about it."""
