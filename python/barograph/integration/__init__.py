"""What other libraries are connected by. Each module imports its library; nothing here does."""
