"""Results become pictures: Plotly figures and canvas layers. No Streamlit, no network is run here."""
