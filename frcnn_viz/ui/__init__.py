"""Everything Streamlit: the frame, the session, the controls, the box canvas."""
