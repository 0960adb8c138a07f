"""What runs the service on this machine: the scripts behind `make`."""
