"""What is published of the API, and whether it is true."""
