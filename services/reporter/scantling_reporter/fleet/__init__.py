"""What the images of a project have in common: packages, vulnerabilities, and who has them."""
