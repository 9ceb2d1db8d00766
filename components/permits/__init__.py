"""The steps of the permits page, from a file to verdicts that are kept. What is heavy is imported when it is used."""
