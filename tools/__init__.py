"""Run, build and deploy the service: these are the scripts behind `make`."""
