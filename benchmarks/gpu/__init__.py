"""What is asked of a GPU on the day there is one; it needs the compute part of the program alone, no Streamlit."""
