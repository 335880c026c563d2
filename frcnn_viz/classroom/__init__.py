"""A server for a class: who its visitors are, what each may do, and what their teacher sees of them."""
