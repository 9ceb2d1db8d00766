"""What several pages show. Texts through `engine.wording`, data through `store.reader`."""
