"""A lesson beside the ordinary pages: what it asks, where the answers are kept, and the card that takes them."""
