"""Software compliance: software that a list does not allow."""
