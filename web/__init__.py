"""What the server gives the browser beside Streamlit: raster tiles, vector data, vendored libraries; and the guard."""
