"""Files on disk become clips: one module per corpus, and the values they give."""
