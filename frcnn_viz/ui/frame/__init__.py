"""What surrounds every page: navigation, sidebar, the strip of stages, the address bar. `main.py` is served."""
