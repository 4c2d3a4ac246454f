"""What advisories say of the packages of an image; pure."""
