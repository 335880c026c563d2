"""Which version this is: apart, so that all parts of the package may ask without importing the others."""

__version__ = "0.1.0"
