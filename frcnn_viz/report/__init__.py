"""One HTML file to send: a view, a comparison or a whole examination, its pictures alive, without network or server."""
