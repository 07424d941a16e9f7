"""The forms as widgets: they arrange, and pass on what is filled in and asked for."""
