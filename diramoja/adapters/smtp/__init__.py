"""The mail port on SMTP, by aiosmtplib: letters in HTML and text, over a few kept connections.

[ports]
mail = "smtp"

[smtp]
host = "mail.example.org"
from_address = "news@example.org"
"""
