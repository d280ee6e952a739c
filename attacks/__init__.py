"""A numbered corpus of hostile model files, made by `python -m attacks.make FOLDER`."""
