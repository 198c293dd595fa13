"""What happens when: thin functions between screens, services and layers; the live push."""
