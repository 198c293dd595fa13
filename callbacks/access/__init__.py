"""The pages by which people come in, and by which accounts are managed: forms that need no script."""
