"""What a server for a class adds to the app: cookies at the door, limits in the sidebar, the teacher's page."""
