"""The classifier port on VADER and a word list: sentiment and toxicity of short texts, in this process.

[ports]
classifier = "vader"
"""
