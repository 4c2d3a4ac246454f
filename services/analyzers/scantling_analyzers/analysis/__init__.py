"""The analyzer role: a job in, the facts of the image, one outcome out."""
