"""The classic builder: a Dockerfile and its context become an image, one step after another."""
