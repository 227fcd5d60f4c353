"""Faces: a provider in the shape that other caches' users already have, a module for each shape."""
