"""Faces: providers of this package in the shapes that other libraries ask for, one module each."""
