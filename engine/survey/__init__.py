"""What lies in a folder, and the area file that runs with it: `python -m engine init FOLDER`."""
