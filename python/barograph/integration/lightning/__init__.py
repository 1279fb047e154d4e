"""What Lightning is connected by beside its own WandbLogger, which works as it comes."""
